import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { isObject } from '../../src/json.ts'
import { createProject, type Project, type Result } from '../e2e/cli.ts'
import { FAST, KEY, startWorkos, type Workos } from '../e2e/workos.ts'
import { asGitHub, EXPECTED, elements, mentions } from '../reporting/github.ts'

/**
 * Texts that control a terminal, a browser, a spreadsheet or a reading program. None has a comma,
 * which splits lists.
 */
const HOSTILE: Record<string, string> = {
  'a colour': '\x1b[31mred\x1b[0m',
  'a cleared screen': '\x1b[2J\x1b[H\x9b2J',
  'a link': '\x1b]8;;https://evil.example\x07click\x1b]8;;\x07',
  'a window title': '\x1b]0;owned\x07',
  'carriage return and backspaces': 'safe\rforged\b\b\b',
  'a forged line': 'x\n  + user:admin  created',
  'text from right to left': 'abc\u202efdp.exe\u2066',
  'invisible characters': 'a\u200bb\ufeffc\u00ad',
  html: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  markdown: '[click](javascript:alert(1)) ![](https://evil.example/p.png) `code` | cell | **bold** ~~~',
  entities: '&lt;b&gt; &amp; "quotes" \'single\'',
  'a formula with =': '=HYPERLINK("https://evil.example";"x")',
  'a formula with +': "+1+cmd|' /C calc'!A0",
  'a formula with -': '-2+3',
  'a formula with @': '@SUM(1+1)',
  'line separators': 'a\u2028b\u2029c',
  "an object's own member": '__proto__',
  'a constructor': 'constructor',
  'a placeholder': '${HOME} $1 $& %s {{x}}',
  'a null': 'a\u0000b',
}

/** Two of them nearly fill a record. */
const LONG = 'L'.repeat(500_000)

/**
 * Characters that no output can contain: control characters except the line end, and characters
 * that reorder or hide text.
 */
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/u

const env = { KEY }

function hostileProject({ target }: Workos): Project {
  const project = createProject()
  const rows = Object.entries(HOSTILE).map(([, text], n) => ({
    email: `u${n}@example.com`,
    external_id: `u-${n}`,
    key: `${text}#${n}`,
    first_name: text,
    last_name: `${text}!`,
    metadata: JSON.stringify({ note: text, ...(n === 0 ? {} : { [text.slice(0, 40)]: 'as a key' }) }),
    org_external_id: `o-${n}`,
    org_name: `${text}${n}`,
    password_hash_type: '',
    password_hash: '',
  }))
  const bad = Object.entries(HOSTILE).map(([, text], n) => ({
    email: `${text} is no address`,
    external_id: `bad-${n}`,
    key: `${text}-bad`,
    password_hash_type: n % 2 ? text : '',
    password_hash: n % 2 ? 'x' : '',
  }))
  const long = { email: 'long@example.com', external_id: 'long', key: 'long', first_name: LONG, org_name: LONG }
  project.csv('users.csv', [...rows, ...bad, { ...long, metadata: '' }])
  project.manifest({
    source: { type: 'csv', path: './users.csv' },
    map: { user: { key: 'key' } },
    metadata: { ascii: false },
    passwords: { unsupported: 'reject' },
    safety: { maxRejects: 1000, maxFailures: 1000, maxDeletes: 1000 },
    target,
    run: { ...FAST, workers: 1 },
  })
  return project
}

/** Lines with such characters. */
function steering(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => STEERING.test(line))
    .map((line) => JSON.stringify(line.slice(0, 200)))
}

test('names, metadata, keys and addresses with escapes are harmless in every output, and unchanged in WorkOS', async () => {
  const workos = await startWorkos()
  const project = hostileProject(workos)
  const run = async (...args: string[]): Promise<Result> => {
    const result = await project.run(args, { env })
    expect({ args, stdout: steering(result.stdout), stderr: steering(result.stderr) }).toEqual({
      args,
      stdout: [],
      stderr: [],
    })
    expect([0, 7], result.stderr.slice(-700)).toContain(result.exit)
    return result
  }

  for (const line of [['plan'], ['plan', '--full'], ['plan', '--full', '--refresh']]) await run(...line)
  const planned = JSON.parse((await run('plan', '--json', '--full')).stdout)
  expect(isObject(planned)).toBe(true)
  expect(JSON.stringify(planned)).toContain(JSON.stringify(HOSTILE.html).slice(1, -1))

  const markdown = (await run('plan', '--format', 'markdown', '--full')).stdout
  const html = asGitHub(markdown)
  expect([...elements(html)].filter((name) => !EXPECTED.has(name))).toEqual([])
  expect(mentions(html)).toEqual([])

  await run('plan', '--out', 'plan.ndjson')
  expect((await run('apply', '--yes', '--json', '--full')).exit).toBe(0)
  await run('apply', '--yes', '--full')
  for (const line of [
    ['verify', '--full'],
    ['verify', '--json', '--full'],
  ])
    await run(...line)
  for (const line of [
    ['errors', '--full', '--run', '1'],
    ['errors', '--json'],
    ['errors', '--ndjson'],
  ])
    await run(...line)
  for (const line of [
    ['state', 'list'],
    ['state', 'list', '--json'],
    ['state', 'show'],
  ])
    await run(...line)
  await run('state', 'show', `user:${HOSTILE['a colour']}#0`)
  await run('state', 'show', `user:${HOSTILE['a colour']}#0`, '--json')

  const { users, organizations } = await workos.snapshot()
  const names = Object.values(HOSTILE).map((text) => text.replaceAll('\u0000', ''))
  expect(users.map(({ first_name }) => first_name).sort()).toEqual([...names.map((name) => name.trim()), LONG].sort())
  expect(organizations).toHaveLength(names.length + 1)
  expect(Object.keys(users.find(({ external_id }) => external_id === 'u-16')?.metadata ?? {})).toContain('__proto__')
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()

  const { stdout: csv } = await project.run(['state', 'export'], { env })
  for (const row of parse(csv, { from: 2 }) as string[][]) {
    for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/)
  }
  await run('destroy', '--plan-only', '--full')
})

describe('names of files, environments and addresses', () => {
  test.each(Object.entries(HOSTILE))('%s', async (_, text) => {
    const project = createProject()
    const name = text.replaceAll(/[\u0000/]/g, '').slice(0, 40)
    project.csv(`${name}.csv`, [{ email: 'nobody' }])
    project.write('migrate.config.yaml', JSON.stringify({ source: { type: 'csv', path: `./${name}.csv` }, name }))
    for (const args of [
      ['validate'],
      ['validate', '--json'],
      ['validate', '-e', text],
      ['plan', '-c', `${name}.yaml`],
      ['apply', `${name}.ndjson`],
      ['state', 'show', text],
      ['state', 'list', '--kind', text],
      ['plan', '--format', text],
      [text],
      [`--${text}`],
      ['sandbox', '--port', text],
    ]) {
      const { stdout, stderr } = await project.run(args, { env })
      expect({ args, stdout: steering(stdout), stderr: steering(stderr) }).toEqual({ args, stdout: [], stderr: [] })
    }
  })
})
