import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { member, peopleManifest, peopleProject } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'
import { newPostgresLocation, postgresPrograms } from '../../postgres.ts'

const ROWS = [member('ada', 'acme'), member('grace', 'acme'), member('edsger', "o'uni\\")]
const env = { KEY }

const TABLES = `
  CREATE TABLE users (id TEXT, workos_id TEXT);
  CREATE TABLE members (user_id TEXT, team TEXT, workos_id TEXT);
  INSERT INTO users (id) VALUES ('id-ada'), ('id-grace'), ('id-edsger'), ('somebody-else');
  INSERT INTO members (user_id, team) VALUES ('id-ada', 'acme'), ('id-grace', 'acme'), ('id-edsger', 'o''uni\\')`

const EXPORT = {
  sql: {
    dialect: 'sqlite',
    batch: 2,
    statements: {
      user: { table: 'users', set: { workos_id: 'workos_id' } },
      membership: {
        template:
          'update members set workos_id = {{ workos_id }} where user_id = {{ user_key }} and team = {{ organization_key }}',
      },
    },
  },
}

describe('state export --format sql', () => {
  test('writes the IDs of users and memberships to the tables of an application', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { export: EXPORT })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const written = await project.run(['state', 'export', '--format', 'sql'])
    expect(written).toMatchObject({ exit: 0, stderr: '6 statements.\n' })
    const db = new DatabaseSync(':memory:')
    db.exec(TABLES)
    for (const _time of ['once', 'again']) {
      db.exec(written.stdout)
      const users = db.prepare('SELECT id, workos_id FROM users WHERE workos_id IS NOT NULL').all()
      expect(users).toEqual(idsOf(await project.run(['state', 'export', '--kind', 'user', '--format', 'ndjson'])))
      expect(db.prepare("SELECT count(*) AS n FROM members WHERE workos_id LIKE 'om_%'").get()).toEqual({ n: 3 })
    }
    db.close()
  })

  test('uses a statement from the command line, by default for users', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    await project.run(['apply', '--yes'], { env })
    const args = ['state', 'export', '--format', 'sql', '--dialect', 'mysql', '--batch', '3']
    const template = ['--template', 'update t set w = {{ workos_id }} where k = {{ key }}']
    const users = await project.run([...args, ...template])
    expect(users.stdout.match(/^update t set w = 'user_\w+' where k = 'id-\w+';$/gm)).toHaveLength(3)
    expect(users.stdout.match(/^START TRANSACTION;$/gm)).toHaveLength(1)
    const organizations = await project.run([...args, ...template, '--kind', 'organization'])
    expect(organizations.stdout).toContain(`where k = _utf8mb4 x'${Buffer.from("o'uni\\").toString('hex')}';`)
  })

  test('rejects what it cannot write before it writes anything', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    await project.run(['apply', '--yes'], { env })
    const sql = (...more: string[]) => project.run(['state', 'export', '--format', 'sql', ...more])
    expect(await sql()).toMatchObject({ exit: 3, stdout: '', stderr: expect.stringContaining('--dialect postgres') })
    const noStatement = await sql('--dialect', 'sqlite')
    expect(noStatement).toMatchObject({ exit: 3, stdout: '', stderr: expect.stringContaining('export.sql.statements') })
    const quotes = await sql('--dialect', 'sqlite', '--template', "update t set a = '{{ key }}'")
    expect(quotes).toMatchObject({ exit: 3, stdout: '', stderr: expect.stringContaining('outside quotes') })
    const csv = await project.run(['state', 'export', '--template', 'select {{ key }}'])
    expect(csv).toMatchObject({ exit: 3, stdout: '', stderr: expect.stringContaining('--format sql') })
  })

  test('validate reports each wrong statement with its place', async () => {
    const workos = await startWorkos()
    const statements = {
      user: { template: "update t set w = '{{ key }}'" },
      organization: { table: 't', set: { w: 'user_key' } },
      membership: { table: 't', set: { w: 'workos_id' }, template: 'select {{ key }}' },
      group: { set: { w: 'key' } },
    }
    const project = peopleProject(workos, ROWS)
    project.manifest(peopleManifest(workos, { export: { sql: { dialect: 'sqlite', statements } } }))
    const { exit, stderr } = await project.run(['validate'], { env })
    expect(exit).toBe(3)
    expect(stderr).toMatch(/migrate\.config\.yaml:\d+:\d+.*\{\{ key \}\} is inside '/)
    expect(stderr).toMatch(/migrate\.config\.yaml:\d+:\d+.*organization has no value user_key/)
    expect(stderr).toMatch(/migrate\.config\.yaml:\d+:\d+.*has both template and table/)
    expect(stderr).toMatch(/migrate\.config\.yaml:\d+:\d+.*"table" is missing/)
    const refused = await project.run(['state', 'export', '--format', 'sql'], { env })
    expect(refused).toMatchObject({ exit: 3, stdout: '' })
  })
})

describe.skipIf(postgresPrograms === undefined)('state export --to postgres', () => {
  test('updates a table to match a state in a file or a shared state', async () => {
    const workos = await startWorkos()
    const { url, schema } = await newPostgresLocation()
    const table = `ids_${schema}`
    const all = { KEY, STATE_URL: url, APP_URL: url }
    const exporting = { export: { postgres: { url: '${APP_URL}', table } } }
    const project = peopleProject(workos, ROWS, exporting)
    // Only the export needs the URL.
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const first = await project.run(['state', 'export', '--to', 'postgres'], { env: all })
    expect(first, first.stderr).toMatchObject({ exit: 0, stderr: '' })
    expect(first.stdout).toMatch(
      new RegExp(`^${table} of PostgreSQL .*: 9 added, 0 changed, 0 unchanged, 0 removed\\n$`),
    )

    const shared = { state: { type: 'postgres', url: '${STATE_URL}', schema } }
    const moved = ['state', 'migrate', '--to', '${STATE_URL}', '--schema', schema]
    expect(await project.run(moved, { env: all })).toMatchObject({ exit: 0 })
    project.manifest(peopleManifest(workos, { ...exporting, ...shared }))
    const again = await project.run(['state', 'export', '--to', 'postgres'], { env: all })
    expect(again.stdout).toContain(': 0 added, 0 changed, 9 unchanged, 0 removed')
    const rm = ['state', 'rm', 'user:id-ada', '--force', '--yes']
    expect(await project.run(rm, { env: all })).toMatchObject({ exit: 0 })
    const removed = await project.run(['state', 'export', '--to', 'postgres', '--kind', 'user'], { env: all })
    expect(removed.stdout).toContain(': 0 added, 0 changed, 2 unchanged, 1 removed')
  })

  test('reports problems of the URL without showing it', async () => {
    const workos = await startWorkos()
    const postgres = { url: '${APP_URL}', table: 'ids' }
    const project = peopleProject(workos, ROWS)
    await project.run(['apply', '--yes'], { env })
    const run = (more: Record<string, string>, ...args: string[]) =>
      project.run(['state', 'export', '--to', 'postgres', ...args], { env: { KEY, ...more } })
    expect(await run({})).toMatchObject({ exit: 3, stderr: expect.stringContaining('export: { postgres:') })
    project.manifest(peopleManifest(workos, { export: { postgres } }))
    const unset = await run({})
    expect(unset.exit).toBe(3)
    expect(unset.stderr).toMatch(/migrate\.config\.yaml:\d+:\d+.*export\.postgres\.url refers to/s)
    const prefer = await run({ APP_URL: 'postgres://me:hunter2hunter2@localhost/x?sslmode=prefer' })
    expect(prefer.exit).toBe(3)
    expect(prefer.stderr).toMatch(/migrate\.config\.yaml:\d+:\d+.*sslmode/s)
    const dead = await run({ APP_URL: 'postgres://me:hunter2hunter2@127.0.0.1:1/x' })
    expect(dead).toMatchObject({ exit: 1, stderr: expect.stringContaining('cannot be reached') })
    const both = await run({ APP_URL: 'postgres://me@localhost/x' }, '--format', 'csv')
    expect(both).toMatchObject({ exit: 3, stderr: expect.stringContaining('--format') })
    for (const { stdout, stderr } of [prefer, dead]) expect(stdout + stderr).not.toContain('hunter2')
    expect(await project.run(['state', 'export', '--force'], { env })).toMatchObject({ exit: 3 })
  })
})

function idsOf({ stdout }: { stdout: string }): { id: string; workos_id: string }[] {
  const lines = stdout.trim().split('\n')
  const ids = lines.map((line): { key: string; workos_id: string } => JSON.parse(line))
  const order = ['id-ada', 'id-grace', 'id-edsger']
  return order.map((id) => ({ id, workos_id: ids.find(({ key }) => key === id)?.workos_id ?? '' }))
}
