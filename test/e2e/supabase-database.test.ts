import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { postgresPrograms } from '../postgres.ts'
import { newDatabase } from '../sources/postgres/database.ts'
import { tried } from '../tried.ts'
import { WHOLE } from '../whole.ts'
import { createProject, type Project } from './cli.ts'
import { byKind } from './kinds.ts'
import { FAST, KEY, startWorkos, writes } from './workos.ts'

const USERS = 50_000
const TEAMS = 500

/**
 * Of each thousand one is banned, one deleted and one anonymous. Every fifth has an authenticator
 * app, every tenth is in two teams.
 */
const SUPABASE = `
  CREATE SCHEMA auth;
  CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn', 'phone');
  CREATE TYPE auth.factor_status AS ENUM ('unverified', 'verified');
  CREATE TABLE auth.users (id uuid PRIMARY KEY, aud text, role text, email text, encrypted_password text,
    email_confirmed_at timestamptz, banned_until timestamptz, deleted_at timestamptz, is_anonymous boolean NOT NULL DEFAULT false,
    raw_app_meta_data jsonb, raw_user_meta_data jsonb, phone text, created_at timestamptz, updated_at timestamptz);
  CREATE TABLE auth.identities (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), provider_id text, user_id uuid REFERENCES auth.users,
    identity_data jsonb, provider text, updated_at timestamptz);
  CREATE TABLE auth.mfa_factors (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid REFERENCES auth.users,
    factor_type auth.factor_type, status auth.factor_status, secret text, updated_at timestamptz);
  CREATE TABLE teams (id bigint PRIMARY KEY, name text NOT NULL);
  CREATE TABLE team_members (team_id bigint REFERENCES teams, user_id uuid REFERENCES auth.users, role text, PRIMARY KEY (team_id, user_id));
  CREATE FUNCTION id_of(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5('user ' || n)::uuid $$;
  INSERT INTO auth.users SELECT id_of(n), 'authenticated', 'authenticated', CASE WHEN n % 1000 <> 3 THEN 'user' || n || '@example.com' END,
    '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', CASE WHEN n % 7 <> 0 THEN timestamptz '2025-01-01' END,
    CASE WHEN n % 1000 = 1 THEN timestamptz '2125-01-01' END, CASE WHEN n % 1000 = 2 THEN timestamptz '2025-06-01' END, n % 1000 = 3,
    '{"provider": "email", "providers": ["email"]}', jsonb_build_object('full_name', 'Ada ' || n, 'about', repeat('x', 300)), NULL,
    '2025-01-01', '2025-01-01' FROM generate_series(1, ${USERS}) AS n;
  INSERT INTO auth.identities (provider_id, user_id, identity_data, provider, updated_at)
    SELECT 'google-' || n, id_of(n), '{"email_verified": true}', 'google', '2025-01-01' FROM generate_series(1, ${USERS}) AS n;
  INSERT INTO auth.mfa_factors (user_id, factor_type, status, secret, updated_at)
    SELECT id_of(n), 'totp', CASE WHEN n % 5 = 0 THEN 'verified' ELSE 'unverified' END::auth.factor_status,
      'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', '2025-01-01' FROM generate_series(1, ${USERS}) AS n WHERE n % 5 < 2;
  INSERT INTO teams SELECT n, 'Team ' || n FROM generate_series(1, ${TEAMS}) AS n;
  INSERT INTO team_members SELECT 1 + n % ${TEAMS}, id_of(n), CASE WHEN n % 3 = 0 THEN 'admin' ELSE 'member' END
    FROM generate_series(1, ${USERS}) AS n;
  INSERT INTO team_members SELECT 1 + (n + 1) % ${TEAMS}, id_of(n), 'member' FROM generate_series(1, ${USERS}) AS n WHERE n % 10 = 0;
  ANALYZE`

const LEFT_OUT = (USERS / 1000) * 3
const COUNTS = {
  users: USERS - LEFT_OUT,
  organizations: TEAMS,
  memberships: USERS - LEFT_OUT + USERS / 10,
  factors: USERS / 5,
}

const CUT_OVER = 'cut-over.yaml'

/** The manifest from `init`, for a target other than its sandbox. */
function writeCutOver(project: Project, target: object, source: object = {}): void {
  project.write(CUT_OVER, JSON.stringify({ extends: './migrate.config.yaml', source, target, run: FAST }))
}

/** Waits until a stream of the unfinished snapshot has some bytes on disk. */
async function isReading(project: Project, stream: string, isOver: () => boolean): Promise<void> {
  const snapshots = project.path('.workos-migrate/snapshots')
  const written = () => {
    const folders = existsSync(snapshots) ? readdirSync(snapshots).filter((name) => name.endsWith('.next')) : []
    const [file] = folders.map((name) => join(snapshots, name, `${stream}.ndjson.gz`)).filter(existsSync)
    return file === undefined ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0)
  }
  while (written() === 0 && !isOver()) await sleep(5)
}

test.runIf(WHOLE && postgresPrograms !== undefined)(
  tried('Supabase', 'its database (PostgreSQL)', '50,000 users, two kills while reading, then a delta: exact counts'),
  { timeout: 1_800_000 },
  async () => {
    const database = await newDatabase(SUPABASE)
    const workos = await startWorkos()
    const project = createProject()
    const env = { KEY, DATABASE_URL: database.url() }
    const run = async (...args: string[]) => {
      const result = await project.spawn(args, env).result
      expect(result.exit, result.stderr).toBe(0)
      return result
    }

    await run('init', '--from', 'postgres', '--yes')
    writeCutOver(project, workos.target)
    for (const stream of ['users', 'identities']) {
      const child = project.spawn(['plan', '-c', CUT_OVER, '--fresh'], env)
      await isReading(project, stream, () => child.process.exitCode !== null)
      child.process.kill('SIGKILL')
      const { signal, stderr } = await child.result
      expect(signal, stderr).toBe('SIGKILL')
      // The reading starts over, so changes made meanwhile count.
      database.sql(`UPDATE auth.users SET phone = '+1555' WHERE email = 'user4@example.com'`)
    }

    const planned = await run('plan', '-c', CUT_OVER, '--fresh', '--json')
    expect(planned.stderr).toContain('starts again')
    const plan = JSON.parse(planned.stdout)
    expect(byKind(plan.summary.kinds)).toMatchObject({
      user: { create: COUNTS.users },
      organization: { create: COUNTS.organizations },
      membership: { create: COUNTS.memberships },
      'totp-factor': { create: COUNTS.factors },
    })
    await run('apply', '-c', CUT_OVER, '--yes')
    const there = await workos.snapshot()
    expect([there.users.length, there.organizations.length, there.memberships.length]).toEqual([
      COUNTS.users,
      COUNTS.organizations,
      COUNTS.memberships,
    ])
    expect(there.memberships.filter(([, roles]) => roles.includes('admin'))).toHaveLength(
      Number(
        database.sql(`SELECT count(*) FROM team_members m JOIN auth.users u ON u.id = m.user_id
          WHERE m.role = 'admin' AND banned_until IS NULL AND deleted_at IS NULL AND NOT is_anonymous`),
      ),
    )
    await run('verify', '-c', CUT_OVER)

    // One in a hundred changes before the cut-over.
    database.sql(`UPDATE auth.users SET raw_user_meta_data = '{"full_name": "New Name"}', updated_at = '2026-01-02'
      WHERE email LIKE '%00@example.com'`)
    writeCutOver(project, workos.target, { updatedSince: '2026-01-01T00:00:00Z' })
    workos.takeLog()
    await run('apply', '-c', CUT_OVER, '--yes')
    expect(writes(workos.takeLog())).toHaveLength(USERS / 100)
  },
)
