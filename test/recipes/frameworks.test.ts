import { expect } from 'vitest'
import { tried } from '../tried.ts'
import { type Dialect, databaseOf, testWith } from './database.ts'
import { type Migrated, migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

/** The sample of a framework, read from a database created by its `schema.sql`. */
async function migrateFrom(dialect: Dialect, name: string): Promise<Migrated> {
  const env = { DATABASE_URL: await databaseOf(dialect, `${name}/schema.sql`, `${name}.md`) }
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
      // The verified address is a different one.
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

const LARAVEL: readonly Known[] = [
  ['ada@example.com', 'ada-likes-laravel', '$2y$12$9vOZSLg8MMuvP9Ae8MB7b.zOLFDdJA6ugc5L6Is4NFr4zwejXxmki'],
  ['bjorn@example.com', 'bjorn-likes-laravel', '$2y$12$ntdnx7lxzW8GPnbIi7IEfuIZpn0SB2oCiSGcs5XbcXsEjiMVKd5u.'],
  ['chloe@example.com', 'chloe-likes-laravel', '$2y$10$mWb4JhjVZua.19ZAo2kw1.0LIK/VR./HZnggjMuZYfr13yzG0WHiu'],
]

testWith('mysql')(
  tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'MariaDB of Laravel with Jetstream',
    'owners of teams, personal teams, soft deletes, encrypted secrets of Fortify, an id of 64 bits',
  ),
  async () => {
    const found = await migrateFrom('mysql', 'laravel')
    expectPasswords(found, LARAVEL)
    expect(found.people).toMatchObject({
      'ada@example.com': { name: 'Ada Ampersand', verified: true, externalId: '1' },
      'bjorn@example.com': { name: 'Björn van der Beispiel', verified: true },
      'chloe@example.com': { verified: false },
      'dmitri@example.com': { name: 'Dmitri', verified: true, password: null },
      'zoe@example.com': { name: 'Zoë Zebra', externalId: '18446744073709551615' },
    })
    expect(Object.keys(found.people)).toHaveLength(5)
    expect(found.organizations.map(({ name, externalId }) => `${externalId} ${name}`)).toEqual([
      '2 Acme Anvils',
      '4 Borealis Outfitters',
    ])
    expect(found.memberships).toEqual([
      'ada@example.com in Acme Anvils: owner',
      'ada@example.com in Borealis Outfitters: admin',
      'bjorn@example.com in Acme Anvils: editor',
      'chloe@example.com in Borealis Outfitters: owner',
      'dmitri@example.com in Borealis Outfitters: editor',
      'zoe@example.com in Borealis Outfitters: member',
    ])
    expect(found).toMatchObject({ leftOut: 1, rejects: [], factors: [] })
    expect(found.notes).toEqual([])
    expect(found.appsLeft).toEqual(['encrypted secret 1'])
  },
)

const WORDPRESS: readonly Known[] = [
  ['chloe@example.com', 'chloe-likes-wordpress', '$2y$10$j15KFGhbt7YjHYFhzIq6GeHGLdEEfaZ5C6FY/rT0pKqCx7YOz9WQW'],
]

testWith('mysql')(
  tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'MariaDB of WordPress',
    'roles as PHP serializes them, hashes of phpass and of version 6.8, a zero date, rows of users who are gone',
  ),
  async () => {
    const found = await migrateFrom('mysql', 'wordpress')
    expectPasswords(found, WORDPRESS)
    expect(found.people).toMatchObject({
      'ada@example.com': { name: 'Ada Ampersand', verified: false, externalId: '1', metadata: { username: 'ada' } },
      'bjorn@example.com': { name: 'Björn Beispiel' },
      'chloe@example.com': { name: 'chloe' },
      'dmitri@example.com': { name: 'Dmitri' },
      'elif@example.com': { name: 'Elif Ellipsis' },
    })
    expect(Object.keys(found.people)).toHaveLength(5)
    expect(found.people['bjorn@example.com']?.metadata).toEqual({
      username: 'bjorn',
      registered: '2016-01-03 03:04:05',
    })
    expect(found.people['dmitri@example.com']?.metadata).toEqual({ username: 'dmitri' })
    expect(found.memberships).toEqual([
      'ada@example.com in Acme Anvils: admin,backup_admin',
      'bjorn@example.com in Acme Anvils: editor',
      'chloe@example.com in Acme Anvils: member',
      'dmitri@example.com in Acme Anvils: author',
      'elif@example.com in Acme Anvils: member',
    ])
    expect(found.leftOut).toBe(0)
    expect(found.rejects).toEqual(['user email_missing users:5', 'membership user_rejected users:5'])
    expect(found.factors).toEqual(['ada@example.com'])
    expect(found.hasFactor('ada@example.com', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U')).toBe(true)
    expect(found.notes).toEqual([
      'user password_reset_required phpass 2',
      'user password_reset_required md5 1',
      'user password_reset_required wordpress_bcrypt 1',
    ])
  },
)
