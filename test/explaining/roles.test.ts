import { expect, test } from 'vitest'
import { member, peopleProject, person } from '../e2e/people.ts'
import { startWorkos } from '../e2e/workos.ts'
import { explainedOne, explainedText } from './explained.ts'

const ROLES = { define: { admin: { name: 'Admin' } }, map: { 'Org *': 'admin', Plain: 'member' } }

test('why admin: the row with the name, and the line of roles.map that turned it into the slug', async () => {
  const rows = [member('ada', 'acme', { role_slugs: 'Org Owner' }), member('ada', 'bolt', { role_slugs: 'Plain' })]
  const project = peopleProject(await startWorkos(), rows, { roles: ROLES })
  const ada = await explainedOne(project, 'ada@example.com')
  const memberships = ada.dependents.find(({ kind }) => kind === 'membership')?.shown
  expect(memberships?.map(({ address, roles }) => [address, roles])).toEqual([
    [
      'membership:id-ada@acme',
      [
        {
          role: 'admin',
          name: 'Org Owner',
          origin: './users.csv:2',
          from: 'map.membership.roles',
          by: 'roles.map.Org *',
          at: expect.stringMatching(/^migrate\.config\.yaml:\d+$/),
          given: true,
        },
      ],
    ],
    [
      'membership:id-ada@bolt',
      [expect.objectContaining({ role: 'member', origin: './users.csv:3', by: 'roles.map.Plain' })],
    ],
  ])
  const text = await explainedText(project, 'membership:id-ada@acme')
  expect(text).toContain('admin ← "Org Owner" in ./users.csv:2 (map.membership.roles)')
  expect(text).toContain('"role_slug": "admin"')
})

test('why admin: an assignment in another stream', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [member('ada', 'acme')])
  project.csv('grants.csv', [{ who: 'id-ada', where: 'acme', what: 'chief' }])
  project.manifest({
    version: 1,
    name: 'people',
    source: {
      type: 'file',
      streams: { users: { path: './users.csv' }, grants: { path: './grants.csv' } },
    },
    map: {
      user: { key: 'external_id', email: 'email' },
      organization: { key: 'org_external_id', name: 'org_name', externalId: 'org_external_id' },
      membership: { organization: 'org_external_id' },
      roleAssignment: { from: 'grants', user: 'who', organization: 'where', role: 'what' },
    },
    roles: { define: { admin: { name: 'Admin' } }, map: { chief: 'admin' } },
    target: workos.target,
  })
  const ada = await explainedOne(project, 'membership:id-ada@acme')
  expect(ada.roles).toEqual([
    expect.objectContaining({
      role: 'admin',
      name: 'chief',
      origin: './grants.csv:2',
      from: 'map.roleAssignment.role',
      by: 'roles.map.chief',
      given: true,
    }),
  ])
  expect(ada.records.map(({ origin }) => origin)).toEqual(['./users.csv:2', './grants.csv:2'])
  const byPlace = await explainedOne(project, 'grants.csv:2')
  expect(byPlace.address).toBe('user:id-ada')
})

test('why not admin: the default, a dropped role, and a role after another one', async () => {
  const rows = [
    member('ada', 'acme', { role_slugs: '' }),
    member('bea', 'acme', { role_slugs: 'unheard' }),
    member('cleo', 'acme', { role_slugs: 'boss,plain' }),
  ]
  const project = peopleProject(await startWorkos(), rows, {
    roles: {
      define: { admin: { name: 'Admin' } },
      map: { boss: 'admin', plain: 'member' },
      unmapped: 'drop',
      default: 'member',
      multiple: 'first',
      priority: ['member', 'admin'],
    },
  })
  const roles = async (name: string) =>
    (await explainedOne(project, `membership:id-${name}@acme`)).roles.map(({ role, given, from }) => [
      role,
      given,
      from,
    ])
  expect(await roles('ada')).toEqual([['member', true, 'roles.default']])
  expect(await roles('bea')).toEqual([
    ['unheard', false, 'map.membership.roles'],
    ['member', true, 'roles.default'],
  ])
  expect(await roles('cleo')).toEqual([
    ['admin', false, 'map.membership.roles'],
    ['member', true, 'map.membership.roles'],
  ])
})

test('a role without a membership is shown with its user', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [person('ada')], {
    safety: { maxRejects: 10 },
    map: { roleAssignment: { each: '$', organization: "'nowhere'", role: "'admin'" } },
  })
  const ada = await explainedOne(project, 'user:id-ada')
  expect(ada.action.type).toBe('create')
  expect(ada.rejects).toEqual([expect.objectContaining({ kind: 'roleAssignment', code: 'role_without_membership' })])
})
