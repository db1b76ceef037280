import { expect, test } from 'vitest'
import { CredentialsError, SourceError } from '../../../src/diagnostics/errors.ts'
import { isObject } from '../../../src/json.ts'
import { auth0Source } from '../../../src/sources/auth0/open.ts'
import { checkOptions } from '../../../src/sources/auth0/options.ts'
import { generateTenant, invitation, person, ROLES } from '../../fakes/auth0/generate.ts'
import type { Auth0Invitation } from '../../fakes/auth0/objects.ts'
import { ALL_SCOPES } from '../../fakes/auth0/settings.ts'
import { folderWith, sums } from '../reading.ts'
import { captureInto, readSnapshotOf, readTenant, stopAt, type TenantReading, tenantWith } from './reading.ts'

const ON = { invitations: true }
const LIST = 'GET /api/v2/organizations/:id/invitations'

/** A tenant of three organizations with these invitations. */
function tenant(invitations: Auth0Invitation[]) {
  return { ...generateTenant({ users: 6, organizations: 3 }), invitations }
}

/** Many invitations to the first organization. */
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => invitation(n, { organization_id: invitation(0).organization_id }))

const invitationsIn = ({ records }: Pick<TenantReading, 'records'>) =>
  records.filter(({ stream }) => stream === 'invitations').map(({ data }) => data)

const idsOf = (rows: readonly { id?: unknown }[]) => rows.map(({ id }) => id).toSorted()

test('invitations have the names of their roles, and neither link nor ticket', async () => {
  const own = [
    invitation(0, { roles: [ROLES[0]?.id ?? '', 'rol_gone'], app_metadata: { plan: 'pro' } }),
    invitation(1, { expires_at: '2024-03-08T08:00:00.000Z' }),
    invitation(2, { roles: [] }),
  ]
  const reading = await readTenant(await tenantWith(tenant(own)), ON)
  const found = invitationsIn(reading)
  expect(found[0]).toEqual({
    id: 'uinv_0000000000000000',
    organization_id: 'org_0000000000000001',
    inviter: { name: 'Ada Example' },
    invitee: { email: 'invited-0@example.com' },
    created_at: '2024-03-01T08:00:00.000Z',
    expires_at: '2099-03-31T08:00:00.000Z',
    client_id: 'fake-application',
    app_metadata: { plan: 'pro' },
    roles: [
      { id: ROLES[0]?.id, name: 'admin' },
      { id: 'rol_gone', name: null },
    ],
    expired: false,
    invitee_blocked: false,
  })
  expect(found.map(({ expired }) => expired)).toEqual([false, true, false])
  expect(sums(reading)).toContainEqual(['invitations', 3, 3, 0])
  const kept = []
  for await (const rows of reading.snapshot.read('invitations')) kept.push(...rows)
  expect(JSON.stringify(kept)).not.toContain('ticketDoNotShow')
})

test('an invitation shows whether all users with its address are blocked', async () => {
  const people = [person(0), person(11), person(1), { ...person(2), email: 'Person-11@example.com' }]
  expect(people.map(({ blocked }) => blocked === true)).toEqual([true, true, false, false])
  const invitee = (email: string) => ({ invitee: { email } })
  const own = [
    invitation(0, invitee('Person-0@example.com')),
    invitation(1, invitee('person-11@example.com')),
    invitation(2, invitee('person-1@example.com')),
  ]
  const data = { ...tenant(own), users: people, members: [] }
  const reading = await readTenant(await tenantWith(data), ON)
  expect(invitationsIn(reading).map(({ invitee_blocked }) => invitee_blocked)).toEqual([true, false, false])
})

test('an invitation link that the tenant returns anyway is removed', async () => {
  const fake = await tenantWith(tenant([invitation(0)]), {
    onAnswer: ({ target }, { body }) => {
      const found = isObject(body) && target.includes('/invitations') ? body.invitations : undefined
      if (Array.isArray(found)) for (const one of found) Object.assign(one, invitation(0))
      return false
    },
  })
  const reading = await readTenant(fake, ON)
  expect(invitationsIn(reading)).toHaveLength(1)
  expect(JSON.stringify(reading.records)).not.toContain('ticketDoNotShow')
})

test('invitations are read only on request, into another snapshot', async () => {
  const fake = await tenantWith(tenant([invitation(0)]))
  const reading = await readTenant(fake)
  expect(invitationsIn(reading)).toEqual([])
  expect(sums(reading).map(([stream]) => stream)).not.toContain('invitations')
  expect(fake.counts()[LIST]).toBeUndefined()
  const identity = (options: object) => auth0Source.live?.identity({ ...fake.source, ...options })
  expect(identity(ON)).toMatchObject(ON)
  expect(identity({ invitations: false })).toEqual(identity({}))
})

test.each([
  { invitationsCap: 100, pageSize: 10 },
  { invitationsCap: 7, pageSize: 100 },
])('all pages are read, with at most $invitationsCap of $pageSize requested entries', async ({
  invitationsCap,
  pageSize,
}) => {
  const own = [...many(35), invitation(101, { organization_id: 'org_0000000000000002' })]
  const reading = await readTenant(await tenantWith(tenant(own), { invitationsCap }), { ...ON, pageSize })
  expect(idsOf(invitationsIn(reading))).toEqual(idsOf(own))
})

test('an invitation that disappears during the reading hides no other', async () => {
  const own = many(30)
  let pages = 0
  const fake = await tenantWith(tenant(own), {
    onRequest: ({ target }) => {
      if (!target.includes('/invitations?') || !target.includes('per_page=10')) return
      pages += 1
      if (pages === 2) fake.tenant.invitations.delete(own[0]?.id ?? '')
    },
  })
  const reading = await readTenant(fake, { ...ON, pageSize: 10, concurrency: 1 })
  expect(idsOf(invitationsIn(reading))).toEqual(idsOf(own.slice(1)))
})

test('more invitations than pages reach are read from both ends, or the reading fails', async () => {
  const own = many(1500)
  const reading = await readTenant(await tenantWith(tenant(own)), ON)
  expect(idsOf(invitationsIn(reading))).toEqual(idsOf(own))
  const failure = await readTenant(await tenantWith(tenant(many(2000))), ON).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SourceError)
  expect(failure).toMatchObject({ problems: [{ message: expect.stringContaining('org_0000000000000001') }] })
})

test('invitations need one more scope, which the error names', async () => {
  const scopes = ALL_SCOPES.filter((scope) => scope !== 'read:organization_invitations')
  const fake = await tenantWith(tenant([invitation(0)]), { scopes })
  const failure = await readTenant(fake, ON).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CredentialsError)
  expect(failure).toMatchObject({
    problems: [
      {
        code: 'missing_scope',
        message:
          'the application does not have the scope read:organization_invitations, which is needed to read the invitations to organizations',
      },
    ],
  })
  expect((await readTenant(fake)).users).toHaveLength(6)
})

test('an interrupted reading reads the invitations of each organization once', async () => {
  const own = [invitation(0), invitation(1), invitation(2)]
  const fake = await tenantWith(tenant(own))
  const folder = folderWith({})
  const source = { ...fake.source, ...ON, concurrency: 1 }
  await expect(captureInto(folder, source, stopAt('reading the invitations to organizations: 1'))).rejects.toThrow(
    'stopped',
  )
  const before = fake.counts()[LIST] ?? 0
  const snapshot = await captureInto(folder, source)
  expect(idsOf(invitationsIn(await readSnapshotOf(snapshot, source, folder)))).toEqual(idsOf(own))
  // One of the requests checks the scope.
  expect((fake.counts()[LIST] ?? 0) - before).toBeLessThan(1 + own.length)
})

test('invitations need organizations', () => {
  const tenantOf = { domain: 'acme.eu.auth0.com', clientId: 'id', clientSecret: 'secret', ...ON }
  expect(checkOptions({ ...tenantOf, organizationFrom: 'metadata' })).toMatchObject([{ path: 'source.invitations' }])
  expect(checkOptions({ users: './users.ndjson', ...ON })).toMatchObject([
    { code: 'option_without_tenant', path: 'source.invitations' },
  ])
  expect(checkOptions(tenantOf)).toEqual([])
})
