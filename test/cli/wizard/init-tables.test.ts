import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tried } from '../../tried.ts'
import { command, type Files, folderOf } from '../harness.ts'
import { announced, type Planned, planned } from './announced.ts'

/** Realistic tables and exports: recognized, used, and announced as in the plan. Invented data. */
interface Case {
  files: Files
  plan: Partial<Planned>
  /** Files listed as not used. */
  unused?: string[]
}

const BCRYPT = '$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde'
const ASPNET = 'AQAAAAIAAYagAAAAEFZhu2RuKt931NaG2OvWT7yP0RrzCfkcovmOSpQ6I43OfWQsgdSEbBwTH7qlnFTUXw=='
const DJANGO = 'pbkdf2_sha256$1000000$saltsaltsalt$bm9uc2Vuc2Vub25zZW5zZW5vbnNlbnNlbm9uc2Vuc2U='
const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

const csv = (...rows: string[]) => `${rows.join('\n')}\n`

const WP_USERS = csv(
  'ID,user_login,user_pass,user_email,user_registered,user_status,display_name',
  `1,cara,${BCRYPT},cara@example.com,2023-04-05 06:07:08,0,Cara Comma`,
  '2,dot,$P$BabcdefghijklmnopqrstuvwxyzABCD,dot@example.com,2023-04-05 06:07:08,0,Dot',
)

const CASES: Record<string, Case> = {
  [tried('CSV of any kind', 'columns of this program', 'memberships in the file of users and in another file')]: {
    files: {
      'users.csv': csv(
        'external_id,email,status,org_external_id,org_name,role_slugs',
        '1,cara@example.com,active,o1,Acme,admin',
        '2,dot@example.com,banned,o1,Acme,',
        '3,eli@example.com,pending,o1,Acme,',
        '4,fay@example.com,active,,,',
      ),
      'totp_secrets.csv': csv(
        'email,totp_secret,totp_issuer,totp_user',
        `cara@example.com,${TOTP},Acme App,cara`,
        `zed@example.com,${TOTP},Acme App,zed`,
      ),
      'user_roles.csv': csv(
        'email,role_slug,org_external_id',
        'cara@example.com,billing,o1',
        'fay@example.com,billing,o1',
      ),
    },
    plan: { users: 3, leftOut: 1, rejected: 1, created: expect.objectContaining({ organization: 1, membership: 3 }) },
  },
  [tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'auth_user and its groups of Django',
    'groups are no organizations',
  )]: {
    files: {
      'auth_user.csv': csv(
        'id,password,is_superuser,username,email,is_active,date_joined',
        `1,${DJANGO},f,cara,cara@example.com,t,2020-01-01`,
        `2,!abcdefghij,f,dot,dot@example.com,f,2020-01-01`,
      ),
      'auth_group.csv': csv('id,name', '1,Editors'),
      'auth_user_groups.csv': csv('id,user_id,group_id', '1,1,1'),
    },
    plan: { users: 1, leftOut: 1, rejected: 0, created: expect.not.objectContaining({ organization: 1 }) },
    unused: ['auth_group.csv', 'auth_user_groups.csv'],
  },
  [tried('Cognito', 'CSV for import', 'a recipe of another form is not taken')]: {
    files: {
      'pool.csv': csv(
        'cognito:username,name,given_name,family_name,email,email_verified,phone_number,cognito:mfa_enabled',
        'cara,,Cara,Comma,cara@example.com,TRUE,+15550100009,FALSE',
        'Google_2,Cara Comma,,,Cara@Example.com,FALSE,,FALSE',
        'dot,,,,,,+15550100008,FALSE',
      ),
    },
    plan: { users: 1, rejected: 1 },
  },
  [tried('Cognito', 'CSV of the console', 'who is disabled stays out')]: {
    files: {
      'users.csv': csv(
        'Username,Email address,Email verified,Confirmation status,Status',
        'cara,cara@example.com,Yes,Confirmed,Enabled',
        'dot,dot@example.com,No,Confirmed,Disabled',
      ),
    },
    plan: { users: 1, leftOut: 1, rejected: 0 },
  },
  [tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'wp_users and wp_usermeta of WordPress',
    'hashes mapped, names of another table',
  )]: {
    files: {
      'wp_users.csv': WP_USERS,
      'wp_usermeta.csv': csv(
        'umeta_id,user_id,meta_key,meta_value',
        '1,1,first_name,Cara',
        '2,2,first_name,Dotty',
        '3,99,first_name,Gone',
      ),
    },
    plan: { users: 2, rejected: 0, passwords: expect.objectContaining({ kept: 1, reset: 1 }) },
  },
  [tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'AspNetUsers and its tables',
    'locked for ever, locked once, roles by number',
  )]: {
    files: {
      'AspNetUsers.csv': csv(
        'Id,UserName,Email,EmailConfirmed,PasswordHash,LockoutEnd,CompanyId',
        `1,cara,cara@example.com,True,${ASPNET},2020-01-01 00:00:00 +00:00,c1`,
        '2,dot,dot@example.com,False,NULL,9999-12-31 23:59:59 +00:00,c1',
      ),
      'AspNetUserRoles.csv': csv('UserId,RoleId', '1,r1'),
      'AspNetRoles.csv': csv('Id,Name,NormalizedName', 'r1,Site Admin,SITE ADMIN'),
      'AspNetUserClaims.csv': csv('Id,UserId,ClaimType,ClaimValue', '1,1,plan,pro'),
    },
    plan: {
      users: 1,
      leftOut: 1,
      rejected: 0,
      created: expect.objectContaining({ organization: 1, membership: 1, role: 1 }),
    },
    unused: ['AspNetUserClaims.csv'],
  },
  [tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'dumpdata of Django',
    'several models, unusable passwords, inactive users',
  )]: {
    files: {
      'dump.json': JSON.stringify([
        { model: 'auth.permission', pk: 1, fields: { name: 'Can add', codename: 'add' } },
        ...['cara', 'dot', 'eli'].map((username, index) => ({
          model: 'auth.user',
          pk: index + 1,
          fields: {
            username,
            email: `${username}@example.com`,
            password: index === 0 ? DJANGO : '!x',
            is_active: index !== 1,
            first_name: '',
          },
        })),
        { model: 'sessions.session', pk: 'k', fields: { session_data: 'x' } },
      ]),
    },
    plan: { users: 2, leftOut: 3, rejected: 0 },
  },
  [tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'auth_user of Django',
    'addresses that allauth verified',
  )]: {
    files: {
      'auth_user.csv': csv(
        'id,password,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined',
        `1,${DJANGO},f,cara,Cara,Comma,cara@example.com,f,t,2024-01-02 03:04:05+00`,
        '2,!,f,dot,,,dot@example.com,f,f,2024-01-02 03:04:05+00',
      ),
      'account_emailaddress.csv': csv('id,email,verified,primary,user_id', '1,cara@example.com,t,t,1'),
    },
    plan: { users: 1, leftOut: 1, rejected: 0 },
  },
  [tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'users of Laravel',
    'NULL as text, soft deletes, roles by number, teams',
  )]: {
    files: {
      'users.csv': csv(
        'id,name,email,email_verified_at,password,deleted_at',
        `1,Cara Comma,cara@example.com,2024-01-02 03:04:05,${BCRYPT},NULL`,
        '2,Dot,dot@example.com,NULL,NULL,2024-05-06 07:08:09',
      ),
      'roles.csv': csv('id,name,guard_name', '1,Chief Writer,web'),
      'model_has_roles.csv': csv('role_id,model_type,model_id', '1,App\\Models\\User,1'),
      'teams.csv': csv('id,user_id,name', '1,1,Acme'),
      'team_user.csv': csv('id,team_id,user_id,role', '1,1,1,editor'),
    },
    plan: {
      users: 1,
      leftOut: 1,
      rejected: 0,
      created: expect.objectContaining({ organization: 1, membership: 1, role: 2 }),
    },
  },
  [tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'users of Devise',
    'tokens next to the hash, locked users',
  )]: {
    files: {
      'users.csv': csv(
        'id,email,encrypted_password,reset_password_token,sign_in_count,confirmed_at,locked_at',
        `1,cara@example.com,${BCRYPT},,3,2024-01-02 03:04:05,`,
        `2,dot@example.com,${BCRYPT},tok,3,,2024-01-02 03:04:05`,
      ),
    },
    plan: { users: 1, leftOut: 1, rejected: 0, passwords: expect.objectContaining({ kept: 1 }) },
  },
  [tried('Okta', 'report as CSV', 'the status says who stays out')]: {
    files: {
      'okta.csv': csv(
        'User ID,Login,First name,Last name,Primary email,Status',
        '00u1,cara@example.com,Cara,Comma,cara@example.com,ACTIVE',
        '00u2,dot@example.com,Dot,,dot@example.com,DEPROVISIONED',
      ),
    },
    plan: { users: 1, leftOut: 1, rejected: 0 },
  },
  [tried('Auth.js', 'table as CSV', 'a flag that no recipe knows')]: {
    files: {
      'users.csv': csv(
        'id,name,email,emailVerified,image,is_active',
        '1,Cara Comma,cara@example.com,2025-01-02 03:04:05,,1',
        '2,Dot,dot@example.com,,,0',
      ),
    },
    plan: { users: 1, leftOut: 1, rejected: 0 },
  },
  [tried('Clerk', 'JSON of the migration tool', 'with files of members, roles and definitions')]: {
    files: {
      'clerk.json': JSON.stringify([
        {
          id: 'user_1',
          first_name: 'Cara',
          primary_email_address: 'cara@example.com',
          verified_email_addresses: ['cara@example.com'],
          password_digest: BCRYPT,
          password_hasher: 'bcrypt',
          public_metadata: {},
        },
        {
          id: 'user_2',
          first_name: 'Dot',
          primary_email_address: 'dot@example.com',
          verified_email_addresses: [],
          banned: true,
          public_metadata: {},
        },
      ]),
      'members.csv': csv('clerk_user_id,org_external_id,org_name', 'user_1,acme,Acme'),
      'roles.csv': csv('clerk_user_id,role_slug', 'user_1,keeper'),
      'definitions.csv': csv('role_slug,role_name', 'keeper,Keeper'),
    },
    plan: {
      users: 1,
      leftOut: 1,
      created: expect.objectContaining({ membership: 1, role: 1 }),
      passwords: expect.objectContaining({ kept: 1 }),
    },
  },
  [tried('Keycloak', 'export in several files', 'organizations in the file of the realm')]: {
    files: {
      'acme-users-0.json': JSON.stringify({
        realm: 'acme',
        users: [
          { id: 'k1', username: 'cara', email: 'cara@example.com', enabled: true, credentials: [] },
          { id: 'k2', username: 'dot', email: 'dot@example.com', enabled: false, credentials: [] },
        ],
      }),
      'acme-realm.json': JSON.stringify({
        id: 'r1',
        realm: 'acme',
        clients: [{ clientId: 'a' }],
        organizations: [{ id: 'o1', name: 'Acme', alias: 'acme', enabled: true, members: [{ username: 'cara' }] }],
      }),
    },
    plan: { users: 1, leftOut: 1, rejected: 0, created: expect.objectContaining({ organization: 1, membership: 1 }) },
  },
  [tried('Keycloak', 'export in several files', 'several files of users')]: {
    files: Object.fromEntries(
      ['cara', 'dot'].map((username, index) => {
        const users = [{ id: `k${index}`, username, email: `${username}@example.com`, enabled: true, credentials: [] }]
        return [`acme-users-${index}.json`, JSON.stringify({ realm: 'acme', users })]
      }),
    ),
    plan: { users: 2, rejected: 0 },
  },
  [tried('Keycloak', 'realm export', 'no organizations in it')]: {
    files: {
      'realm.json': JSON.stringify({
        realm: 'acme',
        users: [{ id: 'k1', username: 'cara', email: 'cara@example.com', enabled: true, credentials: [] }],
      }),
    },
    plan: { users: 1, rejected: 0 },
  },
  [tried('JSON and NDJSON of any kind', 'export of phpMyAdmin', 'rows below the words about them')]: {
    files: {
      'users.json': JSON.stringify([
        { type: 'header', version: '5.2.1' },
        { type: 'database', name: 'shop' },
        {
          type: 'table',
          name: 'users',
          data: [
            { id: '1', email: 'cara@example.com' },
            { id: '2', email: 'dot@example.com' },
          ],
        },
      ]),
    },
    plan: { users: 2, rejected: 0 },
  },
  [tried('CSV of any kind', 'tables of one database', 'all joined, and files that are not tables listed')]: {
    files: {
      'users.csv': csv(
        'id,email,first_name,email_verified,active,plan',
        '1,cara@example.com,Cara,true,1,pro',
        '2,dot@example.com,Dot,false,0,free',
      ),
      'memberships.csv': csv('user_id,organization_id,role', '1,o1,admin', '1,o2,Billing Manager'),
      'organizations.csv': csv('id,name', 'o1,Acme', 'o2,Borealis'),
      'roles.csv': csv('role_slug,role_name,permissions', 'admin,Admin,"users:read,users:write"'),
      'mfa.csv': csv('user_id,totp_secret', `1,${TOTP}`),
      'odd.csv': csv('a,b', '1,2'),
      'dump.sql': 'INSERT INTO users',
      'cut.json': '{"users": [',
    },
    plan: {
      users: 1,
      leftOut: 1,
      rejected: 0,
      created: expect.objectContaining({ organization: 2, membership: 2, role: 2, 'totp-factor': 1 }),
    },
    unused: ['odd.csv', 'dump.sql', 'cut.json'],
  },
  [tried('CSV of any kind', 'tables of one database', 'two ids, and a file of other users')]: {
    files: {
      'users.csv': csv('id,uuid,email', '1,a-1,cara@example.com', '2,a-2,dot@example.com'),
      'members.csv': csv('user_id,org_id', 'a-1,acme', 'a-2,acme'),
      'mfa.csv': csv('user_id,totp_secret', `other,${TOTP}`),
    },
    plan: { users: 2, rejected: 0, created: expect.objectContaining({ organization: 1, membership: 2 }) },
    unused: ['mfa.csv'],
  },
  [tried('CSV of any kind', 'tables of one database', 'memberships by the name of the organization')]: {
    files: {
      'people.csv': csv('uid,mail', 'a,cara@example.com'),
      'members.csv': csv('user_email,team,role', 'Cara@example.com,Acme Anvils,admin'),
      'teams.csv': csv('code,title', 'acme,Acme Anvils'),
    },
    plan: { users: 1, rejected: 0, created: expect.objectContaining({ organization: 1, membership: 1 }) },
  },
  [tried('CSV of any kind', 'columns of this program', 'hashes in a file of their own')]: {
    files: {
      'users.csv': csv('email,external_id,first_name,banned', 'cara@example.com,1,Cara,0', 'dot@example.com,2,Dot,1'),
      'hashes.csv': csv('email,password_hash', `cara@example.com,${BCRYPT}`),
    },
    plan: { users: 1, leftOut: 1, rejected: 0, passwords: expect.objectContaining({ kept: 1 }) },
  },
  [tried('CSV of any kind', 'columns of this program', 'a time of deletion')]: {
    files: {
      'users.csv': csv(
        'email,external_id,first_name,org_external_id,org_name,deleted_at',
        'cara@example.com,1,Cara,acme,Acme,',
        'dot@example.com,2,Dot,acme,Acme,2024-01-02',
      ),
      'user-roles.csv': csv('external_id,role_slug,org_external_id', '1,admin,acme'),
      'role-definitions.csv': csv('role_slug,role_name', 'admin,Admin'),
    },
    plan: { users: 1, leftOut: 1, rejected: 0, created: expect.objectContaining({ membership: 1, role: 1 }) },
  },
  [tried('Tools for migrating to WorkOS', 'NDJSON of mfa_factors', 'next to a CSV file')]: {
    files: {
      'users.csv': csv('email,first_name', 'cara@example.com,Cara'),
      'totp.ndjson': `${JSON.stringify({ email: 'cara@example.com', mfa_factors: [{ type: 'totp', secret: TOTP }] })}\n`,
    },
    plan: { users: 1, rejected: 0, created: expect.objectContaining({ 'totp-factor': 1 }) },
  },
}

/** Its manifest, and its messages. */
async function initIn(files: Files, ...flags: string[]): Promise<{ manifest: string; cwd: string }> {
  const cwd = folderOf(files)
  const { code, stderr } = await command(['init', '--yes', '--env', 'none', ...flags], { cwd })
  expect(code, stderr).toBe(0)
  return { manifest: readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8'), cwd }
}

test('WordPress roles apply in the single organization, and are listed without one', async () => {
  const files = {
    'wp_users.csv': WP_USERS,
    'wp_usermeta.csv': csv(
      'umeta_id,user_id,meta_key,meta_value',
      '1,1,first_name,Cara',
      '2,1,wpx_capabilities,"a:2:{s:13:""administrator"";b:1;s:12:""shop_manager"";b:1;}"',
      '3,2,wpx_capabilities,"a:2:{s:10:""subscriber"";b:1;s:6:""editor"";b:0;}"',
      '4,2,wpx_user_level,"0"',
    ),
  }
  const { cwd } = await initIn(files, '--organize', 'one', '--organization-name', 'Acme')
  const { stdout } = await command(['plan', '--json'], { cwd })
  const plan = JSON.parse(stdout)
  expect(plan.rejects).toEqual([])
  expect(plan.accounting.kinds).toContainEqual(expect.objectContaining({ kind: 'roleAssignment', distinct: 3 }))
  expect((await planned(cwd)).created).toMatchObject({ user: 2, membership: 2, role: 3 })
  const alone = await initIn(files)
  expect(alone.manifest).toContain('the roles in details (roles need an organization: --organize one creates one')
  expect((await planned(alone.cwd)).created).toMatchObject({ user: 2, role: 0 })
})

test('Django groups in a dump are listed as not being roles', async () => {
  const fields = { username: 'cara', email: 'cara@example.com', password: DJANGO, is_active: true, groups: [1] }
  const dump = [
    { model: 'auth.group', pk: 1, fields: { name: 'Editors', permissions: [] } },
    { model: 'auth.user', pk: 1, fields },
  ]
  const { manifest } = await initIn({ 'dump.json': JSON.stringify(dump) })
  const words = manifest.replaceAll(/\n# /g, ' ')
  expect(words).toContain('fields.groups[] (group numbers are not roles; to map roles, put auth_user_groups')
})

test("a file of Clerk's migration tool is recognized, also with lists of addresses", async () => {
  const users = [
    { userId: 'u1', email: ['cara@example.com', 'old@example.com'], password: BCRYPT, passwordHasher: 'bcrypt' },
    { userId: 'u2', email: 'dot@example.com' },
  ]
  const { manifest, cwd } = await initIn({ 'users.json': JSON.stringify(users) })
  expect(manifest).toContain('type: clerk')
  const { stdout } = await command(['plan'], { cwd })
  expect(stdout).toContain('cara@example.com')
  expect(stdout).toContain('unverified_email_addresses (50 %)')
  expect(await planned(cwd)).toMatchObject({ users: 2, rejected: 0, code: 0 })
})

test('if no file can contain the users, each is listed with the reason', async () => {
  const files = { 'users.csv': '', 'users.xlsx': 'PK', 'list.json': '[{"a":1}]' }
  const { stderr, code } = await command(['init', '--yes'], { cwd: folderOf(files) })
  expect(code).toBe(3)
  expect(stderr).toContain('users.csv (it cannot be read: the file is empty)')
  expect(stderr).toContain('users.xlsx (it is not CSV, JSON or NDJSON')
  expect(stderr).toContain('list.json (no known column with email addresses)')
})

test('a file with only rejected rows leads to no manifest', async () => {
  const cwd = folderOf({ 'users.csv': csv('id;email', '1;cara@example.com;', '2;dot@example.com;') })
  const { stderr, code } = await command(['init', '--yes'], { cwd })
  expect(code).toBe(3)
  expect(stderr).toContain('2 records in users.csv, but no user to migrate: 2 record (ragged_row) [nobody_fits]')
  expect(stderr).toContain('no row of the file could be read')
})

test.each(Object.entries(CASES))('init, %s', async (_what, one) => {
  const cwd = folderOf(one.files)
  const { stderr, code } = await command(['init', '--yes', '--env', 'none'], { cwd })
  expect(stderr).toContain('Wrote migrate.config.yaml')
  expect(code).toBe(0)
  const plan = await planned(cwd)
  expect(plan).toMatchObject(one.plan)
  expect(announced(stderr)).toBe(plan.rejected)
  const unused = Object.keys(one.files).filter((name) => stderr.includes(`\n  ${name}: `))
  expect(unused).toEqual(one.unused ?? [])
})
