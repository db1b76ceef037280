import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadManifest } from '../../src/config/load.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { readTotp } from '../../src/kinds/user/totp-secret.ts'
import { compileExpression } from '../../src/mapping/expression.ts'
import { command, folderOf } from '../cli/harness.ts'
import { tried } from '../tried.ts'
import { databaseOf, testWith, testWithEither } from './database.ts'
import { type Migrated, migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

const PASSWORDS: readonly Known[] = [
  [
    'ada@acme.example',
    'ada-guards-the-realm',
    '$argon2id$v=19$m=7168,t=5,p=1$ujOxZnFjf8Zc5MoIMGMSmA$ylSMb09tJbiUjC2zYJKaSR0wuxtoBFpCVn/EjyVa0AY',
  ],
  [
    'bjorn@acme.example',
    'bjorn-iterates',
    '$pbkdf2$i=210000,d=sha512$u9DAFqnwIi8k9yEgw2Oa2Q$k/Cnb5HJvhmbsljSNsQfk47RD771hppPWlbM0Gl7GNt2HdnvJeXn6DdwheXCXp7jikHiiLZqZQfhajjKRQM6EQ',
  ],
]

/** The expected result of the sample's realm, from any source. */
function expectSample(found: Migrated): void {
  expectPasswords(found, PASSWORDS)
  expect(found.people).toMatchObject({
    'ada@acme.example': { name: 'Ada Ampersand', verified: true, metadata: { username: 'ada', plan: 'pro' } },
    'bjorn@acme.example': { verified: true, metadata: { username: 'bjorn', phone: '+15550100002' } },
    'chloe@borealis.example': { verified: false, password: null },
    'dmitri@borealis.example': { metadata: { username: 'dmitri', providers: 'google' } },
    'elif@borealis.example': { name: 'Elif Ellipsis', metadata: { username: 'elif' } },
  })
  expect(Object.keys(found.people)).toHaveLength(5)
  expect(found.organizations).toMatchObject([
    { name: 'Acme Anvils', domains: ['acme.example'] },
    { name: 'Borealis Outfitters', domains: ['borealis.example'] },
  ])
  expect(found.memberships).toEqual([
    'ada@acme.example in Acme Anvils: member',
    'ada@acme.example in Borealis Outfitters: member',
    'bjorn@acme.example in Acme Anvils: member',
    'chloe@borealis.example in Borealis Outfitters: member',
    'dmitri@borealis.example in Borealis Outfitters: member',
    'elif@borealis.example in Borealis Outfitters: member',
  ])
  expect(found.leftOut).toBe(2) // a disabled user and the account of a client
  // The membership of the disabled user is left out, too.
  expect(found.rejects).toEqual([])
  expect(found.factors).toEqual(['ada@acme.example', 'bjorn@acme.example'])
  expect(found.hasFactor('ada@acme.example', 'MZBHA4KUNNITE5SXG54FS6RQMFGG2TRT')).toBe(true)
  expect(found.hasFactor('bjorn@acme.example', 'JBSWY3DPEHPK3PXP')).toBe(true)
  expect(found.notes).toEqual([
    'user password_reset_required pbkdf2 sha256 i=27500 (i: 600000 to 1000000) 1',
    'user totp_weak_secret 80 1',
  ])
}

test(
  tried('Keycloak', 'realm export (JSON)', 'credentials as JSON texts, PBKDF2 with too few rounds, Argon2'),
  async () => {
    expectSample(await migrate('examples/keycloak'))
  },
)

for (const dialect of ['postgres', 'mysql'] as const) {
  testWith(dialect)(
    tried(
      'Keycloak',
      'its PostgreSQL or MariaDB',
      'a realm in its tables gives the same result as its export; another realm next to it',
    ),
    async () => {
      const env = {
        DATABASE_URL: await databaseOf(
          dialect,
          `keycloak/schema.${dialect}.sql`,
          dialect === 'postgres' ? 'keycloak.md' : undefined,
        ),
        KEYCLOAK_REALM: 'anvils',
      }
      expectSample(await migrate('examples/keycloak', { config: `${dialect}.config.yaml`, env, quick: true }))
    },
  )
}

/** All users in one organization, with the roles and groups of the realm. */
const WITH_ROLES = (dialect: string) => `
extends: [keycloak-${dialect}, one-organization]
vars:
  organization: { externalId: acme, name: Acme Anvils }
map:
  membership:
    roles: $distinct($append($parseJson(realmRoles), $parseJson(groupRoles)))[$not($contains($, /^default-roles-/))]
  group: { each: $parseJson(groups), organization: "'acme'", name: $ }
  groupMember: { each: $parseJson(groups), organization: "'acme'", group: $ }
roles:
  define: { admin: { name: Admin }, staff-member: { name: Staff } }
target: { type: sandbox }
`

for (const dialect of ['postgres', 'mysql'] as const) {
  testWithEither(dialect)(
    tried(
      'Keycloak',
      'its PostgreSQL or MariaDB',
      'roles of users, roles by a group above theirs, groups by their paths; groups of organizations do not count',
    ),
    async () => {
      const env = {
        DATABASE_URL: await databaseOf(dialect, `keycloak/schema.${dialect}.sql`),
        KEYCLOAK_REALM: 'anvils',
      }
      const text = WITH_ROLES(dialect)
      const found = await migrate('examples/keycloak', { config: 'roles.config.yaml', text, env, quick: true })
      expect(found.memberships).toEqual([
        'ada@acme.example in Acme Anvils: admin,staff-member',
        'bjorn@acme.example in Acme Anvils: staff-member',
        'chloe@borealis.example in Acme Anvils: member',
        'dmitri@borealis.example in Acme Anvils: member',
        'elif@borealis.example in Acme Anvils: member',
      ])
      expect(found.groups).toEqual([
        '/staff/engineering in Acme Anvils: ada@acme.example, bjorn@acme.example',
        '/staff/oncall in Acme Anvils: bjorn@acme.example',
      ])
    },
  )
}

testWith('postgres')(
  tried('Keycloak', 'its PostgreSQL', 'a realm whose name is mistyped is warned of, and yields nobody'),
  async () => {
    const env = { DATABASE_URL: await databaseOf('postgres', 'keycloak/schema.postgres.sql'), KEYCLOAK_REALM: 'anvil' }
    const cwd = fileURLToPath(new URL('../../examples/keycloak', import.meta.url))
    const text = readFileSync(join(cwd, 'postgres.config.yaml'), 'utf8')
    const { stderr } = await command(['plan'], { cwd: folderOf({ 'migrate.config.yaml': text }), env })
    expect(stderr).toContain('warning: the query of users returned no rows')
    expect(stderr).toContain('warning: the query of organizations returned no rows')
  },
)

test.each([
  ['as plain text', { value: '99fJbpUAcLsnWWpn1DnG' }, {}, { secret: 'HE4WMSTCOBKUCY2MONXFOV3QNYYUI3SH' }],
  ['in Base32', { value: 'JBSWY3DPEHPK3PXP' }, { secretEncoding: 'BASE32' }, { secret: 'JBSWY3DPEHPK3PXP' }],
  ['of a kind that WorkOS does not know', { value: 'JBSWY3DPEHPK3PXP' }, { digits: 8 }, '8 digits'],
  ['of a kind that counts', { value: 'JBSWY3DPEHPK3PXP' }, { subType: 'hotp' }, 'hotp'],
])(
  tried('Keycloak', 'realm export (JSON)', 'secrets of authenticator apps as raw text and as Base32 (%s)'),
  async (_how, secret, more, expected) => {
    const cwd = fileURLToPath(new URL('../../examples/keycloak', import.meta.url))
    const { manifest } = await loadManifest({ cwd, env: {}, redactor: new Redactor() })
    const compiled = compileExpression(String(manifest.map.user?.totpSecret))
    if (!compiled.ok) throw new Error(compiled.message)
    const data = { subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1', ...more }
    const otp = { type: 'otp', secretData: JSON.stringify(secret), credentialData: JSON.stringify(data) }
    const record = { credentials: [{ type: 'password' }, otp] }
    const read = readTotp(await compiled.expression.evaluate(record, record), { encoding: 'auto' })
    expect(read).toMatchObject(typeof expected === 'string' ? { reason: expected } : { factor: expected })
  },
)
