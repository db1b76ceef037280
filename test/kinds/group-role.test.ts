import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { groupRole } from '../../src/kinds/group/group-role.ts'
import type { Api } from '../../src/workos/api.ts'

const assignment = (id: string, slug: string, type: string): JsonObject => ({
  object: 'group_role_assignment',
  id,
  group_id: 'group_1',
  role: { slug },
  resource: { id: 'resource_1', external_id: 'x', resource_type_slug: type },
})

/** The roles of a group: one in its organization, and one on a project there. */
const GIVEN = [assignment('gra_1', 'editor', 'project'), assignment('gra_2', 'billing', 'organization')]

const api: Api = {
  read: async (path) => {
    if (path === '/authorization/groups/group_1/role_assignments')
      return { data: GIVEN, list_metadata: { after: null } }
    return GIVEN.find(({ id }) => path === `/authorization/groups/group_1/role_assignments/${id}`)
  },
  write: () => Promise.reject(new Error('nothing is written')),
}

const GROUP = 'org_1/group_1'
const desired = (slug: string) => ({
  kind: 'group-role',
  key: `${slug}@staff@acme`,
  attributes: {},
  secrets: null,
  refs: { group: 'staff@acme', organization: 'acme' },
})

test('a role that a group assigns below the organization does not count as a role of the group', async () => {
  const listed: unknown[] = []
  for await (const page of groupRole.list(api, [GROUP])) listed.push(...page)
  expect(listed).toEqual([
    { id: 'org_1/group_1/gra_2', externalId: null, naturalKey: `billing@${GROUP}`, attributes: {} },
  ])
  expect(await groupRole.find(api, desired('editor'), { group: GROUP })).toBeUndefined()
  expect(await groupRole.find(api, desired('billing'), { group: GROUP })).toMatchObject({ id: 'org_1/group_1/gra_2' })
  expect(await groupRole.get(api, 'org_1/group_1/gra_1')).toBeUndefined()
  expect(await groupRole.get(api, 'org_1/group_1/gra_2')).toMatchObject({ naturalKey: `billing@${GROUP}` })
})

test('its requests contain the group and the role', () => {
  expect(groupRole.create(desired('billing'), { group: GROUP })).toEqual({
    method: 'POST',
    path: '/authorization/groups/group_1/role_assignments',
    body: { role_slug: 'billing' },
  })
  expect(groupRole.remove('org_1/group_1/gra_2')).toEqual({
    method: 'DELETE',
    path: '/authorization/groups/group_1/role_assignments/gra_2',
  })
})
