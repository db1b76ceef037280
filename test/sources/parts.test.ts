import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SourceConfig } from '../../src/config/manifest.ts'
import { OperatorError } from '../../src/diagnostics/errors.ts'
import { folderWith, type Reading, readAll } from './reading.ts'
import { readInParts } from './reading-parts.ts'

type Files = Record<string, string | Buffer>

/**
 * What two readings of a source must agree on, each in its own folder. The order of rejects can
 * differ.
 */
async function outcome(files: Files, read: (directory: string) => Promise<Reading>) {
  const directory = folderWith(files)
  try {
    const { chunks: _, rejected, ...rest } = await read(directory)
    const places = rejected.map((one) => JSON.stringify(one)).sort()
    return { ...rest, rejected: places }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return {
      refused: error.problems.map(({ hint, ...problem }) => ({ ...problem, hint: hint?.replace(directory, '') })),
    }
  }
}

async function expectSame(config: SourceConfig, files: Files, size = 2) {
  const whole = await outcome(files, (directory) => readAll(config, directory))
  expect(await outcome(files, (directory) => readInParts(config, directory, size))).toEqual(whole)
  return whole
}

const word = fc.constantFrom('', 'a', 'b', 'c', ' a ', 'NULL', '"x, y"', '"1\n2"', '"a"', 'é', ',', 'a"b', '\r')
const end = fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', '\n ,\n')

/** Rows with a few faults. */
function rows(cells: number, arbitrary: fc.Arbitrary<string> = word) {
  const row = fc.tuple(fc.array(arbitrary, { minLength: cells, maxLength: cells }), end)
  return fc
    .array(row, { maxLength: 12 })
    .map((all) => all.map(([fields, ends]) => `${fields.join(',')}${ends}`).join(''))
}

const sane = fc.constantFrom('', 'a', 'b', 'c', ' a ', 'NULL', '"x, y"', '"1\n2"', '"a"')
const either = (cells: number) => fc.oneof({ weight: 3, arbitrary: rows(cells, sane) }, rows(cells))

test('a csv source reads the same in parts', async () => {
  await fc.assert(
    fc.asyncProperty(either(3), either(3), either(3), async (users, definitions, roles) => {
      await expectSame(
        { type: 'csv', path: 'u.csv', roleDefinitions: 'd.csv', userRoles: 'r.csv', nulls: ['NULL'] },
        {
          'u.csv': `email,org_id,org_external_id\n${users}`,
          'd.csv': `role_slug,org_id,more\n${definitions}`,
          'r.csv': `external_id,email,role_slug\n${roles}`,
        },
      )
    }),
    { numRuns: 60 },
  )
})

test('a clerk source reads the same in parts, with joined rows', async () => {
  await fc.assert(
    fc.asyncProperty(either(3), either(3), either(4), async (users, memberships, roles) => {
      await expectSame(
        { type: 'clerk', users: 'u.csv', memberships: 'm.csv', roles: 'r.csv', roleDefinitions: 'd.csv' },
        {
          'u.csv': `id,primary_email_address,external_id\n${users}`,
          'm.csv': `clerk_user_id,org_id,org_name\n${memberships}`,
          'r.csv': `clerk_user_id,external_id,role_slug,org_id\n${roles}`,
          'd.csv': `role_slug,role_name\na,b\n`,
        },
      )
    }),
    { numRuns: 60 },
  )
})

test("Clerk's JSON users read the same in parts, from lines or a document", async () => {
  const user = fc.record({ id: id(), userId: id(), email: fc.constantFrom('a@example.com', ['b@example.com']) })
  const config = { type: 'clerk', users: 'u.json', memberships: 'm.csv' }
  await fc.assert(
    fc.asyncProperty(fc.array(user, { maxLength: 8 }), either(2), async (users, memberships) => {
      const files = { 'm.csv': `clerk_user_id,org_id\n${memberships}` }
      const texts = users.map((one) => JSON.stringify(one))
      await expectSame(config, { ...files, 'u.json': ['{"id":"z"}', '', '{', ...texts].join('\n') })
      await expectSame(config, { ...files, 'u.json': `{"data":[${texts.join(',\n')}]}` })
    }),
    { numRuns: 20 },
  )
})

function id() {
  return fc.constantFrom('a', 'b', undefined)
}

test('file streams read the same in parts, with joined records', async () => {
  const streams = {
    users: { path: ['u1.csv', 'u2.csv'] },
    teams: { path: 't.csv', join: { key: 'user', to: 'id', into: 'users', unmatched: 'ignore' } },
    tags: { path: 'g.csv', join: { key: '[team, id]', to: 'team', into: 'teams', as: 'one' } },
    notes: { path: 'n.ndjson', join: { key: 'user', to: 'id', into: 'users' } },
    others: { path: 'o.csv', nulls: ['NULL'], trim: true },
  }
  const config = { type: 'file', streams }
  await fc.assert(
    fc.asyncProperty(either(2), either(2), either(2), either(2), either(2), async (u1, u2, teams, tags, others) => {
      await expectSame(config, {
        'u1.csv': `id,name\n${u1}`,
        'u2.csv': `id,name\n${u2}`,
        't.csv': `user,team\n${teams}`,
        'g.csv': `team,id\n${tags}`,
        'n.ndjson': '{"user":"a"}\n{"user":"zz"}\n{\n{"user":{}}\n',
        'o.csv': `x,y\n${others}`,
      })
    }),
    { numRuns: 60 },
  )
})

const value = fc.constantFrom('', 'a', 'b', 'c', 'é', 'NULL', 'x\u0000')
const sound = fc.record({ id: value, name: value }).map((record) => JSON.stringify(record))
const oddLine = fc.constantFrom(
  '',
  ' ',
  '{',
  '[1]',
  '\ufeff{"id":"a"}',
  '{"_migrate_code":"x"}',
  '{"id":"b","_migrate_text":"y"}',
)
const lines = fc
  .array(fc.tuple(fc.oneof({ weight: 3, arbitrary: sound }, oddLine), fc.constantFrom('\n', '\r\n')), { maxLength: 12 })
  .map((all) => all.flat().join(''))

test('NDJSON streams read the same in parts, in sequence with tables and documents', async () => {
  const streams = {
    users: { path: 'u1.ndjson' },
    tables: { path: 'u2.csv' },
    documents: { path: 'u3.json' },
    more: { path: ['u4.ndjson', 'u5.ndjson'] },
    notes: { path: 'n.ndjson', join: { key: 'name', to: 'id', into: 'users', unmatched: 'ignore' } },
    marks: { path: 'm.ndjson', join: { key: 'id', to: 'name', into: 'notes', as: 'one' } },
  }
  const config = { type: 'file', streams }
  await fc.assert(
    fc.asyncProperty(
      fc.array(lines, { minLength: 5, maxLength: 5 }),
      async ([u1 = '', u4 = '', u5 = '', n = '', m = '']) => {
        await expectSame(config, {
          'u1.ndjson': `\ufeff${u1}`,
          'u2.csv': 'id,name\n1,2\n',
          'u3.json': '[{"id":1},{"id":2},\n3]',
          'u4.ndjson': u4.trimEnd(),
          'u5.ndjson': gzipSync(u5),
          'n.ndjson': n,
          'm.ndjson': m,
        })
      },
    ),
    { numRuns: 30 },
  )
})

test.each([
  ['one document', '\n \n[\n{"id":1}\n]\n', 'not_ndjson'],
  ['a list first', '\n[{"id":1}]\n{"id":2}\n', 'not_ndjson'],
  [
    'bytes that are not text',
    Buffer.concat([Buffer.from('{"id":1}\n{\n'.repeat(9000)), Buffer.from([0xff, 0x0a])]),
    'wrong_encoding',
  ],
  ['gzip that is cut off', gzipSync('{"id":1}\n{\n'.repeat(90_000)).subarray(0, 300), 'broken_gzip'],
])('NDJSON ends with the same error in parts: %s', async (_what, content, code) => {
  const config = { type: 'file', streams: { users: { path: 'u.ndjson' } } }
  expect(await expectSame(config, { 'u.ndjson': content }, 100)).toMatchObject({ refused: [{ code }] })
})

test('a line that is too long is rejected in parts, and reading continues', async () => {
  const config = { type: 'file', streams: { users: { path: 'u.ndjson' } } }
  const content = `{"n":1}\n{"n":"${'x'.repeat(17 * 1024 * 1024)}"}\n{"n":2}\n{\n`
  expect(await expectSame(config, { 'u.ndjson': content }, 100)).toMatchObject({
    counts: [{ read: 4, passed: 2, rejected: 2 }],
  })
})

const tenantUser = fc
  .record(
    {
      user_id: fc.constantFrom('auth0|1', 'auth0|2', 'google-oauth2|3', '', 7),
      email: fc.constantFrom('a@example.com', 'b@example.com'),
      email_verified: fc.boolean(),
      app_metadata: fc.constantFrom({ org_id: 'o1' }, { org_name: 'Two', roles: ['a, b'] }, { org_id: ['o1', 3] }),
      _migrate_code: fc.constant('x'),
    },
    { requiredKeys: ['email'] },
  )
  .map((user) => JSON.stringify(user))
const tenantUsers = fc.array(fc.oneof({ weight: 4, arbitrary: tenantUser }, oddLine), { maxLength: 8 })
const secrets = fc
  .array(
    fc.record({
      _id: fc.constantFrom('1', '2', 'auth0|1', '9'),
      email: fc.constantFrom('a@example.com', 'c@example.com'),
      connection: fc.constantFrom('one', undefined),
      passwordHash: fc.constantFrom('h1', 'h2', ''),
      totp_secret: fc.constantFrom('s1', ''),
    }),
    { maxLength: 5 },
  )
  .map((rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

test('users of a tenant read the same in parts, with joined files and organizations from metadata', async () => {
  await fc.assert(
    fc.asyncProperty(tenantUsers, secrets, secrets, fc.boolean(), async (users, passwords, mfa, isJoined) => {
      const beside = isJoined ? { passwords: 'p.ndjson', mfa: 'm.ndjson' } : {}
      const config = { type: 'auth0', users: 'u', organizationFrom: 'metadata', roleDefinitions: 'd.csv', ...beside }
      const others = { 'p.ndjson': passwords, 'm.ndjson': mfa, 'd.csv': 'role_slug\na\n' }
      await expectSame(config, { ...others, u: `{"user_id":"x|y"}\n${users.join('\n')}` })
      const list = users.filter((user) => user.startsWith('{"'))
      await expectSame({ ...config, organizationFrom: 'none' }, { ...others, u: `[${list.join(',\n')}]` })
    }),
    { numRuns: 30 },
  )
})

test("rows of a dashboard's table read the same in parts", async () => {
  const cell = fc.constantFrom("'auth0|1", 'auth0|2', "'NULL", '', 'o1', '"[{""provider"":""x"",""user_id"":1}]"')
  await fc.assert(
    fc.asyncProperty(rows(4, cell), secrets, async (users, passwords) => {
      await expectSame(
        { type: 'auth0', users: 'u.csv', organizationFrom: 'metadata', passwords: 'p.ndjson', nulls: ['NULL'] },
        { 'u.csv': `Id,email,app_metadata.org_id,identities\n${users}`, 'p.ndjson': passwords },
      )
    }),
    { numRuns: 20 },
  )
})

test('a file longer than one read is cut across reads, in any encoding, packed or not', async () => {
  const lines = Array.from({ length: 6000 }, (_, n) =>
    n % 7 === 0 ? `${n},"Zoë, ""${n}""\r\nof\nthe house",x` : `${n},Zoë ${n},${n % 50 === 0 ? 'a,b' : 'y'}`,
  )
  const text = `id,name,note\r\n${lines.join('\r\n')}\r\n`
  const config = { type: 'file', streams: { users: { path: 'u.csv' } } }
  for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le'), gzipSync(text)]) {
    const whole = await expectSame(config, { 'u.csv': bytes }, 100)
    expect(whole).toHaveProperty('records.length', 6000 - 120 + 18)
  }
})

test('text after an unclosed quote is rejected as without parts', async () => {
  const good = Array.from({ length: 5000 }, (_, n) => `a${n}@example.com,${n}`).join('\n')
  const files = { 'users.csv': `email,external_id\n${good}\nb@example.com,"open\n${good}\n` }
  expect(await expectSame({ type: 'csv', path: 'users.csv' }, files, 500)).toMatchObject({
    refused: [{ code: 'unclosed_quote', at: { file: 'users.csv', line: 5002 } }],
  })
})

test('a row with a stray quote is rejected, and reading continues', async () => {
  const good = Array.from({ length: 5000 }, (_, n) => `a${n}@example.com,${n}`).join('\n')
  const files = { 'users.csv': `email,external_id\n${good}\nb@example.com,5" disk\n${good}\n` }
  const whole = await expectSame({ type: 'csv', path: 'users.csv' }, files, 500)
  expect(whole).toMatchObject({ counts: [{ read: 10_001, rejected: 1 }] })
})

test('a member that a join cannot replace ends the reading', async () => {
  const files = { 'u.csv': 'id,teams\n1,\n2,mine\n', 't.csv': 'user\n1\n' }
  const streams = { users: { path: 'u.csv' }, teams: { path: 't.csv', join: { key: 'user', to: 'id' } } }
  expect(await expectSame({ type: 'file', streams }, files, 1)).toMatchObject({ refused: [{ code: 'name_taken' }] })
})
