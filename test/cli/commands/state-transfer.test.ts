import { describe, expect, test } from 'vitest'
import { member, peopleManifest, peopleProject } from '../../e2e/people.ts'
import { KEY, startWorkos, writes } from '../../e2e/workos.ts'
import { newPostgresLocation, postgresPrograms } from '../../postgres.ts'

const ROWS = [member('ada', 'acme'), member('grace', 'acme'), member('edsger', 'uni')]
const env = { KEY }

describe.skipIf(postgresPrograms === undefined)('state migrate', () => {
  test('moves a state to PostgreSQL and back, and an apply changes nothing', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const { url, schema } = await newPostgresLocation()
    const all = { ...env, DATABASE_URL: url }
    const moved = await project.run(['state', 'migrate', '--to', '${DATABASE_URL}', '--schema', schema], { env: all })
    expect(moved, moved.stderr).toMatchObject({ exit: 0 })
    expect(moved.stderr).toContain('Every row was compared')
    expect(moved.stderr).toContain(`state: { type: postgres, url: "\${DATABASE_URL}", schema: ${schema} }`)

    project.remove('.workos-migrate')
    project.manifest(peopleManifest(workos, { state: { type: 'postgres', url: '${DATABASE_URL}', schema } }))
    workos.takeLog()
    expect(await project.run(['apply', '--yes'], { env: all })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])

    expect(await project.run(['state', 'migrate', '--to', 'back.sqlite'], { env: all })).toMatchObject({ exit: 0 })
    project.manifest(peopleManifest(workos, { state: { path: 'back.sqlite' } }))
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('never replaces a state, and rejects a password on the command line', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const { url, schema } = await newPostgresLocation()
    const all = { ...env, DATABASE_URL: url }
    const args = ['state', 'migrate', '--to', '${DATABASE_URL}', '--schema', schema]
    expect(await project.run(args, { env: all })).toMatchObject({ exit: 0 })
    const again = await project.run(args, { env: all })
    expect(again).toMatchObject({ exit: 5, stderr: expect.stringContaining('migrate never replaces a state') })
    const literal = await project.run(['state', 'migrate', '--to', 'postgres://me:hunter2hunter2@db.example.com/x'])
    expect(literal.exit).toBe(3)
    expect(literal.stderr).toContain("--to '${DATABASE_URL}'")
    expect(literal.stderr + literal.stdout).not.toContain('hunter2')
    expect(await project.run(['state', 'migrate', '--to', '${NOT_SET}'], { env })).toMatchObject({ exit: 3 })
    const odd = await project.run([...args.slice(0, -1), 'a"; DROP SCHEMA b; --'], { env: all })
    expect(odd).toMatchObject({ exit: 3, stderr: expect.stringContaining('lowercase letters') })
    const same = await project.run(['state', 'migrate', '--to', '.workos-migrate/state.sqlite'], { env })
    expect(same).toMatchObject({ exit: 3, stderr: expect.stringContaining('already') })
  })
})

describe('state restore', () => {
  test('restores a backup, and keeps the previous state', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    await project.run(['apply', '--yes'], { env })
    expect(await project.run(['state', 'backup', 'good.bak'], { env })).toMatchObject({ exit: 0 })
    expect(await project.run(['state', 'rm', 'user:id-ada', '--force', '--yes'], { env })).toMatchObject({ exit: 0 })
    const refused = await project.run(['state', 'restore', 'good.bak'], { env })
    expect(refused).toMatchObject({ exit: 3, stderr: expect.stringContaining('--yes') })
    const restored = await project.run(['state', 'restore', 'good.bak', '--yes'], { env })
    expect(restored, restored.stderr).toMatchObject({ exit: 0 })
    expect(restored.stderr).toContain('The previous state is in')
    expect(await project.run(['state', 'show', 'user:id-ada'], { env })).toMatchObject({ exit: 0 })
    expect(project.list('.workos-migrate').filter((name) => name.endsWith('.bak'))).toHaveLength(1)
    workos.takeLog()
    await project.run(['apply', '--yes'], { env })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('rejects a backup of another state, and a file that is not a backup', async () => {
    const workos = await startWorkos()
    const [project, other] = [peopleProject(workos, ROWS), peopleProject(workos, ROWS)]
    await project.run(['apply', '--yes'], { env })
    await other.run(['apply', '--yes'], { env })
    await other.run(['state', 'backup', project.path('other.bak')], { env })
    const refused = await project.run(['state', 'restore', 'other.bak', '--yes'], { env })
    expect(refused).toMatchObject({ exit: 5, stderr: expect.stringContaining('a backup of another state') })
    expect(await project.run(['state', 'restore', 'other.bak', '--yes', '--force'], { env })).toMatchObject({ exit: 0 })
    project.write('text.bak', 'no database')
    const text = await project.run(['state', 'restore', 'text.bak', '--yes'], { env })
    expect(text).toMatchObject({ exit: 1, stderr: expect.stringContaining('text.bak is not a backup of a state') })
    expect(text.stderr).not.toContain('restored.sqlite')
    expect(await project.run(['state', 'restore', 'missing.bak', '--yes'], { env })).toMatchObject({ exit: 3 })
  })

  test.skipIf(postgresPrograms === undefined)('restores a backup of a file into PostgreSQL', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    await project.run(['apply', '--yes'], { env })
    await project.run(['state', 'backup', 'good.bak'], { env })
    const { url, schema } = await newPostgresLocation()
    const all = { ...env, DATABASE_URL: url }
    project.manifest(peopleManifest(workos, { state: { type: 'postgres', url: '${DATABASE_URL}', schema } }))
    const restored = await project.run(['state', 'restore', 'good.bak', '--yes'], { env: all })
    expect(restored, restored.stderr).toMatchObject({ exit: 0 })
    workos.takeLog()
    expect(await project.run(['apply', '--yes'], { env: all })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])
  })
})
