import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { peekState } from '../../src/state/open.ts'
import { migrations } from '../../src/state/sqlite/database.ts'
import type { Project } from './cli.ts'
import { peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

/**
 * States that earlier versions of the program wrote, as SQL: one for each version of the schema,
 * with a run killed while a write was open. `<<kind:key>>` is WorkOS's ID of a resource,
 * `<<binding>>` the target. Before a new step of the schema is published, add a dump of the old
 * version: sqlite3 state.sqlite .dump
 */
const FOLDER = new URL('older-states/', import.meta.url)
const VERSIONS = Array.from({ length: migrations.length }, (_, index) => index + 1)
const DUMPED = VERSIONS.filter((version) => readdirSync(FOLDER).includes(`v${version}.sql`))

const STATE = '.workos-migrate/state.sqlite'
const env = { KEY }

const person = (name: string, more: Row): Row => ({
  email: `${name}@example.com`,
  external_id: `u-${name}`,
  first_name: `${name[0]?.toUpperCase()}${name.slice(1)}`,
  email_verified: 'true',
  ...more,
})
const HASH = '$2b$10$abcdefghijklmnopqrstuuVGZ4kQ0sZ1vX3aTQ1m5pYbD0d3kz6aW'
const ADA = person('ada', {
  last_name: 'Ampersand',
  org_external_id: 'acme',
  org_name: 'Acme',
  role_slugs: 'admin',
  password_hash: HASH,
  password_hash_type: 'bcrypt',
})
const BEA = person('bea', { last_name: 'Beispiel', org_external_id: 'acme', org_name: 'Acme' })
const CYD = person('cyd', { email_verified: 'false', totp_secret: 'JBSWY3DPEHPK3PXP' })
const ROWS = [ADA, BEA, { ...BEA, org_external_id: 'beta', org_name: 'Beta' }, CYD]

/** The first version of the schema had no second factors. */
const hasFactors = (version: number) => version > 1

/** A project whose users are in WorkOS, with a state of an earlier version. */
async function projectWithState(version: number, workos: Workos): Promise<Project> {
  const project = peopleProject(workos, hasFactors(version) ? ROWS : ROWS.with(3, { ...CYD, totp_secret: '' }), {
    roles: { define: { admin: { name: 'Admin', description: 'Manages the organization' } } },
  })
  const first = await project.run(['apply', '--yes'], { env })
  expect(first.exit, first.stderr).toBe(0)
  const meant = new Map<string, string>()
  const own = new DatabaseSync(project.path(STATE))
  for (const { kind, key, id } of own.prepare('SELECT kind, key, id FROM resources').iterate())
    meant.set(`${kind}:${key}`, String(id))
  meant.set('binding', String(own.prepare("SELECT value FROM meta WHERE name = 'binding'").get()?.value))
  own.close()
  for (const ending of ['', '-wal', '-shm']) project.remove(`${STATE}${ending}`)

  const sql = readFileSync(new URL(`v${version}.sql`, FOLDER), 'utf8')
  const older = new DatabaseSync(project.path(STATE))
  older.exec(sql.replaceAll(/<<(.+?)>>/g, (_, what) => meant.get(what) ?? expect.fail(`there is no ${what}`)))
  older.close()
  chmodSync(project.path(STATE), 0o600)
  project.csv('users.csv', ROWS)
  workos.takeLog()
  return project
}

test('there is a state of every earlier version of the schema', () => {
  expect(DUMPED).toEqual(expect.arrayContaining(VERSIONS.slice(0, -1)))
})

test.each(DUMPED)('a state of schema version %i is read completely, and kept next to the new one', async (version) => {
  const project = await projectWithState(version, await startWorkos())
  const state = await peekState({ type: 'file', path: project.path(STATE) })
  onTestFinished(() => state.close())
  const kinds = ['role', 'organization', 'user', 'totp-factor', 'membership']
  const counts = await Promise.all(kinds.map((kind) => state.count(kind)))
  expect(counts).toEqual([1, 2, 3, hasFactors(version) ? 1 : 0, 2])
  expect(await state.get('user', 'u-ada')).toMatchObject({
    attributes: { email: 'ada@example.com', emailVerified: true, externalId: 'u-ada', lastName: 'Ampersand' },
    digests: { passwordHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ownership: 'created',
    run: 1,
  })
  expect(await state.intents()).toMatchObject([
    { kind: 'membership', key: 'u-bea@beta', action: 'create', refs: { user: 'u-bea', organization: 'beta' } },
  ])
  const backups = project.list('.workos-migrate').filter((name) => name.endsWith('.bak'))
  expect(backups).toHaveLength(migrations.length - version)
  if (version < migrations.length)
    expect(backups).toContainEqual(expect.stringMatching(new RegExp(`^state\\.sqlite\\.v${version}\\.`)))
})

test.each(DUMPED)('after a state of schema version %i the next apply writes nothing twice', async (version) => {
  const workos = await startWorkos()
  const project = await projectWithState(version, workos)
  const before = await workos.snapshot()

  const errors = await project.run(['errors', '--json'], { env })
  expect(errors.stdout).toContain('user_creation_error')
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const factor = 'POST /user_management/users/:id/auth_factors'
  expect(writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)).toEqual(
    hasFactors(version) ? [] : [factor],
  )
  expect(await workos.snapshot()).toEqual(before)
  const { stdout } = await project.run(['state', 'list', '--json'], { env })
  expect(stdout).toContain(before.membershipIds.get('bea@example.com@@beta'))

  project.csv('users.csv', ROWS.with(0, { ...ADA, last_name: 'Renamed' }))
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog()).map(({ method, path, body }) => ({ method, path, body }))).toEqual([
    {
      method: 'PUT',
      path: `/user_management/users/${before.users.find(({ email }) => email === 'ada@example.com')?.id}`,
      body: { last_name: 'Renamed' },
    },
  ])
  expect(await project.run(['verify'], { env })).toMatchObject({ exit: 0 })
})
