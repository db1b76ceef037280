/**
 * Responses that later versions of WorkOS's API have. Each is reported with a remedy, and none ends
 * the run.
 */
import { expect, test } from 'vitest'
import type { Fault } from '../../src/sandbox/faults/fault.ts'
import { member, peopleManifest, peopleProject } from './people.ts'
import { KEY, startWorkos, type Workos } from './workos.ts'

const env = { KEY }

async function setFaults(workos: Workos, faults: readonly Fault[]) {
  const answer = await fetch(`${workos.url}/_sandbox/faults`, { method: 'PUT', body: JSON.stringify({ faults }) })
  expect(answer.status).toBe(200)
}

const MAP = {
  organization: { domains: '[org_external_id & ".example.com"]' },
  group: { when: 'groups', name: 'groups' },
  groupMember: { when: 'groups' },
}
const rowsOf = (name: string, groups = '') => [member('ada', 'acme', { first_name: name, groups })]

test.each<[string, Fault & { kind: 'answered' }, RegExp]>([
  [
    'user:id-ada',
    {
      kind: 'answered',
      when: 'before',
      status: 400,
      code: 'email_already_verified',
      method: 'PUT',
      route: '/user_management/users/:id',
    },
    /apply again to compare the address again/,
  ],
  [
    'user:id-ada',
    {
      kind: 'answered',
      when: 'before',
      status: 400,
      code: 'password_and_password_hash_type_provided',
      method: 'POST',
      route: '/user_management/users',
    },
    /map passwordHashType only together with a hash/,
  ],
  [
    'organization:acme',
    {
      kind: 'answered',
      when: 'before',
      status: 409,
      code: 'domain_already_exists',
      method: 'POST',
      route: '/organizations',
    },
    /the organization in WorkOS that already has it/,
  ],
  [
    'group-membership:id-ada@Engineering@acme',
    {
      kind: 'answered',
      when: 'before',
      status: 400,
      code: 'group_membership_limit_exceeded',
      method: 'POST',
      route: '/organizations/:id/groups/:group_id/organization-memberships',
    },
    /the group is full in WorkOS/,
  ],
])('%s with the response %j fails alone, with a remedy', async (address, fault, help) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, rowsOf('Ada', 'Engineering'), { map: MAP })
  if (fault.method === 'PUT') {
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    project.csv('users.csv', rowsOf('Adele', 'Engineering'))
  }
  await setFaults(workos, [fault])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(7)
  const errors = await project.run(['errors'], { env })
  expect(errors.stdout).toContain(fault.code)
  expect(errors.stdout).toContain(address)
  expect(errors.stdout).toMatch(help)
  await setFaults(workos, [])
  const again = await project.run(['apply', '--yes'], { env })
  expect(again.exit, again.stdout + again.stderr).toBe(0)
})

test('an organization role that a group assigns is not deleted, and the run shows the remedy', async () => {
  const workos = await startWorkos()
  const define = { keeper: { name: 'Keeper', type: 'organization', organizations: ['acme'] } }
  const project = peopleProject(workos, rowsOf('Ada'), { roles: { define } })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  const acme = (await workos.snapshot()).organizations[0]?.id
  const { id } = await workos.call('POST', `/organizations/${acme}/groups`, { name: 'Engineering' })
  const assignments = `/authorization/groups/${id}/role_assignments`
  await workos.call('POST', assignments, { role_slug: 'org-keeper' })
  const prune = ['organization-role']
  project.manifest(peopleManifest(workos, { roles: {}, prune, safety: { maxDeletes: 9 } }))
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(7)
  const errors = await project.run(['errors'], { env })
  expect(errors.stdout).toMatch(/role_has_group_role_mappings/)
  expect(errors.stdout).toMatch(/first remove the role in WorkOS from the groups that assign it/)
  await workos.call('DELETE', assignments, { role_slug: 'org-keeper' })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
})

test('an accepted deletion of an organization (202) counts as done', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [...rowsOf('Ada'), member('bea', 'beta')])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  await setFaults(workos, [
    { kind: 'answered', when: 'after', status: 202, method: 'DELETE', route: '/organizations/:id' },
  ])
  const destroyed = await project.run(['destroy', '--confirm', 'people'], { env })
  expect(destroyed.exit, destroyed.stdout + destroyed.stderr).toBe(0)
  expect(workos.takeLog().filter(({ method, status }) => method === 'DELETE' && status === 202)).toHaveLength(2)
  expect(await workos.snapshot()).toMatchObject({ organizations: [] })
  const left = await project.run(['state', 'list'], { env })
  expect(left.stdout).not.toContain('organization:')
})
