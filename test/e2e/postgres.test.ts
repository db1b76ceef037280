import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { postgresPrograms } from '../postgres.ts'
import { newDatabase, type TestDatabase } from '../sources/postgres/database.ts'
import { createProject, type Project } from './cli.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const TABLES = `
  CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name text, updated_at timestamptz DEFAULT '2026-01-01');
  CREATE TABLE teams (id uuid PRIMARY KEY, name text NOT NULL);
  CREATE TABLE members (team_id uuid REFERENCES teams, user_id bigint REFERENCES users, role text,
    updated_at timestamptz DEFAULT '2026-01-01', PRIMARY KEY (team_id, user_id));
  INSERT INTO users SELECT n, 'u' || n || '@example.com', 'User ' || n FROM generate_series(1, 30) AS n;
  INSERT INTO teams SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'Team ' || n FROM generate_series(1, 3) AS n;
  INSERT INTO members SELECT ('00000000-0000-0000-0000-00000000000' || 1 + n % 3)::uuid, n, 'member' FROM generate_series(1, 30) AS n;`

/** In the URL. The server accepts any password. */
const PASSWORD = 'correct-horse@battery'

interface Scene {
  database: TestDatabase
  workos: Workos
  project: Project
  env: Record<string, string>
  manifest(source?: object, more?: object): void
}

async function open(): Promise<Scene> {
  const database = await newDatabase(TABLES)
  const workos = await startWorkos()
  const project = createProject()
  const manifest = (source: object = {}, more: object = {}) =>
    project.manifest({
      version: 1,
      name: 'app',
      source: {
        type: 'postgres',
        url: '${DATABASE_URL}',
        streams: {
          users: { table: 'users', key: 'id', updatedAt: 'updated_at' },
          memberships: {
            query: 'select m.*, t.name as team from members m join teams t on t.id = m.team_id -- all of them',
            key: ['team_id', 'user_id'],
            updatedAt: 'updated_at',
            join: { key: 'user_id', to: 'id' },
          },
        },
        ...source,
      },
      map: {
        user: { key: 'id', externalId: 'id', email: 'email', firstName: 'name' },
        organization: { each: 'memberships', key: 'team_id', externalId: 'team_id', name: 'team' },
        membership: { each: 'memberships', organization: 'team_id', user: '$record.id', roles: 'role' },
      },
      target: workos.target,
      run: { ...FAST, workers: 1 },
      ...more,
    })
  manifest()
  const url = database.url().replace('tester@', `tester:${encodeURIComponent(PASSWORD)}@`)
  return { database, workos, project, manifest, env: { KEY, DATABASE_URL: url } }
}

const countsIn = async (workos: Workos) => {
  const { users, organizations, memberships } = await workos.snapshot()
  return [users.length, organizations.length, memberships.length]
}

/** All files in a folder, without unpacking: no file contains the password in plain form. */
function textOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')
}

describe.skipIf(postgresPrograms === undefined)('a migration from PostgreSQL', () => {
  test('is planned, applied and verified from one snapshot, and shows no password', async () => {
    const { database, workos, project, env } = await open()
    const said: string[] = []
    const run = async (...args: string[]) => {
      const result = await project.run(args, { env })
      said.push(result.stdout, result.stderr)
      expect(result.exit, result.stderr).toBe(0)
      return result
    }
    await run('validate')
    expect((await run('doctor')).stdout).toMatch(/✓ live +postgres accepts the credentials/)
    await run('plan', '--out', 'plan.ndjson')
    database.sql(`UPDATE users SET name = 'changed'`)
    await run('apply', 'plan.ndjson', '--yes')
    expect(await countsIn(workos)).toEqual([30, 3, 30])
    expect((await workos.snapshot()).users.every(({ first_name }) => String(first_name).startsWith('User'))).toBe(true)
    await run('verify', '--strict')
    await run('explain', 'u7@example.com')
    expect((await run('purge', '--dry-run')).stdout).toMatch(/snapshots\/postgres-[\da-f]{8}/)
    expect(`${said.join('\n')}\n${textOf(project.folder)}`).not.toMatch(/correct-horse/)
  })

  test('continues with changes: as many writes as changes', async () => {
    const { database, workos, project, manifest, env } = await open()
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    database.sql(`UPDATE users SET name = 'New', updated_at = '2026-03-01' WHERE id IN (3, 4);
      INSERT INTO users VALUES (31, 'u31@example.com', 'User 31', '2026-03-01');
      INSERT INTO members VALUES ('00000000-0000-0000-0000-000000000001', 31, 'member', '2026-03-01'),
        ('00000000-0000-0000-0000-000000000001', 1, 'member', '2026-03-01')`)
    manifest({ updatedSince: '2026-02-01T00:00:00Z' })
    workos.takeLog()
    const applied = await project.run(['apply', '--yes', '--json'], { env })
    expect(applied.exit, applied.stderr).toBe(0)
    expect(writes(workos.takeLog())).toHaveLength(5)
    expect(await countsIn(workos)).toEqual([31, 3, 32])
    manifest()
    const whole = await project.run(['verify', '--strict', '--fresh'], { env })
    expect(whole.exit, whole.stdout).toBe(0)
  })

  test('writes rejected rows as they are in the database', async () => {
    const { database, project, manifest, env } = await open()
    database.sql(`INSERT INTO users VALUES (40, 'no address', 'Nobody'); ALTER TABLE members DROP CONSTRAINT members_user_id_fkey;
      INSERT INTO members VALUES ('00000000-0000-0000-0000-000000000001', 99, 'member')`)
    manifest({}, { safety: { maxRejects: 10 } })
    const planned = await project.run(['plan', '--rejects', 'out.ndjson'], { env })
    expect(planned.exit, planned.stderr).toBe(0)
    const rows = project
      .list('.')
      .filter((name) => name.startsWith('out'))
      .flatMap((name) => readFileSync(project.path(name), 'utf8').trim().split('\n'))
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual(expect.objectContaining({ id: '40', email: 'no address' }))
    const member = { user_id: '99', role: 'member', _migrate_code: 'unmatched_row' }
    expect(rows).toContainEqual(expect.objectContaining(member))
  })

  test('reports only the column that is NULL in every row', async () => {
    const { database, project, manifest, env } = await open()
    database.sql('ALTER TABLE users ADD COLUMN nickname text')
    const user = { key: 'id', email: 'email', firstName: 'nickname', lastName: 'surname' }
    manifest({}, { map: { user, organization: null, membership: null } })
    const { summary } = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    const missing = summary.warnings.filter(({ code }: { code: string }) => code === 'column_not_in_file')
    expect(missing).toEqual([expect.objectContaining({ message: expect.stringContaining('surname') })])
  })

  test('shows the problem at its line of the manifest', async () => {
    const { project, manifest, env } = await open()
    manifest({ streams: { users: { table: 'usres', key: 'id' } } })
    const planned = await project.run(['plan'], { env })
    expect([planned.exit, planned.stderr]).toEqual([
      3,
      expect.stringMatching(
        /^migrate\.config\.yaml:\d+:\d+ error: there is no table usres in PostgreSQL [\s\S]*did you mean users\?/,
      ),
    ])
    const doctor = await project.run(['doctor'], { env })
    expect(doctor.stdout).toMatch(/✗ live +there is no table usres/)
  })
})
