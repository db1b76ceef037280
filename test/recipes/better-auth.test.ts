import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { databaseOf, testWithEither } from './database.ts'
import { type Migrated, migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

/** The second contains a ligature, which Better Auth decomposes before hashing. */
const PASSWORDS: readonly Known[] = [
  [
    'ada@example.com',
    'ada-has-better-auth',
    '$scrypt$v=1$n=16384,r=16,p=1,kl=64$ZGE0MTdhMzdjYjhhYzUwNmY2YzUzMjYzZmNhODIyODY$l6oJjSgvMoQqx9Rmowb3k1tmURWal1Kl8f2NCBb+4lnBuKG3gV7DivzehCUPkug45nxoFxTLdncTX+on0nBnoA',
  ],
  [
    'bjorn@example.com',
    'ﬁsh & chips for bjorn',
    '$scrypt$v=1$n=16384,r=16,p=1,kl=64$ODA5ODgyMzdjNWJhYTcyNWExZjBhNmZiYmNmNGQ3Nzg$IqBniI0ZJvAw0ro5MHHX/GRHIdnJ/rKUGg2gDgISSNzHBcH5RGrU/ekYiMhZnA4iGIRbPI1Uu30FxNWzbnJImQ',
  ],
  ['elif@example.com', 'elif-customised-it', '$2b$10$LpoMUhPR3JGJjf1Mj4ghTusQ.ir16iEFeiCkWu7QDGVL8oPigazVC'],
]

/** The expected result of the sample, from any source. Rows of accounts can be in any order. */
function expectSample(found: Migrated): void {
  expectPasswords(found, PASSWORDS)
  expect(found.people).toMatchObject({
    'ada@example.com': {
      name: 'Ada Ampersand',
      verified: true,
      metadata: { providers: expect.stringMatching(/^(credential,google|google,credential)$/) },
    },
    'bjorn@example.com': { name: 'Björn van der Beispiel', verified: false },
    'chloe@example.com': { password: null, metadata: { providers: 'google' } },
    'elif@example.com': { password: 'bcrypt' },
  })
  expect(Object.keys(found.people)).toHaveLength(4)
  expect(found.organizations).toMatchObject([
    { name: 'Acme Anvils', metadata: { tier: 'gold' } },
    { name: 'Borealis Outfitters', metadata: {} },
    { name: 'Nobody Here Yet' },
  ])
  expect(found.roles).toEqual(['admin', 'owner'])
  expect(found.memberships).toEqual([
    'ada@example.com in Acme Anvils: owner',
    'ada@example.com in Borealis Outfitters: admin,member',
    'bjorn@example.com in Acme Anvils: member',
    'chloe@example.com in Borealis Outfitters: owner',
    'elif@example.com in Acme Anvils: member',
  ])
  expect(found).toMatchObject({ rejects: [], notes: [], leftOut: 1 })
}

test(tried('Better Auth', 'tables of its database', 'scrypt whose salt is the hex text itself'), async () => {
  expectSample(await migrate('examples/better-auth'))
})

for (const dialect of ['postgres', 'mysql'] as const) {
  testWithEither(dialect)(
    tried('Better Auth', 'its PostgreSQL or MariaDB', 'rows yield what the same rows as CSV do; teams become groups'),
    async () => {
      const env = {
        DATABASE_URL: await databaseOf(
          dialect,
          `better-auth/schema.${dialect}.sql`,
          dialect === 'postgres' ? 'better-auth.md' : undefined,
        ),
      }
      const found = await migrate('examples/better-auth', { config: `${dialect}.config.yaml`, env, quick: true })
      expectSample(found)
      // A banned user is also left out of the team.
      expect(found.groups).toEqual([
        'Forge in Acme Anvils: ada@example.com, bjorn@example.com',
        'North in Borealis Outfitters: chloe@example.com',
        'Sales in Acme Anvils: nobody',
      ])
    },
  )
}
