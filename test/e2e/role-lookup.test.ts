import { describe, expect, test } from 'vitest'
import { member, peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, type Workos } from './workos.ts'

const env = { KEY }

/** An organization that is in WorkOS before the migration, and its path for roles. */
async function organization(workos: Workos, name: string) {
  const { id } = await workos.call('POST', '/organizations', { name: name.toUpperCase(), external_id: name })
  return { id, roles: `/authorization/organizations/${id}/roles` }
}

/** Applies these rows without declared roles. */
async function applied(workos: Workos, rows: readonly Row[]) {
  const project = peopleProject(workos, rows, { roles: undefined })
  const run = await project.run(['apply', '--yes'], { env })
  expect(run.exit, run.stdout + run.stderr).toBe(0)
  const again = await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })
  expect(again.exit, again.stdout).toBe(0)
  return (await workos.snapshot()).memberships
}

describe('lists of roles with pages are read to their end', () => {
  test('those of the environment', async () => {
    const workos = await startWorkos({ pagedRoles: true })
    for (let n = 0; n < 25; n += 1) await workos.call('POST', '/authorization/roles', { slug: `role-${n}`, name: 'R' })
    workos.takeLog()
    const rows = [member('ada', 'acme', { role_slugs: 'role-24' }), member('bob', 'acme', { role_slugs: 'role-3' })]
    expect(await applied(workos, rows)).toEqual([
      ['ada@example.com@@acme', ['role-24']],
      ['bob@example.com@@acme', ['role-3']],
    ])
    const lists = workos.takeLog().filter(({ route }) => route === '/authorization/roles')
    expect(lists.length).toBeGreaterThanOrEqual(3)
  })

  test('those of an organization, including applied definitions', async () => {
    const workos = await startWorkos({ pagedRoles: true })
    const acme = await organization(workos, 'acme')
    for (let n = 0; n < 25; n += 1) await workos.call('POST', acme.roles, { slug: `org-role-${n}`, name: 'R' })
    const rows = [member('ada', 'acme', { role_slugs: 'org-role-24' })]
    expect(await applied(workos, rows)).toEqual([['ada@example.com@@acme', ['org-role-24']]])
  })
})

test("a slug that is not an environment role is looked up among the organization's own, whatever its prefix", async () => {
  const workos = await startWorkos()
  const acme = await organization(workos, 'acme')
  const beta = await organization(workos, 'beta')
  const { slug } = await workos.call('POST', acme.roles, { name: 'Billing Admin' })
  expect(slug).toMatch(/^billing-admin-[0-9a-f]{8}$/)
  await workos.call('POST', beta.roles, { slug: 'org-keeper', name: 'Keeper' })
  // An environment role whose slug looks like an organization's.
  await workos.call('POST', '/authorization/roles', { slug: 'org-admin', name: 'Admin' })
  const rows = [
    member('ada', 'acme', { role_slugs: `${slug},org-admin` }),
    member('bob', 'beta', { role_slugs: 'org-keeper' }),
  ]
  expect(await applied(workos, rows)).toEqual([
    ['ada@example.com@@acme', [String(slug), 'org-admin']],
    ['bob@example.com@@beta', ['org-keeper']],
  ])
})

test('a slug that is neither blocks only its memberships: one list of the environment, one of each organization', async () => {
  const workos = await startWorkos()
  const [acme] = [await organization(workos, 'acme'), await organization(workos, 'beta')]
  const { slug } = await workos.call('POST', acme.roles, { name: 'Billing Admin' })
  const rows = [
    member('ada', 'acme', { role_slugs: String(slug) }),
    member('bob', 'beta', { role_slugs: String(slug) }),
    member('cy', 'beta', { role_slugs: 'org-ghost' }),
    member('dora', 'new', { role_slugs: 'ghost' }),
  ]
  const project = peopleProject(workos, rows)
  workos.takeLog()
  const planned = await project.run(['plan', '--json'], { env })
  const { actions } = JSON.parse(planned.stdout)
  const memberships = actions.filter(({ kind }: { kind: string }) => kind === 'membership')
  expect(memberships.map(({ key, type, code }: Record<string, string>) => [key, type, code ?? ''])).toEqual([
    ['id-ada@acme', 'create', ''],
    ['id-bob@beta', 'blocked', 'unknown_role'],
    ['id-cy@beta', 'blocked', 'unknown_organization_role'],
    ['id-dora@new', 'blocked', 'unknown_role'],
  ])
  const lists = workos.takeLog().flatMap(({ route }) => (route?.endsWith('/roles') ? [route] : []))
  expect(lists).toEqual([
    '/authorization/roles',
    '/authorization/organizations/:organizationId/roles',
    '/authorization/organizations/:organizationId/roles',
  ])
})

test('an environment role causes no lookup in organizations', async () => {
  const workos = await startWorkos()
  for (const name of ['acme', 'beta']) await organization(workos, name)
  await workos.call('POST', '/authorization/roles', { slug: 'editor', name: 'Editor' })
  const rows = [member('ada', 'acme', { role_slugs: 'editor' }), member('bob', 'beta', { role_slugs: 'editor' })]
  workos.takeLog()
  await applied(workos, rows)
  expect(workos.takeLog().filter(({ route }) => route?.startsWith('/authorization/organizations'))).toEqual([])
})
