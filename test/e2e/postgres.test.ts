import { expect, test } from 'vitest'
import { postgresPrograms } from '../postgres.ts'
import { newDatabase } from '../sources/postgres/database.ts'
import { createProject } from './cli.ts'
import { FAST, KEY, startWorkos } from './workos.ts'

test.skipIf(postgresPrograms === undefined)(
  'a database is planned, applied and verified from one snapshot',
  async () => {
    const database = await newDatabase(`
    CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name text);
    CREATE TABLE teams (id uuid PRIMARY KEY, name text NOT NULL);
    CREATE TABLE members (team_id uuid REFERENCES teams, user_id bigint REFERENCES users, role text, PRIMARY KEY (team_id, user_id));
    INSERT INTO users SELECT n, 'u' || n || '@example.com', 'User ' || n FROM generate_series(1, 30) AS n;
    INSERT INTO teams SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'Team ' || n FROM generate_series(1, 3) AS n;
    INSERT INTO members SELECT ('00000000-0000-0000-0000-00000000000' || 1 + n % 3)::uuid, n, 'member' FROM generate_series(1, 30) AS n`)
    const workos = await startWorkos()
    const project = createProject()
    project.manifest({
      version: 1,
      name: 'app',
      source: {
        type: 'postgres',
        url: '${DATABASE_URL}',
        streams: {
          users: { table: 'users', key: 'id' },
          memberships: {
            query: 'select m.*, t.name as team from members m join teams t on t.id = m.team_id -- all of them',
            key: ['team_id', 'user_id'],
            join: { key: 'user_id', to: 'id' },
          },
        },
      },
      map: {
        user: { key: 'id', externalId: 'id', email: 'email', firstName: 'name' },
        organization: { each: 'memberships', key: 'team_id', externalId: 'team_id', name: 'team' },
        membership: { each: 'memberships', organization: 'team_id', user: '$record.id' },
      },
      target: workos.target,
      run: { ...FAST, workers: 1 },
    })
    const env = { KEY, DATABASE_URL: database.url() }
    const planned = await project.run(['plan', '--json'], { env })
    expect(planned.exit, planned.stderr).toBe(0)
    database.sql(`UPDATE users SET name = 'changed'`)
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stderr).toBe(0)
    const there = await workos.snapshot()
    expect([there.users.length, there.organizations.length, there.memberships.length]).toEqual([30, 3, 30])
    expect(there.users.every(({ first_name }) => String(first_name).startsWith('User'))).toBe(true)
    const verified = await project.run(['verify'], { env })
    expect(verified.exit, verified.stderr).toBe(0)
  },
)
