import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { postgresDatabase } from '../../inspecting/database/databases.ts'
import { BCRYPT, CLUBS, DJANGO_APP, LARAVEL, SUPABASE } from '../../inspecting/database/schemas.ts'
import { mariaPrograms, newMariaDatabase, TESTER_PASSWORD } from '../../mariadb.ts'
import { postgresPrograms } from '../../postgres.ts'
import { databaseOf } from '../../recipes/database.ts'
import { command, folderOf } from '../harness.ts'
import { planned } from './announced.ts'
import { converse, KEY } from './terminal.ts'

const manifestIn = (cwd: string) => parse(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8'))

async function proposed(url: string, ...args: string[]) {
  const cwd = folderOf({})
  const env = { DATABASE_URL: url }
  const init = await command(['init', '--from', /^mysql/.test(url) ? 'mysql' : 'postgres', '--yes', ...args], {
    cwd,
    env,
  })
  return { cwd, env, ...init }
}

describe.skipIf(postgresPrograms === undefined)('a PostgreSQL database', () => {
  test('of Supabase leads to a plan with all users in the teams of the application', async () => {
    const { url } = await postgresDatabase(SUPABASE)
    const { cwd, env, code, stderr } = await proposed(url())
    expect(stderr).toContain('DATABASE_URL: accepted.')
    expect(code).toBe(0)
    const manifest = manifestIn(cwd)
    expect(manifest.source.url).toBe('${DATABASE_URL}')
    expect(manifest.source.streams).toMatchObject({
      memberships: { table: 'team_members', key: ['team_id', 'user_id'], join: { key: 'user_id', to: 'id' } },
      organizations: { table: 'teams', key: 'id' },
    })
    expect(await planned(cwd, env)).toMatchObject({
      users: 30,
      rejected: 0,
      created: { user: 30, organization: 3, membership: 28 },
      passwords: { kept: 30 },
    })
    expect((await command(['apply', '--yes'], { cwd, env })).code).toBe(0)
    const { code: verified, stdout } = await command(['verify', '--json'], { cwd, env })
    expect(verified).toBe(0)
    expect(JSON.stringify(JSON.parse(stdout))).toContain('"membership"')
  })

  test('of Django, with groups as roles and companies', async () => {
    const { url } = await postgresDatabase(DJANGO_APP)
    const { cwd, env, code } = await proposed(url())
    expect(code).toBe(0)
    expect(manifestIn(cwd).source.type).toBe('postgres')
    expect(await planned(cwd, env)).toMatchObject({
      users: 2,
      leftOut: 1,
      rejected: 0,
      created: { user: 2, organization: 1, membership: 2 },
    })
  })

  test('of any design, with numbered roles, skips banned users and deleted clubs', async () => {
    const { url } = await postgresDatabase(CLUBS)
    const { cwd, env, code, stderr } = await proposed(url())
    expect(code).toBe(0)
    expect(stderr).toContain('club_memberships has neither a primary key')
    const manifest = manifestIn(cwd)
    expect(manifest.map.user).toMatchObject({ key: 'id', email: 'mail', passwordHash: '$passwordHash(pw_hash)' })
    expect(await planned(cwd, env)).toMatchObject({
      users: 8,
      rejected: 0,
      created: { user: 8, organization: 2, membership: 8 },
    })
    expect(manifest.source.streams.profiles).toMatchObject({ table: 'person_profiles', join: { key: 'id', to: 'id' } })
    const { stdout } = await command(['plan', '--json'], { cwd, env })
    for (const text of ['captain', 'Grace', 'Number2']) expect(stdout).toContain(text)
  })

  test('reports skipped users and teams, and ignores a day as a time of change', async () => {
    const { url } = await postgresDatabase(`
      CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, updated_at date, deleted_at timestamptz);
      CREATE TABLE teams (id int PRIMARY KEY, name text NOT NULL, deleted_at timestamptz);
      CREATE TABLE team_members (
        team_id int REFERENCES teams, user_id int REFERENCES users, PRIMARY KEY (team_id, user_id));
      INSERT INTO users SELECT n, 'u' || n || '@example.com', now(), CASE WHEN n < 4 THEN now() END FROM generate_series(1, 9) AS n;
      INSERT INTO teams VALUES (1, 'Blue', NULL), (2, 'Red', now());
      INSERT INTO team_members SELECT 1 + n % 2, n FROM generate_series(1, 9) AS n;`)
    const { cwd, stderr } = await proposed(url())
    expect(stderr).toContain('Left out (map.user.when): 3 records where deleted_at contains a time.')
    expect(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')).toContain(
      '4 records left out: 3 by map.user.when, 1 by map.organization.when',
    )
    expect(manifestIn(cwd).source.streams.users).toEqual({ table: 'users', key: 'id' })
  })

  test('with two users tables names the deciding option, and uses the named table', async () => {
    const { url } = await postgresDatabase(`
      CREATE TABLE customers (id int PRIMARY KEY, email text, password_hash text);
      CREATE TABLE employees (id int PRIMARY KEY, email text, password_hash text);
      INSERT INTO customers VALUES (1, 'c@example.com', '${BCRYPT}');
      INSERT INTO employees VALUES (1, 'e@example.com', '${BCRYPT}');`)
    const several = await proposed(url())
    expect(several.code).toBe(3)
    expect(several.stderr).toContain('--users customers')
    expect(existsSync(join(several.cwd, 'migrate.config.yaml'))).toBe(false)
    const { cwd, code } = await proposed(url(), '--users', 'customers')
    expect(code).toBe(0)
    expect(manifestIn(cwd).source.streams.users).toEqual({ table: 'customers', key: 'id' })
    const unknown = await proposed(url(), '--users', 'custommers')
    expect(unknown.stderr).toContain('table custommers does not exist, or cannot be read')
    expect(unknown.stderr).toContain('did you mean customers?')
  })

  test('with companies in the users table and capitalized names, as in Prisma', async () => {
    const { url } = await postgresDatabase(`
      CREATE TABLE "Company" (id serial PRIMARY KEY, name text NOT NULL, "deletedAt" timestamptz);
      CREATE TABLE "User" (
        id bigserial PRIMARY KEY, email text NOT NULL, "passwordHash" text, "companyId" int REFERENCES "Company", role text, "deletedAt" timestamptz);
      CREATE TABLE "Session" (id text PRIMARY KEY, "userId" bigint REFERENCES "User", token text);
      INSERT INTO "Company" (name) VALUES ('Acme'), ('Borealis');
      INSERT INTO "User" (email, "passwordHash", "companyId", role)
        SELECT 'u' || n || '@example.com', '${BCRYPT}', CASE WHEN n < 5 THEN 1 + n % 2 END, 'admin' FROM generate_series(1, 6) AS n;`)
    const { cwd, env, code } = await proposed(url())
    expect(code).toBe(0)
    expect(manifestIn(cwd).source.streams).toEqual({
      users: { table: 'User', key: 'id' },
      organizations: { table: 'Company', key: 'id' },
    })
    expect(await planned(cwd, env)).toMatchObject({
      users: 6,
      rejected: 0,
      created: { user: 6, organization: 2, membership: 4 },
    })
  })

  test('with --no-inspect is proposed from a sample, without a snapshot', async () => {
    const { url } = await postgresDatabase(CLUBS)
    const { cwd, code } = await proposed(url(), '--no-inspect')
    expect(code).toBe(0)
    expect(manifestIn(cwd).map.user.email).toBe('mail')
    expect(existsSync(join(cwd, '.workos-migrate'))).toBe(false)
  })
})

describe.skipIf(postgresPrograms === undefined)('a layout with a recipe', () => {
  test('Keycloak: the recipe reads it, and the only realm besides master is chosen', async () => {
    const url = await databaseOf('postgres', 'keycloak/schema.postgres.sql')
    const { cwd, code, stderr } = await proposed(url)
    expect(code).toBe(0)
    expect(stderr).toContain('export KEYCLOAK_REALM=anvils')
    expect(manifestIn(cwd)).toMatchObject({ extends: 'keycloak-postgres', source: { url: '${DATABASE_URL}' } })
    const plan = await planned(cwd, { DATABASE_URL: url, KEYCLOAK_REALM: 'anvils' })
    expect(plan).toMatchObject({ rejected: 0, leftOut: 2 })
    expect(plan.users).toBeGreaterThan(3)
    const other = await command(['init', '--from', 'postgres', '--yes', '--force'], {
      cwd,
      env: { DATABASE_URL: url, KEYCLOAK_REALM: 'amboss' },
    })
    expect(other.code).toBe(3)
    expect(other.stderr).toContain('KEYCLOAK_REALM does not name a realm in this database')
    expect(other.stderr).toContain('set KEYCLOAK_REALM to one of: anvils, master')
  })

  test('Better Auth with other column names: the manifest renames them', async () => {
    const { url } = await postgresDatabase(`
      CREATE TABLE "user" (id text PRIMARY KEY, name text, email text NOT NULL, email_verified boolean, banned boolean, created_at timestamptz, updated_at timestamptz);
      CREATE TABLE account (id text PRIMARY KEY, account_id text, provider_id text, user_id text REFERENCES "user", password text, access_token text);
      INSERT INTO "user" VALUES ('u1', 'Ada Ampersand', 'ada@example.com', true, false), ('u2', 'Bo Bold', 'bo@example.com', false, true);
      INSERT INTO account VALUES ('a1', 'u1', 'credential', 'u1', '${BCRYPT}', 'accessCanary');`)
    const { cwd, env, code, stderr } = await proposed(url())
    expect(stderr).toContain('accepted')
    expect(code).toBe(0)
    const manifest = manifestIn(cwd)
    expect(manifest).toMatchObject({ extends: 'better-auth', map: { organization: null, membership: null } })
    expect(manifest.source.streams.accounts.query).toContain('user_id as "userId"')
    expect(manifest.source.streams.accounts.query).not.toContain('access_token')
    expect(await planned(cwd, env)).toMatchObject({ users: 1, leftOut: 1, rejected: 0, passwords: { kept: 1 } })
  })
})

describe.skipIf(mariaPrograms === undefined)('a MariaDB database', () => {
  test('of Laravel leads to a plan with owners as members, without passwords in outputs', async () => {
    const { url } = await newMariaDatabase(LARAVEL)
    const { cwd, env, code, stdout, stderr } = await proposed(url)
    expect(code).toBe(0)
    const text = readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')
    expect(text + stdout + stderr).not.toContain(TESTER_PASSWORD)
    expect(text).toContain("Laravel's table of users")
    expect(await planned(cwd, env)).toMatchObject({
      users: 11,
      leftOut: 1,
      rejected: 0,
      created: { user: 11, organization: 3, membership: 11 },
    })
  })
})

test('a missing URL without a terminal, and --live with a database, are errors', async () => {
  const cwd = folderOf({})
  const unset = await command(['init', '--from', 'postgres', '--yes'], { cwd })
  expect(unset).toMatchObject({ code: 3 })
  expect(unset.stderr).toContain('DATABASE_URL is not set')
  const two = await command(['init', '--from', 'postgres', '--live', '--yes'], { cwd })
  expect(two.stderr).toContain('name two different sources')
})

describe.skipIf(postgresPrograms === undefined)('on a terminal', () => {
  test('the URL is typed, corrected and not stored, and the users table is chosen', async () => {
    const { url } = await postgresDatabase(`
      CREATE TABLE customers (id int PRIMARY KEY, email text, password_hash text);
      CREATE TABLE employees (id int PRIMARY KEY, email text, password_hash text);
      INSERT INTO customers VALUES (1, 'c@example.com', '${BCRYPT}');
      INSERT INTO employees VALUES (1, 'e@example.com', '${BCRYPT}'), (2, 'f@example.com', '${BCRYPT}');`)
    const cwd = folderOf({})
    const { code, screen } = await converse(['init'], cwd, [
      [/Where are the users\?/, `${KEY.up.repeat(2)}${KEY.enter}`],
      [/DATABASE_URL\? The URL/, `nothingOfTheKindCanary${KEY.enter}`],
      [/does not contain a database URL[\s\S]*DATABASE_URL\? The URL/, `${url()}${KEY.enter}`],
      [/Which table contains the users\?/, `${KEY.down}${KEY.enter}`],
      [/Which organizations/, KEY.enter],
      [/Where do you want to migrate to\?/, KEY.enter],
      [/Read the source now\?/, KEY.enter],
      [/Write migrate\.config\.yaml/, KEY.enter],
    ])
    expect(code).toBe(0)
    expect(screen).not.toContain('nothingOfTheKindCanary')
    expect(screen).not.toContain(url())
    expect(screen).toMatch(/not used: (customers|employees): it also contains users/)
    expect(screen).toContain('export DATABASE_URL=…')
    const text = readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')
    expect(text).not.toContain(url())
    expect(text).toMatch(/table: (customers|employees)/)
  })
})
