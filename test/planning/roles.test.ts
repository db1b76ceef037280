import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ApplyResult } from '../../src/applying/apply-result.ts'
import { unknownOrganizations } from '../../src/kinds/organization/organization.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { asJson, asMarkdown, asText } from '../reporting/rendered.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { actionsOf, createWorld, people, type Row } from './world.ts'

const withRoles = (roles: string[]): Row[] =>
  people(roles.length).map((row, n) => ({ ...row, role_slugs: roles[n] ?? '' }))

const DEFINE = { admin: { name: 'Admin' }, billing: { name: 'Billing' } }

const failures = ({ kinds }: ApplyResult) => kinds.reduce((sum, { failed }) => sum + failed, 0)

/** A target whose memberships have one role. */
async function oneRoleTarget() {
  const sandbox = await startSandbox({ data: join(temporaryFolder(), 'workos.sqlite'), multipleRoles: false })
  onTestFinished(() => sandbox.close())
  return { type: 'workos', apiKey: 'sk_test_roles', baseUrl: sandbox.url }
}

test('if WorkOS accepts one role, several fail until the manifest chooses one; then nothing is left to do', async () => {
  const target = await oneRoleTarget()
  const world = await createWorld(withRoles(['admin,billing', 'billing']), { target, roles: { define: DEFINE } })
  const refused = await world.apply(await world.plan())
  expect(failures(refused)).toBe(1)

  await world.manifest({ target, roles: { define: DEFINE, multiple: 'first', priority: ['admin', 'billing'] } })
  const plan = await world.plan()
  expect(actionsOf(plan)).toEqual(['membership:ext-0@acme create'])
  expect(failures(await world.apply(plan))).toBe(0)
  const again = await world.plan(true)
  expect(actionsOf(again)).toEqual([])
  expect(again.driftCount()).toBe(0)
})

test('the plan shows in every format who loses which role', async () => {
  const roles = { define: DEFINE, multiple: 'first', priority: ['admin', 'billing'] }
  const plan = await (await createWorld(withRoles(['billing,admin', 'billing']), { roles })).plan()
  const text = asText(plan)
  expect(text).toContain('Reduced to one role (1)\n')
  expect(text).toContain('keeps admin, loses billing\n')
  expect(text).toContain('1 membership without the role billing: another role comes first in roles.priority')
  expect(asMarkdown(plan)).toContain('keeps admin, loses billing\n')
  expect(asJson(plan).lostRoles).toMatchObject([{ key: 'ext-0@acme', kept: 'admin', lost: ['billing'] }])
})

test('the plan lists unmapped and missing roles, with their effect', async () => {
  const roles = { define: DEFINE, map: { admin: 'admin', 'x-*': '*' } }
  const rows = withRoles(['guest', 'guest,boss', 'x-conductor', 'x-conductor', 'admin'])
  const plan = await (await createWorld(rows, { roles, safety: { maxRejects: '100%' } })).plan()
  expect(asJson(plan).unmappedRoles).toEqual([
    { kind: 'membership', role: 'guest', count: 2 },
    { kind: 'membership', role: 'boss', count: 1 },
  ])
  expect(asJson(plan).blocked).toMatchObject([{ kind: 'membership', code: 'unknown_role', count: 2 }])
  expect(asText(plan)).toContain('roles.map does not contain "guest": 2 memberships rejected\n')
  expect(asText(plan)).toMatch(/2 memberships {2}.*conductor/)
  expect(asMarkdown(plan)).toContain('2 memberships rejected\n')
  expect(plan.summary.notes).toEqual([])
})

test('default roles are counted, whether the source has no role or none that is kept', async () => {
  const roles = { define: DEFINE, map: { admin: 'admin' }, unmapped: 'drop', default: 'billing' }
  const plan = await (await createWorld(withRoles(['', 'guest', 'admin']), { roles })).plan()
  expect(asText(plan)).toContain(
    '2 memberships without a role in the source, or with none that is kept: assigned billing (roles.default)',
  )
})

test('roles of rows and of a separate file are combined, each once and in its organization', async () => {
  const world = await createWorld([])
  const file = (name: string, rows: Row[]) => world.rows(rows, name)
  file('people.csv', [{ id: 'u1', email: 'ada@example.com', first: 'Ada' }])
  file('teams.csv', [
    { user_id: 'u1', org: 'acme', role_slugs: '["admin","member"]' },
    { user_id: 'u1', org: 'borealis', role_slugs: 'member' },
  ])
  file('roles.csv', [
    { external_id: 'u1', role_slug: 'admin', org_external_id: 'acme' },
    { external_id: 'u1', role_slug: 'billing', org_external_id: 'acme' },
    { external_id: 'u1', role_slug: 'member', org_external_id: '' },
  ])
  await world.manifest({
    source: {
      type: 'file',
      streams: {
        people: { path: './people.csv' },
        teams: { path: './teams.csv', join: { into: 'people', key: 'user_id', to: 'id' } },
        roles: { path: './roles.csv', join: { into: 'people', key: 'external_id', to: 'id' } },
      },
    },
    map: {
      user: { externalId: 'id', email: 'email' },
      organization: { each: 'teams', externalId: 'org', name: 'org' },
      membership: { each: 'teams', organization: 'org', roles: 'role_slugs' },
      roleAssignment: { each: 'roles', role: 'role_slug', organization: 'org_external_id' },
    },
    roles: { define: DEFINE },
  })
  const { set } = await world.plan()
  expect(set.get('membership', 'u1@acme')?.attributes.roles).toEqual(['admin', 'billing', 'member'])
  expect(set.get('membership', 'u1@borealis')?.attributes.roles).toEqual(['member'])
})

test('rules for an organization that is not in the source are a warning at their place', async () => {
  const roles = { define: DEFINE, organizations: { acme: { default: 'billing' }, acne: { unmapped: 'drop' } } }
  const world = await createWorld(withRoles(['']), { roles })
  const { set } = await world.plan()
  expect(set.get('membership', 'ext-0@acme')?.attributes.roles).toEqual(['billing'])
  expect(unknownOrganizations({ rundb: set.rundb, loaded: world.loaded, partial: false })).toMatchObject([
    { severity: 'warning', path: 'roles.organizations.acne', at: { line: 1 } },
  ])
})

test.each([
  ['environment', { role_type: 'environment' }, 'role_rejected', 'role billing'],
  ['organization', { org_external_id: 'acme' }, 'role_rejected', 'role billing'],
  [
    'no organization by name',
    { role_type: 'organization' },
    'organization_role_rejected',
    'organization role org-billing',
  ],
])('memberships with a role name its rejected definition of %s and its place', async (_of, type, code, what) => {
  const slug = code === 'role_rejected' ? 'billing' : 'org-billing'
  const source = { type: 'csv', path: './users.csv', roleDefinitions: './definitions.csv' }
  const world = await createWorld(withRoles([slug, 'guest']), { source, safety: { maxRejects: 1 } })
  world.rows([{ role_slug: 'billing', ...type, permissions: 'pay; refund' }], 'definitions.csv')
  const plan = asJson(await world.plan())
  expect(plan.rejects).toMatchObject([{ kind: 'role-definition', origin: './definitions.csv:2' }])
  const reason = '"pay; refund" is not a permission slug'
  expect(plan.actions.filter(({ type }: { type: string }) => type === 'blocked')).toMatchObject([
    {
      key: 'ext-0@acme',
      code,
      message: `the definition of the ${what} was rejected (./definitions.csv:2): ${reason}`,
      hint: 'correct the definition of the role or permission',
    },
    { key: 'ext-1@acme', code: 'unknown_role' },
  ])
})
