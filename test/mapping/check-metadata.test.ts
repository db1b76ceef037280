import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadManifest } from '../../src/config/load.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { checkExpressions } from '../../src/mapping/check.ts'

/** Problems of a manifest with this secret of a user and these other lines. */
async function problemsOf(totpSecret: string, ...lines: string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'workos-migrate-check-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'users.csv'), 'id\n')
  const path = join(directory, 'migrate.config.yaml')
  const text = [
    'version: 1',
    'source: { type: csv, path: ./users.csv }',
    'target: { type: sandbox }',
    'map:',
    '  user:',
    '    key: id',
    `    totpSecret: ${JSON.stringify(totpSecret)}`,
    ...lines,
  ]
  await writeFile(path, `${text.join('\n')}\n`)
  return checkExpressions(await loadManifest({ path, cwd: directory, env: {}, redactor: new Redactor() }))
}

const USER = (expression: string) => ['    metadata:', `      seed: ${JSON.stringify(expression)}`]
const ORGANIZATION = (expression: string, each = 'null') => [
  '  organization:',
  '    key: org',
  `    each: ${each}`,
  '    metadata:',
  `      seed: ${JSON.stringify(expression)}`,
]

test.each<[string, string, string[]]>([
  ['the same column', 'seed', USER('seed')],
  ['the same column of $record', 'seed', USER('$record.seed')],
  ['within a text', 'seed', USER("'totp ' & $trim(seed)")],
  ['the same path', 'mfa[0].seed', USER("mfa[type = 'totp'].seed")],
  ['what holds it', 'mfa[0].seed', USER('mfa')],
  ['the secret of an object', "{ 'secret': seed, 'issuer': company }", USER('seed')],
  ['the source of a re-encoded one', '$hexToBase32(seed)', USER('seed')],
  ['a well-known name, whatever else is read', 'other', USER('totp_secret')],
  ['a well-known name deep down', 'other', USER('mfa[0].totpSecret')],
  ['metadata of an organization', 'seed', ORGANIZATION('seed')],
  ['metadata of an organization, from the record of an item', 'seed', ORGANIZATION('$record.seed', 'orgs')],
  ['metadata as one expression', 'seed', ["    metadata: \"{ 'a': plan, 'b': seed }\""]],
])('%s in metadata is an error', async (_, totpSecret, lines) => {
  expect(await problemsOf(totpSecret, ...lines)).toMatchObject([{ code: 'totp_in_metadata' }])
})

test.each<[string, string, string[]]>([
  ['another column', 'seed', USER('plan')],
  ['whether there is one', 'totp_secret', USER("totp_secret ? 'yes' : 'no'")],
  ['whether there is one, by function', 'totp_secret', USER('$exists(totp_secret)')],
  ['what else belongs to it', "{ 'secret': seed, 'issuer': company }", USER('company')],
  ['another member of what holds it', 'mfa[0].seed', USER('mfa.type')],
  ['the same name in something else', 'mfa[0].seed', USER('garden.seed')],
  ['the same name in the items of an organization', 'seed', ORGANIZATION('seed', 'orgs')],
])('%s is not', async (_, totpSecret, lines) => {
  expect(await problemsOf(totpSecret, ...lines)).toEqual([])
})

test('the error names the place', async () => {
  const [problem] = await problemsOf('seed', ...USER("'x' & seed"))
  expect(problem).toMatchObject({
    path: 'map.user.metadata.seed',
    at: { line: 9, column: 20 },
    message: expect.stringContaining('seed'),
  })
})
