import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SourceConfig } from '../../src/config/manifest.ts'
import { OperatorError } from '../../src/diagnostics/errors.ts'
import { folderWith, type Reading, readAll } from './reading.ts'
import { readInParts } from './reading-parts.ts'

type Files = Record<string, string | Buffer>

/** What two readings of a source must agree on; places of rejects have an order of their own. */
async function outcome(reading: Promise<Reading>) {
  try {
    const { chunks: _, rejected, ...rest } = await reading
    const places = rejected.map((one) => JSON.stringify(one)).sort()
    return { ...rest, rejected: places }
  } catch (error) {
    if (error instanceof OperatorError) return { refused: error.problems }
    throw error
  }
}

async function expectSame(config: SourceConfig, files: Files, size = 2) {
  const whole = await outcome(readAll(config, folderWith(files)))
  expect(await outcome(readInParts(config, folderWith(files), size))).toEqual(whole)
  return whole
}

const word = fc.constantFrom('', 'a', 'b', 'c', ' a ', 'NULL', '"x, y"', '"1\n2"', '"a"', 'é', ',', 'a"b', '\r')
const end = fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', '\n ,\n')

/** Rows of so many cells, few of them with faults. */
function rows(cells: number, arbitrary = word) {
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

test('a clerk source reads the same in parts, with what is joined', async () => {
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

test('streams of files read the same in parts, with what is joined to them', async () => {
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

test('a file that is longer than one read is cut across reads, in any encoding, packed or not', async () => {
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

test('what follows a quote that is not closed is refused as it is without parts', async () => {
  const good = Array.from({ length: 5000 }, (_, n) => `a${n}@example.com,${n}`).join('\n')
  const files = { 'users.csv': `email,external_id\n${good}\nb@example.com,"open\n${good}\n` }
  expect(await expectSame({ type: 'csv', path: 'users.csv' }, files, 500)).toMatchObject({
    refused: [{ code: 'unclosed_quote', at: { file: 'users.csv', line: 5002 } }],
  })
})

test('a row with a stray quote is refused, and what follows it read', async () => {
  const good = Array.from({ length: 5000 }, (_, n) => `a${n}@example.com,${n}`).join('\n')
  const files = { 'users.csv': `email,external_id\n${good}\nb@example.com,5" disk\n${good}\n` }
  const whole = await expectSame({ type: 'csv', path: 'users.csv' }, files, 500)
  expect(whole).toMatchObject({ counts: [{ read: 10_001, rejected: 1 }] })
})

test('a member that a join may not replace ends the reading', async () => {
  const files = { 'u.csv': 'id,teams\n1,\n2,mine\n', 't.csv': 'user\n1\n' }
  const streams = { users: { path: 'u.csv' }, teams: { path: 't.csv', join: { key: 'user', to: 'id' } } }
  expect(await expectSame({ type: 'file', streams }, files, 1)).toMatchObject({ refused: [{ code: 'name_taken' }] })
})
