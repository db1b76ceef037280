import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { member, peopleManifest, peopleProject } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }

/** Ada's address was never verified, Bob's was; Cleo has an external ID. */
const ROWS = [
  member('ada', 'acme', { external_id: '' }),
  member('bob', 'acme', { external_id: '', email_verified: 'yes' }),
  member('cleo', 'acme'),
]

/** Everything is applied, and the state is gone. */
async function world() {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  const apply = () => project.run(['apply', '--yes'], { env })
  expect((await apply()).exit).toBe(0)
  const { users } = await workos.snapshot()
  rmSync(project.path('.workos-migrate'), { recursive: true })
  workos.takeLog()
  return { workos, project, apply, ada: String(users.find(({ email }) => email === 'ada@example.com')?.id) }
}

test('after the state is lost, an unverified user without an external ID is blocked, and the plan shows the remedy', async () => {
  const { workos, project, apply, ada } = await world()
  const planned = await project.run(['plan', '--json'], { env })
  const { actions } = JSON.parse(planned.stdout)
  const blocked = actions.filter(({ type }: { type: string }) => type === 'blocked')
  expect(blocked.map(({ key }: { key: string }) => key)).toEqual(['ada@example.com', 'ada@example.com@acme'])
  expect(blocked[0].hint).toContain(`workos-migrate state import user:KEY ${ada}`)
  expect((await apply()).exit).toBe(5)
  expect((await project.run(['state', 'import', 'user:ada@example.com', ada], { env })).exit).toBe(0)
  const applied = await apply()
  expect(applied.exit, applied.stdout).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])
})

test('after the state is lost, one apply with adopt.unverified: allow adopts all, and the line can go again', async () => {
  const { workos, project, apply } = await world()
  project.manifest(peopleManifest(workos, { adopt: { unverified: 'allow' } }))
  expect((await apply()).exit).toBe(0)
  project.manifest(peopleManifest(workos))
  const planned = await project.run(['plan', '--json'], { env })
  expect(planned.exit).toBe(0)
  expect(JSON.parse(planned.stdout).actions).toEqual([])
  expect(writes(workos.takeLog())).toEqual([])
})
