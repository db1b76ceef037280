import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mariaPrograms, newMariaDatabase } from '../mariadb.ts'
import { startCuttingProxy } from '../sources/mysql/cutting-proxy.ts'
import { WHOLE } from '../whole.ts'
import { createProject } from './cli.ts'
import { FAST, KEY, startWorkos } from './workos.ts'

const USERS = WHOLE ? 50_000 : 300
const TEAMS = USERS / 20

/**
 * A schema as Laravel creates it with teams. Every fiftieth account is soft-deleted, and the one
 * before it has its address again. The owner of a team is only in the team, and rows of members
 * outlive their users.
 */
const LARAVEL = `
  CREATE TABLE users (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(255) NOT NULL,
    email varchar(255) NOT NULL,
    email_verified_at timestamp NULL DEFAULT NULL,
    password varchar(255) NOT NULL,
    two_factor_secret text NULL,
    remember_token varchar(100) NULL,
    current_team_id bigint unsigned NULL,
    settings json NULL,
    created_at timestamp NULL DEFAULT NULL,
    updated_at timestamp NULL DEFAULT NULL,
    deleted_at timestamp NULL DEFAULT NULL,
    UNIQUE KEY users_email (email, deleted_at)
  ) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
  CREATE TABLE teams (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id bigint unsigned NOT NULL,
    name varchar(255) NOT NULL,
    personal_team tinyint(1) NOT NULL,
    created_at timestamp NULL DEFAULT NULL,
    updated_at timestamp NULL DEFAULT NULL
  ) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
  CREATE TABLE team_user (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    team_id bigint unsigned NOT NULL,
    user_id bigint unsigned NOT NULL,
    role varchar(255) NULL,
    created_at timestamp NULL DEFAULT NULL,
    updated_at timestamp NULL DEFAULT NULL,
    UNIQUE KEY team_user_unique (team_id, user_id)
  ) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
  INSERT INTO users (id, name, email, email_verified_at, password, settings, created_at, updated_at, deleted_at)
    SELECT seq, CONCAT('Zoë ', seq), CONCAT('user', IF(seq % 50 = 0, seq - 1, seq), '@example.com'),
      IF(seq % 4 = 0, NULL, '2026-01-02 03:04:05'),
      CONCAT('$2y$10$N9qo8uLOickgx2ZMRZoMye', LPAD(seq, 7, '0'), 'AgcfL7p92ldGxad68LJZdL17'),
      JSON_OBJECT('locale', IF(seq % 2 = 0, 'de', 'fr'), 'ref', 9007199254740993),
      '2025-01-01', '2025-06-01', IF(seq % 50 = 0, '2025-12-31', NULL)
    FROM seq_1_to_${USERS};
  INSERT INTO teams (id, user_id, name, personal_team, created_at, updated_at)
    SELECT seq, seq, CONCAT('Team ', seq, ' 🚀'), 0, '2025-01-01', '2025-01-01' FROM seq_1_to_${TEAMS};
  INSERT INTO team_user (team_id, user_id, role, created_at, updated_at)
    SELECT u.seq % ${TEAMS} + 1, u.seq, IF(u.seq % 3 = 0, 'admin', 'editor'), '2025-01-01', '2025-01-01'
    FROM seq_1_to_${USERS} u;
  INSERT INTO team_user (team_id, user_id, role) SELECT seq, ${USERS} + seq, 'editor' FROM seq_1_to_7`

const manifest = {
  version: 1,
  source: {
    type: 'mysql',
    url: '${DATABASE_URL}',
    streams: {
      users: { table: 'users', key: 'id', updatedAt: 'updated_at' },
      teams: { table: 'teams', key: 'id' },
      memberships: {
        query: `select team_id, user_id, role from team_user
          union all
          select id, user_id, 'owner' from teams`,
        key: ['team_id', 'user_id'],
        join: { key: 'user_id', to: 'id', into: 'users', unmatched: 'ignore' },
      },
    },
  },
  map: {
    user: {
      when: '$not($exists(deleted_at))',
      key: 'id',
      externalId: 'id',
      email: 'email',
      emailVerified: '$exists(email_verified_at)',
      firstName: '$splitName(name).first',
      lastName: '$splitName(name).last',
      passwordHash: 'password',
      metadata: { locale: 'settings.locale', ref: 'settings.ref' },
    },
    organization: { from: 'teams', key: 'id', externalId: 'id', name: 'name' },
    membership: {
      when: '$not($exists($record.deleted_at))',
      each: 'memberships',
      organization: 'team_id',
      roles: 'role',
    },
  },
  roles: { define: { owner: { name: 'Owner' }, admin: { name: 'Admin' }, editor: { name: 'Editor' } } },
  run: FAST,
}

/** What must be in WorkOS, computed by the rules that filled the tables. */
function expected(): { users: number; verified: number; memberships: Map<string, string> } {
  const memberships = new Map<string, string>()
  let [users, verified] = [0, 0]
  const add = (team: number, user: number, role: string) => {
    if (user % 50 !== 0) memberships.set(`user${user}@example.com@@${team}`, role)
  }
  for (let user = 1; user <= USERS; user++) {
    add((user % TEAMS) + 1, user, user % 3 === 0 ? 'admin' : 'editor')
    if (user % 50 === 0) continue
    users++
    if (user % 4 !== 0) verified++
  }
  for (let team = 1; team <= TEAMS; team++) add(team, team, 'owner')
  return { users, verified, memberships }
}

test.skipIf(mariaPrograms === undefined)(
  'a Laravel application moves from MariaDB completely, although its reading is killed twice',
  async () => {
    const database = await newMariaDatabase(LARAVEL)
    const proxy = await startCuttingProxy(database.server.port)
    const url = new URL(database.url)
    url.port = String(proxy.port)
    const env = { KEY, DATABASE_URL: url.href }
    const workos = await startWorkos()
    const project = createProject()
    project.manifest({ ...manifest, target: workos.target })

    const { exit: valid, stderr: problems } = await project.run(['validate'], { env })
    expect(valid, problems).toBe(0)
    const measured = await project.run(['export', '--out', './measured'], { env })
    expect(measured.exit, measured.stderr).toBe(0)
    const whole = proxy.bytes()

    for (const part of [0.3, 0.8]) {
      const child = project.spawn(['export'], env)
      proxy.cutAfter(whole * part, () => child.process.kill('SIGKILL'))
      expect((await child.result).signal).toBe('SIGKILL')
    }
    // The application continues between two readings: one moment is read, the last one.
    database.sql("UPDATE users SET name = 'Changed Later' WHERE id = 1")

    const planned = await project.run(['plan', '--json'], { env })
    expect(planned.exit, planned.stderr).toBe(0)
    expect(planned.stderr).toContain('starts again')
    const { users, verified, memberships } = expected()
    const read = proxy.bytes()
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stderr).toBe(0)
    const verification = await project.run(['verify'], { env })
    expect(verification.exit, verification.stdout).toBe(0)
    // What is applied and verified is what was planned: the database is not read again.
    expect(proxy.bytes()).toBe(read)

    const live = await workos.snapshot()
    expect(live.users).toHaveLength(users)
    expect(live.users.filter(({ email_verified }) => email_verified === true)).toHaveLength(verified)
    expect(live.organizations.map(({ external_id, name }) => [external_id, name]).sort()).toEqual(
      Array.from({ length: TEAMS }, (_, index) => [`${index + 1}`, `Team ${index + 1} 🚀`]).sort(),
    )
    expect(new Map(live.memberships.map(([title, roles]) => [title, roles.join()]))).toEqual(memberships)
    const first = live.users.find(({ external_id }) => external_id === '1')
    expect(first).toMatchObject({
      email: 'user1@example.com',
      first_name: 'Changed',
      last_name: 'Later',
      metadata: { locale: 'fr', ref: '9007199254740993' },
    })
    const hashes = workos.log.filter(({ body }) => JSON.stringify(body ?? {}).includes('"password_hash":"$2y$10$'))
    expect(hashes).toHaveLength(users)

    // The database password is in no output and no file.
    const printed = [planned, applied, verification, measured].flatMap(({ stdout, stderr }) => [stdout, stderr])
    const files = readdirSync(project.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const written = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    expect(written.length).toBeGreaterThan(4)
    for (const secret of [url.password, decodeURIComponent(url.password)]) {
      expect([...printed, ...written].filter((text) => text.includes(secret))).toEqual([])
    }
  },
)

test.skipIf(mariaPrograms === undefined)('only what changed since is read and written', async () => {
  const database = await newMariaDatabase(LARAVEL)
  const env = { KEY, DATABASE_URL: database.url }
  const workos = await startWorkos()
  const project = createProject()
  project.manifest({ ...manifest, target: workos.target })
  const first = await project.run(['apply', '--yes'], { env })
  expect(first.exit, first.stderr).toBe(0)
  workos.takeLog()

  database.sql(`
    UPDATE users SET name = 'Renamed Person', updated_at = '2026-05-01 10:00:00' WHERE id IN (3, 7);
    UPDATE users SET updated_at = '2026-05-01 10:00:00' WHERE id = 8;
    UPDATE users SET name = 'Too Early', updated_at = '2026-04-30 23:59:59' WHERE id = 9`)
  const source = { ...manifest.source, updatedSince: '2026-05-01' }
  project.manifest({ ...manifest, source, target: workos.target })
  const second = await project.run(['apply', '--yes'], { env })
  expect(second.exit, second.stderr).toBe(0)
  const written = workos.takeLog().filter(({ method }) => method !== 'GET')
  expect(written.map(({ method, body }) => [method, body])).toEqual([
    ['PUT', { first_name: 'Renamed', last_name: 'Person' }],
    ['PUT', { first_name: 'Renamed', last_name: 'Person' }],
  ])
})
