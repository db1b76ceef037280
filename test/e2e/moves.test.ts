import { expect, test } from 'vitest'
import { member, peopleProject } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }

test('duplicates that swap places in the source change nothing in WorkOS', async () => {
  const workos = await startWorkos()
  // Without an external ID the key is the email address: the first row decides which one.
  const rows = [member('ada', 'one', { external_id: '' }), member('ada', 'two'), member('bea', 'two')]
  const project = peopleProject(workos, rows)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const before = await workos.snapshot()
  workos.takeLog()

  project.csv('users.csv', rows.toReversed())
  const planned = await project.run(['plan'], { env })
  expect(planned.exit, planned.stdout).toBe(0)
  expect(planned.stdout).toContain('previously user:ada@example.com')
  expect(planned.stdout).not.toContain('no longer in the source')
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])
  expect(await workos.snapshot()).toEqual(before)

  const listed = await project.run(['state', 'list'], { env })
  expect(listed.stdout).toContain('user:id-ada ')
  expect(listed.stdout).toContain('membership:id-ada@one ')
  expect(listed.stdout).not.toContain('ada@example.com')
  expect(listed.stdout).not.toContain('adopted')
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
})

test('an external ID filled in later becomes the key, and is all that is sent', async () => {
  const workos = await startWorkos()
  const row = member('ada', 'one', { external_id: '', metadata: '{"plan":"pro"}' })
  const project = peopleProject(workos, [row])
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  workos.takeLog()
  project.csv('users.csv', [{ ...row, external_id: 'ada-1' }])
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog()).map(({ method, body }) => [method, body])).toEqual([
    ['PUT', { external_id: 'ada-1' }],
  ])
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
})

test('two records that are one in WorkOS are blocked, not moved back and forth', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'one')], {
    dedupe: { user: { by: ['externalId'] } },
    safety: { maxRejects: 2 },
  })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  project.csv('users.csv', [member('ada', 'one'), member('ada', 'one', { external_id: 'another' })])
  const planned = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(planned.actions).toMatchObject([
    { kind: 'user', key: 'another', type: 'blocked', code: 'identity_clash' },
    { kind: 'membership', key: 'another@one', type: 'blocked', code: 'dependency_blocked' },
  ])
})

test('two records that would be one in WorkOS: the first key is created, the other blocked, before anything is sent', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'one'), member('ada', 'one', { external_id: 'another' })], {
    dedupe: { user: { by: ['externalId'] } },
    safety: { maxRejects: 2 },
  })
  const planned = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  const users = planned.actions.filter(({ kind }: { kind: string }) => kind === 'user')
  expect(users).toMatchObject([
    { key: 'another', type: 'create' },
    { key: 'id-ada', type: 'blocked', code: 'identity_clash', message: expect.stringContaining('user:another') },
  ])
  expect(planned.cases).toEqual([{ code: 'identity_clash', fate: 'blocked', users: 1, records: 1 }])
})
