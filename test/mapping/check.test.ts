import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type LoadedManifest, loadManifest } from '../../src/config/load.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { checkExpressions } from '../../src/mapping/check.ts'

async function loaded(...lines: string[]): Promise<LoadedManifest> {
  const directory = await mkdtemp(join(tmpdir(), 'workos-migrate-check-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'users.csv'), 'id\n')
  const path = join(directory, 'migrate.config.yaml')
  await writeFile(path, `${lines.join('\n')}\n`)
  return loadManifest({ path, cwd: directory, env: {}, redactor: new Redactor() })
}

test.each([
  ['clerk', 'source: { type: clerk, users: ./users.csv }'],
  ['csv', 'source: { type: csv, path: ./users.csv }'],
])('every expression of the shipped recipe for %s compiles', async (_type, source) => {
  expect(checkExpressions(await loaded('version: 1', source, 'target: { type: sandbox }'))).toEqual([])
})

test('each expression that does not compile is reported at its place in the file', async () => {
  const manifest = await loaded(
    'version: 1',
    'source: { type: clerk, users: ./users.csv }',
    'target: { type: sandbox }',
    'map:',
    '  user:',
    '    email: $lowercas(email)',
    '    metadata:',
    '      plan: "plan + )"',
    '  membership:',
    '    each: (',
  )
  const problems = checkExpressions(manifest)
  expect(problems.map(({ code, path, at }) => `${code} ${path} ${at?.line}:${at?.column}`)).toEqual([
    'bad_expression map.user.email 6:12',
    'bad_expression map.user.metadata.plan 8:21',
    'bad_expression map.membership.each 10:12',
  ])
  expect(problems[0]).toMatchObject({ hint: 'did you mean $lowercase?', at: { file: manifest.file } })
})

test('an expression that changes on every run is a warning', async () => {
  const manifest = await loaded(
    'version: 1',
    'source: { type: clerk, users: ./users.csv }',
    'target: { type: sandbox }',
    'map: { user: { metadata: { at: a & $now() } } }',
  )
  expect(checkExpressions(manifest)).toMatchObject([
    { code: 'unstable_expression', severity: 'warning', path: 'map.user.metadata.at', at: { line: 4, column: 36 } },
  ])
})
