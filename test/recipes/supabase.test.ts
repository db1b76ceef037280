import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'
import { tried } from '../tried.ts'
import { databaseOf, testWith } from './database.ts'
import { type Migrated, migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

const PASSWORDS: readonly Known[] = [
  ['ada@example.com', 'ada-likes-anvils', '$2b$10$/vrcc8dO1VtRpbO5no7P5uzvFOpoh1uZ62iqdMSmH1GIUE2pwiMmi'],
  [
    'bjorn@example.com',
    'bjorn-likes-birds',
    '$argon2id$v=19$m=65536,t=3,p=1$MiQbNXzgxh2bWwVNwvJ1FA$Mkqi/F5L7t9t1a3cas2xWLvn6FycRp3ie+2omIj3kE8',
  ],
  [
    'chloe@example.com',
    'chloe-came-from-afar',
    '$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA$J8e84gP+Cy8O7Q$sKaRSOoKz8s4IdEDWM+8A+ls9KXALW4TfRk4gqaCeMNxBxcwFyxhpAfL4KYpC4mzXnbDtq8G3qA3uESUC70poA',
  ],
]

/**
 * The expected result of the sample, from any source.
 * @param rejected place of the user without an address
 */
function expectSample(found: Migrated, rejected: string): void {
  expectPasswords(found, PASSWORDS)
  const { 'ada@example.com': ada, ...others } = found.people
  expect(ada).toEqual({
    name: 'Ada Ampersand',
    verified: true,
    externalId: 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5',
    metadata: { plan: 'pro', providers: 'email,google' },
    password: 'bcrypt',
  })
  expect(others).toMatchObject({
    'bjorn@example.com': { name: 'Björn Beispiel', verified: false, metadata: { providers: 'email' } },
    'chloe@example.com': { name: 'Chloé Comma', verified: true },
    'dmitri@example.com': { name: 'Dmitri Dummy', verified: true, metadata: { providers: 'google' } },
    'elif@example.com': { name: '', verified: true },
  })
  expect(Object.keys(found.people)).toHaveLength(5)
  expect(found.organizations.map(({ name, externalId }) => `${externalId} ${name}`)).toEqual([
    '1 Acme Anvils',
    '2 Borealis Outfitters',
  ])
  expect(found.memberships).toEqual([
    'ada@example.com in Acme Anvils: owner',
    'ada@example.com in Borealis Outfitters: member',
    'bjorn@example.com in Acme Anvils: member',
    'chloe@example.com in Borealis Outfitters: owner',
    'dmitri@example.com in Borealis Outfitters: member',
  ])
  expect(found.leftOut).toBe(3) // banned, deleted and anonymous
  expect(found.rejects).toEqual([`user email_missing ${rejected}`])
  expect(found.factors).toEqual(['ada@example.com'])
  expect(found.hasFactor('ada@example.com', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U')).toBe(true)
  expect(found.notes).toEqual(['user password_reset_required argon2id m=32,t=3,p=2 (m: 4096 to 262144) 1'])
}

test(
  tried(
    'Supabase',
    'auth.users as CSV and JSON',
    'metadata as JSON texts, bcrypt and fbscrypt hashes, empty hashes, authenticator apps',
  ),
  async () => {
    expectSample(await migrate('examples/supabase'), './users.csv:10')
  },
)

testWith('postgres')(
  tried('Supabase', 'its PostgreSQL', 'rows of users, identities and factors yield what the same rows as CSV do'),
  async () => {
    const env = { DATABASE_URL: await databaseOf('postgres', 'supabase/schema.postgres.sql', 'supabase.md') }
    expectSample(await migrate('examples/supabase', { config: 'postgres.config.yaml', env, quick: true }), 'users:1')
  },
)

testWith('postgres')(
  tried(
    'Supabase',
    'its PostgreSQL',
    'updatedSince reads who changed, or has an identity or a factor that did, with everything that is joined',
  ),
  async () => {
    const DATABASE_URL = await databaseOf('postgres', 'supabase/schema.postgres.sql')
    const client = new Client({ connectionString: DATABASE_URL })
    await client.connect()
    await client.query(`
      UPDATE auth.users SET updated_at = '2026-01-02' WHERE email = 'chloe@example.com';
      UPDATE auth.identities SET updated_at = '2026-01-02' WHERE email = 'dmitri@example.com';
      UPDATE auth.mfa_factors SET updated_at = '2026-01-02' WHERE friendly_name = 'tablet'`)
    await client.end()
    const cwd = folderOf({
      'postgres.config.yaml': readFileSync(
        fileURLToPath(new URL('../../examples/supabase/postgres.config.yaml', import.meta.url)),
        'utf8',
      ),
      'migrate.config.yaml': 'extends: ./postgres.config.yaml\nsource: { updatedSince: 2026-01-01T00:00:00Z }\n',
    })
    const { stdout, stderr } = await command(['plan', '--json'], { cwd, env: { DATABASE_URL } })
    // The sample's own table has no time of the last change.
    expect(stderr.match(/\[\w+\]/g)).toEqual(['[changes_unseen]'])
    const { accounting, actions } = JSON.parse(stdout)
    const read = accounting.streams.map(({ stream, read: rows }: { stream: string; read: number }) => [stream, rows])
    // Ada has two identities, two factors and two teams. Chloé and Dmitri have one of each, except
    // that Dmitri has no factor.
    expect(Object.fromEntries(read)).toEqual({ users: 3, identities: 4, factors: 3, members: 4 })
    const people = actions.filter(({ kind }: { kind: string }) => kind === 'user')
    const emails = people.map(({ label }: { label: string }) => label)
    expect(emails.toSorted()).toEqual(['ada@example.com', 'chloe@example.com', 'dmitri@example.com'])
  },
)
