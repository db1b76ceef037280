import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { databaseOf, testWithEither } from './database.ts'
import { type Migrated, migrate } from './example.ts'

/**
 * The expected result of the sample, from any source. Rows of accounts can be in any order.
 * @param rejected place of the user without an address
 */
function expectSample(found: Migrated, rejected: string): void {
  expect(found.people).toMatchObject({
    'ada@example.com': {
      name: 'Ada Ampersand',
      verified: true,
      metadata: { providers: expect.stringMatching(/^(google,github|github,google)$/) },
    },
    'bjorn@example.com': { name: 'Björn Beispiel', verified: false, metadata: { providers: 'github' } },
    'chloe@example.com': { name: '', verified: true, metadata: {} },
    'elif@example.com': { name: 'Elif Ellipsis', verified: true },
  })
  expect(Object.values(found.people).map(({ password }) => password)).toEqual([null, null, null, null])
  expect(found).toMatchObject({ organizations: [], memberships: [], notes: [], leftOut: 0 })
  expect(found.rejects).toEqual([`user email_missing ${rejected}`])
}

test(tried('Auth.js', 'tables of its database', 'email_verified as a time'), async () => {
  expectSample(await migrate('examples/authjs'), './users.csv:5')
})

for (const [dialect, rejected] of [
  ['postgres', 'users:1'],
  ['mysql', 'User:1'],
] as const) {
  testWithEither(dialect)(
    tried('Auth.js', 'its PostgreSQL or MariaDB', 'rows yield what the same rows as CSV do'),
    async () => {
      const env = {
        DATABASE_URL: await databaseOf(
          dialect,
          `authjs/schema.${dialect}.sql`,
          dialect === 'postgres' ? 'authjs.md' : undefined,
        ),
      }
      expectSample(await migrate('examples/authjs', { config: `${dialect}.config.yaml`, env, quick: true }), rejected)
    },
  )
}

test('every user becomes a member of one organization', async () => {
  const found = await migrate('examples/one-organization')
  expect(found.organizations).toEqual([{ name: 'Acme Anvils', externalId: 'acme', metadata: {}, domains: [] }])
  expect(found.memberships).toEqual([
    'ada@example.com in Acme Anvils: admin',
    'bjorn@example.com in Acme Anvils: member',
    'chloe@example.org in Acme Anvils: member',
  ])
  expect(found).toMatchObject({ rejects: [], notes: [], leftOut: 0 })
})
