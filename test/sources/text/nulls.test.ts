import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import type { JsonObject } from '../../../src/json.ts'
import { tried } from '../../tried.ts'
import { folderWith, readAll } from '../reading.ts'

const NULLS = ['NULL', '\\N']

async function recordsOf(config: SourceConfig, files: Record<string, string>) {
  const { records, rejected } = await readAll(config, folderWith(files))
  const of = (stream: string) => records.filter((record) => record.stream === stream).map(({ data }) => data)
  return { of, rejected: rejected.map(({ stream, origin, problem }) => [stream, origin.line, problem.code]) }
}

/** A row without its place. */
function plain(rows: unknown): JsonObject[] {
  return (rows as JsonObject[]).map(({ _file, _line, ...row }) => row)
}

test('csv: nulls apply to the users and to both files of roles', async () => {
  const files = {
    users: 'email,org_name,password\na@example.com,NULL,"NULL"\nb@example.com, \\N ,Null\n',
    roles: 'role_slug,role_name,org_name\nadmin,NULL,\\N\nNULL,x,\n',
    grants: 'email,external_id,role_slug,org_name\na@example.com,NULL,admin,NULL\n',
  }
  const config = { type: 'csv', path: 'users', roleDefinitions: 'roles', userRoles: 'grants', nulls: NULLS }
  const { of, rejected } = await recordsOf(config, files)
  expect(of('users')).toEqual([{ email: 'a@example.com' }, { email: 'b@example.com', password: 'Null' }])
  expect(of('roleDefinitions')).toEqual([{ role_slug: 'admin' }])
  expect(of('userRoles')).toEqual([{ email: 'a@example.com', role_slug: 'admin' }])
  expect(rejected).toEqual([['roleDefinitions', 3, 'missing_role']])
  const { of: without } = await recordsOf({ type: 'csv', path: 'users' }, files)
  expect(without('users')[0]).toEqual({ email: 'a@example.com', org_name: 'NULL', password: 'NULL' })
})

test(tried('Clerk', 'dashboard export (CSV, 13 columns)', 'the text NULL of a database tool'), async () => {
  const { of, rejected } = await recordsOf(
    { type: 'clerk', users: 'u', memberships: 'm', roles: 'r', roleDefinitions: 'd', nulls: NULLS },
    {
      u: 'id,primary_email_address,verified_email_addresses,password_digest,password_hasher\n1,a@example.com,NULL,NULL,NULL\n',
      m: 'clerk_user_id,org_external_id,org_name,role_slugs\n1,NULL,NULL,\n1,acme,\\N,NULL\n1,,,\n1,NULL,NULL,admin\n',
      r: 'clerk_user_id,external_id,role_slug,org_external_id\n1,NULL,admin,NULL\n',
      d: 'role_slug,org_name\nadmin,NULL\n',
    },
  )
  const [user] = of('users')
  expect(user).toMatchObject({ id: '1', primary_email_address: 'a@example.com' })
  expect(Object.keys(user ?? {})).not.toContain('password_digest')
  expect(Object.keys(user ?? {})).not.toContain('verified_email_addresses')
  expect(plain(user?.memberships)).toEqual([{ clerk_user_id: '1' }, { clerk_user_id: '1', org_external_id: 'acme' }])
  expect(plain(user?.roles)).toEqual([{ clerk_user_id: '1', role_slug: 'admin' }])
  expect(of('roleDefinitions')).toEqual([{ role_slug: 'admin' }])
  // A null means no organization. An empty cell means nothing, and a role needs an organization.
  expect(rejected).toEqual([
    ['memberships', 4, 'missing_organization'],
    ['memberships', 5, 'missing_organization'],
  ])
})

test(tried('Auth0', 'bulk export (CSV)', 'the text NULL of a database tool'), async () => {
  const hash = `$2b$10$${'a'.repeat(53)}`
  const { of, rejected } = await recordsOf(
    { type: 'auth0', users: 'u', passwords: 'p', mfa: 'm', nulls: NULLS },
    {
      u: "user_id,email,given_name,app_metadata.plan\n'auth0|1,'a@example.com,'NULL,NULL\n",
      p: `user_id,alt_id,password_hash\n1,NULL,${hash}\n1,,NULL\n`,
      m: 'user_id,alt_id,totp_secret\n1,\\N,JBSWY3DPEHPK3PXP\n',
    },
  )
  const [user] = of('users')
  expect(user).toMatchObject({ user_id: 'auth0|1', email: 'a@example.com' })
  expect(user).not.toHaveProperty('given_name')
  expect(user).not.toHaveProperty('app_metadata')
  expect(plain(user?.passwords)).toEqual([{ passwordHash: hash }])
  expect(plain(user?.mfa)).toEqual([{ totp_secret: 'JBSWY3DPEHPK3PXP' }])
  expect(rejected).toEqual([['passwords', 3, 'no_password_hash']])
})

test(
  tried('CSV of any kind', 'any dialect', 'NULL, \\N and other texts of database tools for "no value"'),
  async () => {
    const { of } = await recordsOf(
      {
        type: 'file',
        nulls: NULLS,
        streams: {
          users: { path: 'u.csv' },
          teams: { path: 't.csv', join: { key: 'user', to: 'id' } },
          own: { path: 'o.csv', nulls: ['none'], join: { key: 'user', to: 'id' } },
          all: { path: 'o.csv', nulls: [], join: { key: 'user', to: 'id' } },
          json: { path: 'j.json', join: { key: 'user', to: 'id' } },
        },
      },
      {
        'u.csv': 'id,name\n1,NULL\n',
        't.csv': 'user,team\n1,\\N\n',
        'o.csv': 'user,a,b\n1,none,NULL\n',
        'j.json': '[{"user":"1","a":"NULL"}]',
      },
    )
    const [user] = of('users')
    expect(user).toMatchObject({ id: '1' })
    expect(user).not.toHaveProperty('name')
    expect(plain(user?.teams)).toEqual([{ user: '1' }])
    expect(plain(user?.own)).toEqual([{ user: '1', b: 'NULL' }])
    expect(plain(user?.all)).toEqual([{ user: '1', a: 'none', b: 'NULL' }])
    expect(plain(user?.json)).toEqual([{ user: '1', a: 'NULL' }])
  },
)

test.each(['supabase', 'authjs', 'better-auth'])('the recipe %s, for database tables, sets nulls', (name) => {
  const recipe = parse(readFileSync(new URL(`../../../recipes/${name}.yaml`, import.meta.url), 'utf8'))
  expect(recipe.source.nulls).toEqual(expect.arrayContaining(['NULL', 'null', '\\N']))
  if (name !== 'supabase') expect(recipe.source.nulls).toContain('0000-00-00 00:00:00')
})
