import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { postgresDatabase } from '../../inspecting/database/databases.ts'
import { BCRYPT, CLUBS, DJANGO_APP, LARAVEL, SUPABASE } from '../../inspecting/database/schemas.ts'
import { mariaPrograms, newMariaDatabase, TESTER_PASSWORD } from '../../mariadb.ts'
import { postgresPrograms } from '../../postgres.ts'
import { command, folderOf } from '../harness.ts'
import { planned } from './announced.ts'

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
  test('of Supabase becomes a manifest whose plan has everybody in the teams of the application', async () => {
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
      created: { user: 30, organization: 3, membership: 29 },
      passwords: { kept: 30 },
    })
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

  test("of one's own, with roles by number in memberships; who is banned, and a club that is gone, stay out", async () => {
    const { url } = await postgresDatabase(CLUBS)
    const { cwd, env, code, stderr } = await proposed(url())
    expect(code).toBe(0)
    expect(stderr).toContain('club_memberships has no primary key')
    const manifest = manifestIn(cwd)
    expect(manifest.map.user).toMatchObject({ key: 'id', email: 'mail', passwordHash: '$passwordHash(pw_hash)' })
    expect(await planned(cwd, env)).toMatchObject({
      users: 8,
      rejected: 0,
      created: { user: 8, organization: 2, membership: 8 },
    })
    const roles = JSON.parse((await command(['plan', '--json'], { cwd, env })).stdout)
    expect(JSON.stringify(roles)).toContain('captain')
  })

  test('with two tables of people names the flag that decides, and takes the one that is named', async () => {
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
    expect(unknown.stderr).toContain('there is no table custommers that may be read')
    expect(unknown.stderr).toContain('is it customers?')
  })

  test('that is not to be read yet is proposed from a sample, without a snapshot', async () => {
    const { url } = await postgresDatabase(CLUBS)
    const { cwd, code } = await proposed(url(), '--no-inspect')
    expect(code).toBe(0)
    expect(manifestIn(cwd).map.user.email).toBe('mail')
    expect(existsSync(join(cwd, '.workos-migrate'))).toBe(false)
  })
})

describe.skipIf(mariaPrograms === undefined)('a MariaDB database', () => {
  test('of Laravel becomes a manifest whose plan has owners as members, and no password is anywhere', async () => {
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

test('without a URL nobody can be asked, and --live beside a database is two sources', async () => {
  const cwd = folderOf({})
  const unset = await command(['init', '--from', 'postgres', '--yes'], { cwd })
  expect(unset).toMatchObject({ code: 3 })
  expect(unset.stderr).toContain('DATABASE_URL is not set')
  const two = await command(['init', '--from', 'postgres', '--live', '--yes'], { cwd })
  expect(two.stderr).toContain('they are two sources')
})
