import { expect, test } from 'vitest'
import { forEachKind, PROJECT, type StateKind } from '../state/kinds.ts'
import { WHOLE } from '../whole.ts'
import { createProject } from './cli.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const HASH = `$2b$10$${'h'.repeat(53)}`

/**
 * Rows of the CSV source: one user each, every second one in one of ten organizations, with
 * metadata and a hash.
 */
function rowsOf(count: number): Record<string, string>[] {
  return Array.from({ length: count }, (_, n) => ({
    email: `user${n}@example.com`,
    external_id: `u-${n}`,
    first_name: `First ${n}`,
    last_name: `Last ${n}`,
    email_verified: n % 3 === 0 ? 'yes' : 'no',
    metadata: JSON.stringify({ plan: 'free', number: n }),
    password_hash: n % 4 === 0 ? HASH : '',
    password_hash_type: n % 4 === 0 ? 'bcrypt' : '',
    org_external_id: n % 2 === 0 ? `org-${n % 20}` : '',
    org_name: n % 2 === 0 ? `Organization ${n % 20}` : '',
    role_slugs: n % 2 === 0 ? (['admin', 'admin,billing', ''][n % 3] ?? '') : '',
  }))
}

async function projectOf(kind: StateKind, workos: Workos, rows: Record<string, string>[]) {
  const project = createProject()
  const place = await kind.newPlace()
  project.csv('users.csv', rows)
  project.manifest({
    version: 1,
    name: PROJECT,
    source: { type: 'csv', path: './users.csv' },
    roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
    target: workos.target,
    run: FAST,
    ...place.manifest,
  })
  return { project, env: { KEY, ...place.env }, lose: () => place.lose(project.folder) }
}

forEachKind((kind) => {
  test('applying twice: the second plan has no action, the second apply sends no write and reads no user', async () => {
    const workos = await startWorkos()
    const { project, env } = await projectOf(kind, workos, rowsOf(300))
    expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 2 })
    expect(writes(workos.takeLog())).toEqual([])

    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toHaveLength(2 + 10 + 300 + 150)
    const before = await workos.snapshot()
    expect(before.users).toHaveLength(300)
    expect(before.memberships).toHaveLength(150)

    const plan = await project.run(['plan', '--detailed-exitcode'], { env })
    expect(plan).toMatchObject({ exit: 0, stdout: expect.stringContaining('Nothing to do') })
    expect(JSON.parse((await project.run(['plan', '--json'], { env })).stdout)).toMatchObject({ actions: [] })
    expect(workos.takeLog()).toEqual([])

    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(workos.takeLog()).toEqual([])
    expect(await workos.snapshot()).toEqual(before)

    const refreshed = await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })
    expect(refreshed.exit, refreshed.stdout).toBe(0)
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('one changed row among thousands is one update with only the changed field', async () => {
    const workos = await startWorkos()
    const rows = rowsOf(WHOLE ? 10_000 : 1_000)
    const { project, env } = await projectOf(kind, workos, rows)
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    workos.takeLog()

    const changed = { ...rows[703], first_name: 'Renamed' }
    project.csv('users.csv', rows.with(703, changed))
    const plan = await project.run(['plan', '--json'], { env })
    const fields = [{ field: 'firstName', before: 'First 703', after: 'Renamed' }]
    expect(JSON.parse(plan.stdout).actions).toMatchObject([{ type: 'update', key: 'u-703', changes: fields }])
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const sent = workos.takeLog()
    expect(writes(sent)).toMatchObject([{ method: 'PUT', status: 200, body: { first_name: 'Renamed' } }])
    expect(writes(sent)[0]?.body).toEqual({ first_name: 'Renamed' })
    expect(writes(sent)[0]?.responseBody).toMatchObject({ external_id: 'u-703', last_name: 'Last 703' })
    expect(sent.filter(({ method }) => method === 'GET').length).toBeLessThanOrEqual(2)

    const metadata = JSON.stringify({ plan: 'pro', number: 703 })
    project.csv('users.csv', rows.with(703, { ...changed, metadata }))
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const second = writes(workos.takeLog())
    expect(second.map(({ method, body }) => [method, body])).toEqual([['PUT', { metadata: { plan: 'pro' } }]])
    expect(second[0]?.responseBody).toMatchObject({ metadata: { plan: 'pro', number: '703' } })

    project.csv('users.csv', rows.with(703, { ...changed, metadata: JSON.stringify({ number: 703 }) }))
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog()).map(({ body }) => body)).toEqual([{ metadata: { plan: null } }])
    expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  })

  test('with its state deleted everything is adopted: nothing is created, written or overwritten', async () => {
    const workos = await startWorkos()
    const { project, env, lose } = await projectOf(kind, workos, rowsOf(300))
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const changed = await workos.call('GET', '/user_management/users/external_id/u-5')
    await workos.call('PUT', `/user_management/users/${changed.id}`, { first_name: 'Changed by hand' })
    const before = await workos.snapshot()
    workos.takeLog()

    await lose()
    const applied = await project.run(['apply', '--yes', '--json'], { env })
    expect(applied.exit).toBe(0)
    const kinds = JSON.parse(applied.stdout).kinds.filter(({ desired }: { desired: number }) => desired > 0)
    expect(kinds.map((kind: Record<string, unknown>) => [kind.kind, kind.created, kind.adopted, kind.failed])).toEqual([
      ['role', 0, 2, 0],
      ['organization', 0, 10, 0],
      ['user', 0, 300, 0],
      ['membership', 0, 150, 0],
    ])
    expect(writes(workos.takeLog())).toEqual([])
    expect(await workos.snapshot()).toEqual(before)
    expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  })
})
