import { expect } from 'vitest'
import { tried } from '../tried.ts'
import { type Dialect, databaseOf, testWith } from './database.ts'
import { type Migrated, migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

/** The sample of a framework, read from a database with its `schema.sql`. */
async function migrateFrom(dialect: Dialect, name: string): Promise<Migrated> {
  const env = { DATABASE_URL: await databaseOf(dialect, `${name}/schema.sql`) }
  const found = await migrate(`examples/${name}`, { config: 'migrate.config.yaml', env })
  expect(found.warnings).toEqual([])
  return found
}

const DJANGO: readonly Known[] = [
  [
    'ada@example.com',
    'ada-likes-django',
    '$pbkdf2$i=1000000,d=sha256$cVQ4aFJ6MkxrUHc0$oE4u+tWpPD640mGXgOHBkrQThY44svBzpq+kxLAX3BI',
  ],
  [
    'bjorn@example.com',
    'bjorn-likes-django',
    '$argon2id$v=19$m=102400,t=2,p=8$ZGphbmdvLXNhbHQtMDAwMg$dZjbqcsyvDU6NfW6j2ZGsRxXpgRHt73Y4hZ2JWCz/iY',
  ],
]

testWith('postgres')(
  tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'PostgreSQL of Django',
    'groups as roles, addresses that allauth verified, authenticator apps of django-otp in hex, unusable passwords',
  ),
  async () => {
    const found = await migrateFrom('postgres', 'django')
    expectPasswords(found, DJANGO)
    expect(found.people).toMatchObject({
      'ada@example.com': { name: 'Ada Ampersand', verified: true, externalId: '1', metadata: { username: 'ada' } },
      'bjorn@example.com': { name: 'Björn Beispiel', verified: true },
      // The address that is verified is another one.
      'chloe@example.com': { name: 'Chloé Comma', verified: false },
      'elif@example.com': { verified: true },
    })
    expect(Object.keys(found.people)).toHaveLength(4)
    expect(found.memberships).toEqual([
      'ada@example.com in Acme Anvils: editors,superuser',
      'bjorn@example.com in Acme Anvils: billing-team,editors',
      'chloe@example.com in Acme Anvils: member',
      'elif@example.com in Acme Anvils: member',
    ])
    expect(found.roles).toEqual(['billing-team', 'editors', 'superuser'])
    expect(found.factors).toEqual(['ada@example.com'])
    expect(found.hasFactor('ada@example.com', 'MFSGCJ3TFVZWKY3SMV2CAZTPOIQHIZLTOQ')).toBe(true)
    expect(found.leftOut).toBe(1) // who is not active
    expect(found.rejects).toEqual(['user email_missing auth_user:6', 'membership user_rejected auth_user:6'])
    expect(found.notes).toEqual(['user password_reset_required pbkdf2 sha256 i=260000 (i: 600000 to 1000000) 1'])
    expect(found.appsLeft).toEqual(['8 digits 1'])
  },
)

const DEVISE: readonly Known[] = [
  ['ada@example.com', 'ada-likes-rails', '$2a$12$B.4KzXtm7iKBwBZq0rJrKupnJDzizNCOfVCLnStntq51tVn30mP6W'],
  ['bjorn@example.com', 'bjorn-likes-rails', '$2a$12$L1vLx6LhD5IBiLJVtLrk.O.UAkpLxXt3KY.MkPuOBP0/r8fRkOKKa'],
]

testWith('postgres')(
  tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'PostgreSQL of Rails with Devise',
    'enums as numbers, ids beyond 2^53, locked users, encrypted secrets of devise-two-factor',
  ),
  async () => {
    const found = await migrateFrom('postgres', 'devise')
    expectPasswords(found, DEVISE)
    expect(found.people).toMatchObject({
      'ada@example.com': { name: 'Ada Ampersand', verified: true, externalId: '1' },
      'bjorn@example.com': { name: 'Björn van der Beispiel', verified: true },
      'chloe@example.com': { name: 'Chloé Comma', verified: true, password: null },
      'elif@example.com': { name: '', verified: false },
    })
    expect(Object.keys(found.people)).toHaveLength(4)
    expect(found.organizations).toEqual([
      { name: 'Acme Anvils', externalId: '9007199254740993', metadata: { plan: 'gold' }, domains: [] },
      { name: 'Borealis Outfitters', externalId: '2', metadata: {}, domains: [] },
    ])
    expect(found.memberships).toEqual([
      'ada@example.com in Acme Anvils: owner',
      'ada@example.com in Borealis Outfitters: member',
      'bjorn@example.com in Acme Anvils: member',
      'chloe@example.com in Borealis Outfitters: admin',
    ])
    expect(found.leftOut).toBe(1) // who is locked, with the membership
    expect(found.rejects).toEqual(['user email_missing users:6'])
    expect(found.factors).toEqual([])
    expect(found.notes).toEqual([])
    expect(found.appsLeft).toEqual(['encrypted secret 1'])
  },
)
