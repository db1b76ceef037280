import { afterEach, beforeEach, expect, test } from 'vitest'
import { registerKind } from '../../src/kinds/registry.ts'
import type { Project } from '../e2e/cli.ts'
import { byKind } from '../e2e/kinds.ts'
import { member, peopleProject } from '../e2e/people.ts'
import { type Body, KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'
import { groupRole } from './group-role.ts'

const env = { KEY }
const MAP = {
  group: { each: "$split(groups, ',')", name: '$' },
  groupMember: { each: "$split(groups, ',')", group: '$' },
}
const ROWS = [
  member('ada', 'acme', { groups: 'Admin,Finance' }),
  member('bea', 'acme', { groups: 'Finance' }),
  member('cleo', 'beta', { groups: 'Admin' }),
]

let unregister = () => {}
beforeEach(() => {
  unregister = registerKind(groupRole)
})
afterEach(() => unregister())

/** `organization/group` → slugs of the roles that WorkOS says the group gives. */
async function rolesOfGroups(workos: Workos): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  const list = async (path: string) => (await workos.call('GET', `${path}?limit=100&order=asc`)).data as Body[]
  for (const { id, external_id } of await list('/organizations')) {
    for (const group of await list(`/organizations/${id}/groups`)) {
      const given = await list(`/authorization/groups/${group.id}/role_assignments`)
      found[`${external_id}/${group.name}`] = given.map(({ role }) => (role as { slug: string }).slug)
    }
  }
  return found
}

async function run(project: Project, ...args: string[]) {
  const { exit, stdout, stderr } = await project.run(args, { env })
  return { exit, output: stdout + stderr, json: () => JSON.parse(stdout) }
}

test('a kind of its own is planned, applied and verified', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { map: MAP })
  const plan = await run(project, 'plan')
  expect(plan.output).toContain('group-role:admin@Admin@acme')
  expect(plan.output).toContain('2 group roles by name: members of the group get the role admin')
  const planned = (await run(project, 'plan', '--json')).json()
  expect(byKind(planned.summary.kinds)['group-role']).toMatchObject({ plural: 'group roles', desired: 2, create: 2 })

  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(await rolesOfGroups(workos)).toEqual({ 'acme/Admin': ['admin'], 'acme/Finance': [], 'beta/Admin': ['admin'] })
  const sent = workos.takeLog().filter(({ method, route }) => method === 'POST' && route?.endsWith('/role_assignments'))
  expect(sent.map(({ body }) => body)).toEqual([{ role_slug: 'admin' }, { role_slug: 'admin' }])

  for (const args of [[], ['--refresh']]) {
    expect(await run(project, 'plan', '--detailed-exitcode', ...args)).toMatchObject({ exit: 0 })
  }
  expect(await run(project, 'apply', '--yes')).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])

  const verified = await run(project, 'verify', '--json')
  expect(verified.exit, verified.output).toBe(0)
  expect(byKind(verified.json().kinds)['group-role']).toMatchObject({ desired: 2, verified: 2, missing: 0 })
})
