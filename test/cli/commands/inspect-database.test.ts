import { describe, expect, test } from 'vitest'
import { postgresDatabase } from '../../inspecting/database/databases.ts'
import { BCRYPT, LARAVEL, SUPABASE } from '../../inspecting/database/schemas.ts'
import { mariaPrograms, newMariaDatabase, TESTER_PASSWORD } from '../../mariadb.ts'
import { postgresPrograms } from '../../postgres.ts'
import { command, folderOf } from '../harness.ts'

describe.skipIf(postgresPrograms === undefined)('a PostgreSQL database', () => {
  test('is shown with its tables, their use, and a sample of the users', async () => {
    const { url } = await postgresDatabase(SUPABASE)
    const cwd = folderOf({})
    const { code, stdout, stderr } = await command(['inspect', '--from', 'postgres'], {
      cwd,
      env: { DATABASE_URL: url() },
    })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/PostgreSQL database d_\w+, Supabase: 8 readable tables and views/)
    expect(stdout).toMatch(/auth\.users +30 +people; key id/)
    expect(stdout).toMatch(/team_members +30 +memberships; key team_id, user_id/)
    expect(stdout).toMatch(/teams +3 +organizations; key id/)
    expect(stdout).toMatch(/encrypted_password +100 % +password hash \(secret\)/)
    expect(stdout).toContain('3 different, 30 memberships')
    expect(stdout).not.toMatch(/person1@|abcdefgh|JBSWY/)
    expect(stdout).not.toContain('Suspicious')
  })

  test('suspicious findings are listed: no key, hidden rows, shared addresses, unknown hashes', async () => {
    const { url } = await postgresDatabase(`
      CREATE ROLE "reader_$DB" LOGIN;
      CREATE TABLE users (id int, email text, password_hash text);
      CREATE TABLE teams (id int PRIMARY KEY, name text);
      CREATE TABLE team_members (team_id int REFERENCES teams, user_id int, PRIMARY KEY (team_id, user_id));
      CREATE TABLE accounts (id int PRIMARY KEY);
      INSERT INTO users VALUES (1, 'a@example.com', '${BCRYPT}'), (2, ' A@Example.com', 'not-a-hash-at-all'), (3, 'c@example.com', '${'0'.repeat(32)}');
      INSERT INTO teams VALUES (1, 'Acme');
      INSERT INTO team_members VALUES (1, 1), (1, 77);
      ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
      GRANT SELECT ON users, teams, team_members TO "reader_$DB";`)
    const env = { READER_URL: url('reader_$DB') }
    const { code, stdout } = await command(['inspect', '--from', 'READER_URL', '--json'], { cwd: folderOf({}), env })
    expect(code).toBe(0)
    const { database } = JSON.parse(stdout)
    const codes: string[] = database.findings.map(
      ({ code, table }: { code: string; table: string }) => `${code} ${table}`,
    )
    expect(codes).toEqual([
      'no_key users',
      'rows_hidden teams',
      'unreadable_table public.accounts',
      'duplicate_emails users',
      'unknown_hashes null',
      'passwords_reset null',
      'leads_nowhere team_members',
    ])
    expect(database.unreadable).toEqual(['public.accounts'])
    const text = await command(['inspect', '--from', 'READER_URL'], { cwd: folderOf({}), env })
    expect(text.stdout).toContain('Suspicious')
    expect(text.stdout).toContain('1 email address is in several rows of users')
    expect(text.stdout).not.toContain('not-a-hash-at-all')
  })

  test('several users tables, or none, are reported', async () => {
    const { url } = await postgresDatabase('CREATE TABLE orders (id int PRIMARY KEY)')
    const none = await command(['inspect', url()], { cwd: folderOf({}) })
    expect(none.stdout).toContain('no readable table has a column of email addresses')
    const json = await command(['inspect', url(), '--json'], { cwd: folderOf({}) })
    expect(JSON.parse(json.stdout)).toMatchObject({ type: 'postgres', records: 0, complete: false })
  })
})

describe.skipIf(mariaPrograms === undefined)('a MariaDB database', () => {
  test('is shown the same way, without its password', async () => {
    const { url } = await newMariaDatabase(LARAVEL)
    const { code, stdout, stderr } = await command(['inspect', '--from', 'mysql'], {
      cwd: folderOf({}),
      env: { DATABASE_URL: url },
    })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/MySQL database t_\w+, Laravel's table of users: 8 readable tables/)
    expect(stdout).toMatch(/users +12 +people; key id/)
    expect(stdout).toMatch(/team_user +8 +memberships; key id/)
    expect(stdout).not.toContain(TESTER_PASSWORD)
  })
})

test('a password on the command line is rejected and never shown', async () => {
  for (const url of [
    'postgres://me:s3cretCanary@db.example.com/app',
    'mysql://me@db.example.com/app?password=s3cretCanary',
  ]) {
    for (const args of [
      ['inspect', url],
      ['inspect', '--from', url],
    ]) {
      const { code, stdout, stderr } = await command(args, { cwd: folderOf({}) })
      expect(code).toBe(3)
      expect(stderr).toContain('password_in_command')
      expect(stdout + stderr).not.toContain('s3cretCanary')
    }
  }
})

test('invalid values of --from are reported', async () => {
  const run = async (args: string[], env = {}) =>
    (await command(['inspect', ...args], { cwd: folderOf({}), env })).stderr
  expect(await run(['--from', 'postgres'])).toContain('DATABASE_URL is not set')
  expect(await run(['--from', 'users.csv'])).toContain('--from does not name a database')
  expect(await run(['--from', 'postgres'], { DATABASE_URL: 'mysql://me@localhost/app' })).toContain(
    '--from is postgres',
  )
  expect(await run(['--from', 'OTHER'], { OTHER: 'nothing-of-the-kind' })).toContain(
    'OTHER does not contain a database URL',
  )
  expect(await run(['--from', 'postgres', '--file', 'users.csv'])).toContain('--from cannot be combined with users.csv')
  expect(await run(['--from', 'postgres', '--all'])).toContain('--all needs a manifest')
})
