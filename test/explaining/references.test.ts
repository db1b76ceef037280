import { expect, test } from 'vitest'
import { member, peopleProject, person } from '../e2e/people.ts'
import { startWorkos } from '../e2e/workos.ts'
import { applied, explained, explainedOne, explainedText } from './explained.ts'

test('an organization from the rows of its members: one of them, how many, and who is in it', async () => {
  const rows = ['ada', 'bea', 'cleo'].map((name) => member(name, 'acme'))
  const project = peopleProject(await startWorkos(), rows)
  const acme = await explainedOne(project, 'organization:acme')
  expect(acme).toMatchObject({ label: 'ACME', moreRecords: 2, action: { type: 'create' } })
  expect(acme.dependents).toMatchObject([{ kind: 'membership', count: 3 }])
  expect(acme.requests).toEqual([
    { method: 'POST', path: '/organizations', body: { name: 'ACME', external_id: 'acme' } },
  ])
})

test('a membership names placeholder IDs, and real IDs once they exist', async () => {
  const project = peopleProject(await startWorkos(), [member('ada', 'a/c me', { role_slugs: 'admin' })])
  const before = await explainedOne(project, 'membership:id-ada@a/c me')
  expect(before.requests).toEqual([
    {
      method: 'POST',
      path: '/user_management/organization_memberships',
      body: { user_id: '(id of user:id-ada)', organization_id: '(id of organization:a/c me)', role_slug: 'admin' },
    },
  ])
  expect(before.references.map(({ role, address, action }) => [role, address, action])).toEqual([
    ['user', 'user:id-ada', 'create'],
    ['organization', 'organization:a/c me', 'create'],
    ['role', 'role:admin', 'create'],
  ])
  await applied(project)
  const after = await explainedOne(project, 'membership:id-ada@a/c me')
  expect(after.action.type).toBe('unchanged')
  expect(after.references[0]?.id).toMatch(/^user_/)
  expect(after.requests).toEqual([])
})

test('a missing ID in a path is written in words, and requests after the create are shown', async () => {
  const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const project = peopleProject(await startWorkos(), [person('ada', { totp_secret: seed })], {
    roles: { define: { admin: { name: 'Admin', permissions: ['posts:read'] } } },
  })
  const { explanations } = await explained(project, 'totp-factor:id-ada')
  expect(explanations[0]?.requests).toEqual([
    {
      method: 'POST',
      path: '/user_management/users/(id of user:id-ada)/auth_factors',
      body: { type: 'totp', totp_secret: '(secret)', totp_user: 'ada@example.com' },
    },
  ])
  const admin = await explainedOne(project, 'role:admin')
  expect(admin.declared).toMatch(/^migrate\.config\.yaml:\d+$/)
  expect(admin.requests.map(({ method }) => method)).toEqual(['POST', 'PUT'])
})

test('why blocked: the membership of a blocked user names the reason of the user', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme')])
  await workos.call('POST', '/user_management/users', { email: 'stranger@example.com', external_id: 'id-ada' })
  const ada = await explainedOne(project, 'user:id-ada')
  expect(ada.action).toMatchObject({ type: 'blocked', code: 'external_id_clash' })
  expect(ada.dependents[0]?.shown[0]).toMatchObject({ address: 'membership:id-ada@acme', action: 'blocked' })
  const membership = await explainedOne(project, 'membership:id-ada@acme')
  expect(membership.action).toMatchObject({ type: 'blocked', code: 'dependency_blocked' })
  expect(membership.action.why).toContain(ada.action.why)
  expect(membership.references[0]).toMatchObject({ address: 'user:id-ada', action: 'blocked', why: ada.action.why })
})

test('a membership of a merged user is found by its former key', async () => {
  const rows = [member('ada', 'acme'), member('double', 'bolt', { email: 'ada@example.com' })]
  const project = peopleProject(await startWorkos(), rows)
  expect((await explainedOne(project, 'membership:id-double@bolt')).address).toBe('membership:id-ada@bolt')
})

test('an update shows before and after, what stays, the state, and with --live what is in WorkOS', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [person('ada', { last_name: 'Byron' })])
  await applied(project)
  const { state } = await explainedOne(project, 'user:id-ada')
  await workos.call('PUT', `/user_management/users/${state?.id}`, { last_name: 'Lovelace' })
  project.csv('users.csv', [person('ada', { first_name: 'Augusta', last_name: 'Byron' })])
  const ada = await explainedOne(project, 'user:id-ada', '--live')
  expect(ada.action).toMatchObject({
    type: 'update',
    changes: [{ field: 'firstName', before: 'ada', after: 'Augusta' }],
    kept: [{ field: 'lastName', live: 'Lovelace', desired: 'Byron', reason: 'changed in WorkOS' }],
  })
  expect(ada.state).toMatchObject({ id: state?.id, ownership: 'created', run: 1 })
  expect(ada.live).toMatchObject({ found: true, id: state?.id, attributes: { lastName: 'Lovelace' } })
  expect(ada.requests).toEqual([
    { method: 'PUT', path: `/user_management/users/${state?.id}`, body: { first_name: 'Augusta' } },
  ])
  const text = await explainedText(project, 'user:id-ada', '--live')
  expect(text).toContain('firstName: "ada" → "Augusta"')
  expect(text).toMatch(/\nWorkOS\n {2}user_/)
})

test('a group and its member have placeholder IDs in paths and bodies', async () => {
  const project = peopleProject(await startWorkos(), [member('ada', 'acme', { groups: 'Staff' })], {
    map: {
      group: { each: "$split(groups, ',')", name: '$' },
      groupMember: { each: "$split(groups, ',')", group: '$' },
    },
  })
  const requests = async (what: string) => (await explainedOne(project, what)).requests
  expect(await requests('group:Staff@acme')).toEqual([
    { method: 'POST', path: '/organizations/(id of organization:acme)/groups', body: { name: 'Staff' } },
  ])
  expect(await requests('group-membership:id-ada@Staff@acme')).toEqual([
    {
      method: 'POST',
      path: '/organizations/(id of organization:acme)/groups/(id of group:Staff@acme)/organization-memberships',
      body: { organization_membership_id: '(id of membership:id-ada@acme)' },
    },
  ])
})

test("an organization's own role with permissions has the placeholder ID of its organization", async () => {
  const project = peopleProject(await startWorkos(), [member('ada', 'acme', { role_slugs: 'org-boss' })], {
    roles: { define: { 'org-boss': { name: 'Boss', permissions: ['posts:read'], organizations: ['acme'] } } },
  })
  const { explanations } = await explained(project, 'org-boss@acme')
  expect(explanations.map(({ address }) => address)).toEqual(['organization-role:org-boss@acme'])
  expect(explanations[0]?.requests.map(({ path }) => path)).toEqual([
    '/authorization/organizations/(id of organization:acme)/roles',
    '/authorization/organizations/(id of organization:acme)/roles/org-boss/permissions',
  ])
})

test('the results of the row of a merged user are shown under its former key', async () => {
  const rows = [member('ada', 'acme'), member('double', 'bolt', { email: 'ada@example.com' })]
  const project = peopleProject(await startWorkos(), rows)
  const bolt = await explainedOne(project, 'membership:id-ada@bolt')
  expect(bolt.records).toMatchObject([{ origin: './users.csv:3' }])
  expect(bolt.records[0]?.rules[0]?.items).toMatchObject([{ yields: 'membership:id-double@bolt' }])
})
