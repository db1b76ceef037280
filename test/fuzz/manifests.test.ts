import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { discoverManifest } from '../../src/config/discover.ts'
import { inspectManifest } from '../../src/config/load.ts'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import type { Problem } from '../../src/diagnostics/problem.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { problemsToJson, renderProblems } from '../../src/diagnostics/render.ts'
import type { Json, JsonObject } from '../../src/json.ts'
import { checkExpressions } from '../../src/mapping/check.ts'
import { folderOf } from '../config/folder.ts'
import { runs, TIMEOUT } from './runs.ts'

const folder = () => folderOf({ 'users.csv': 'email\n', 'a.txt': 'from a file' })

/**
 * Loads text as a manifest. Errors must have a place in the file; any other exception is a defect.
 */
async function load(directory: string, text: string): Promise<readonly Problem[]> {
  const file = join(directory, 'migrate.config.yaml')
  writeFileSync(file, text)
  const redactor = new Redactor()
  let problems: readonly Problem[]
  try {
    const inspected = await inspectManifest({ path: file, cwd: directory, env: { SET: 'x', EMPTY: '' }, redactor })
    problems = [...inspected.problems, ...inspected.loaded.warnings]
    if (inspected.problems.length === 0) problems = [...problems, ...checkExpressions(inspected.loaded)]
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error
    problems = error.problems
  }
  const lines = readFileSync(file, 'utf8').split(/\r\n|\r|\n/)
  for (const { at, code, message } of problems) {
    expect([code, message]).not.toContain('')
    expect(at?.file).toBeDefined()
    if (at?.file !== file || at.line === undefined) continue
    expect(at.line).toBeLessThanOrEqual(lines.length)
    if (at.column !== undefined) expect(at.column).toBeLessThanOrEqual((lines[at.line - 1]?.length ?? 0) + 1)
  }
  expect(renderProblems(problems, { color: false, cwd: directory, redactor }).includes('\x1b')).toBe(false)
  expect(problemsToJson(problems)).toHaveLength(problems.length)
  return problems
}

const token = fc.constantFrom(
  'source',
  'target',
  'map',
  'user',
  'type',
  'csv',
  'path',
  './users.csv',
  'apiKey',
  'extends',
  'environments',
  'version',
  ': ',
  ':',
  '\n',
  '\n  ',
  '\n    ',
  '- ',
  '{ ',
  ' }',
  '[',
  ']',
  ', ',
  '"',
  "'",
  '|',
  '>',
  '&a ',
  '*a',
  '!tag ',
  '!!binary ',
  '# ',
  '---\n',
  '...\n',
  '<<: ',
  '? ',
  '%YAML 1.2\n',
  '${SET}',
  '${UNSET}',
  '${SET:-x}',
  '${file:a.txt}',
  '${file:..}',
  '$${',
  '${',
  '1',
  'true',
  'null',
  '~',
  '.inf',
  '0x1F',
  '\t',
  '\u2028',
  '\ufeff',
  '\0',
  '__proto__',
  'constructor',
  '$lowercase(email)',
  '(',
  '0/0s',
)

test('any text that looks like YAML is a manifest, or is rejected with places in the file', {
  timeout: TIMEOUT,
}, async () => {
  const directory = folder()
  const text = fc.oneof(
    fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join('')),
    fc
      .array(token, { maxLength: 20 })
      .map((tokens) => `source: { type: csv, path: ./users.csv }\ntarget: { type: sandbox }\n${tokens.join('')}`),
    fc.string({ unit: 'binary', maxLength: 80 }),
  )
  await fc.assert(
    fc.asyncProperty(text, async (content) => {
      await load(directory, content)
    }),
    runs(400),
  )
})

/** Every key of the manifest with a valid value, so that a test changes only one. */
const WHOLE: JsonObject = {
  version: 1,
  name: 'fuzzed',
  extends: [],
  source: { type: 'csv', path: './users.csv', delimiter: ';' },
  map: {
    user: { key: 'id', email: 'email', metadata: { plan: 'plan' } },
    membership: { from: 'users', each: 'orgs', when: 'true', organization: '$', roles: 'roles' },
  },
  dedupe: { user: { by: ['email'], fields: { default: 'first', metadata: 'union' } } },
  roles: { define: { admin: { name: 'Admin' } }, map: { a: 'admin' }, unmapped: 'error' },
  metadata: { maxKeys: 10, ascii: true, prefix: 'x' },
  passwords: { unsupported: 'reset', weak: 'keep', onChange: 'keep', ssha256: 'unsupported' },
  totp: { encoding: 'auto', unsupported: 'skip' },
  adopt: { mode: 'match', fill: ['name'] },
  onDrift: { user: { name: 'overwrite' } },
  onDeleted: 'keep',
  prune: ['membership'],
  target: { type: 'sandbox', apiKey: 'sk_test_fuzz', timeout: 30 },
  run: { workers: 1, chunkSize: 10, limits: { writes: '500/10s' } },
  safety: { maxDeletes: 0, maxUpdates: '30%', protect: ['user'] },
  state: { path: '.state' },
  environments: { staging: { target: { apiKey: '${SET}' } } },
}

function pathsOf(value: Json, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]))]
}

function withValue(whole: Json, [key, ...rest]: readonly string[], value: Json): Json {
  if (key === undefined) return value
  if (Array.isArray(whole))
    return whole.map((item, index) => (String(index) === key ? withValue(item, rest, value) : item))
  const object = typeof whole === 'object' && whole !== null ? whole : {}
  return { ...object, [key]: withValue(object[key] ?? null, rest, value) }
}

test('the fuzzed manifest is valid', async () => {
  const problems = await load(folder(), JSON.stringify(WHOLE, null, 1))
  expect(problems.filter(({ severity }) => severity !== 'warning')).toEqual([])
})

test('any value in any place of a manifest is accepted, or rejected with places in the file', {
  timeout: TIMEOUT,
}, async () => {
  const directory = folder()
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('${SET}', '${UNSET}', '${file:none}', '${EMPTY}', '$${x}', '(', '$eval(x)', '1e999', ''),
    fc.double(),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...pathsOf(WHOLE)), value, async (path, wrong) => {
      const json = JSON.stringify(withValue(WHOLE, path, JSON.parse(JSON.stringify(wrong) ?? 'null')), null, 1)
      await load(directory, json)
    }),
    runs(400),
  )
})

test('any text compiles as an expression, or is rejected at a place inside it', {
  timeout: TIMEOUT,
}, async () => {
  const { compileExpression } = await import('../../src/mapping/expression.ts')
  const part = fc.constantFrom(
    'email',
    '.',
    '$',
    '$record',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    '"',
    "'",
    '`',
    '/a+/',
    '/',
    '?',
    ':=',
    '~>',
    '^',
    '@$i',
    '#$i',
    '%',
    '**',
    '*',
    'function',
    'λ',
    '$eval',
    '$map',
    '1',
    '1..9',
    '|',
    'and',
    '\\',
    '\u0000',
    '\ud800',
  )
  const text = fc.oneof(
    fc.array(part, { maxLength: 20 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('(', '[', '{"a":', '$map(', 'a.', '-', '1 & '), fc.constantFrom(10, 1000, 20_000))
      .map(([piece, times]) => piece.repeat(times)),
    fc
      .tuple(fc.constantFrom(['(', ')'], ['[', ']']), fc.constantFrom(100, 2000, 20_000))
      .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`),
  )
  fc.assert(
    fc.property(text, (expression) => {
      const compiled = compileExpression(expression)
      if (compiled.ok) return
      expect(compiled.message).not.toBe('')
      expect(compiled.position).toBeGreaterThanOrEqual(0)
      expect(compiled.position).toBeLessThanOrEqual(expression.length)
    }),
    runs(300),
  )
})

test('the search for a manifest works from any folder', async () => {
  const error = await discoverManifest(folderOf({}), '/').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ManifestError)
})
