import { expect, test } from 'vitest'
import { SpoiledReading } from '../../../src/sources/snapshot/snapshot.ts'
import { generateTenant, person } from '../../fakes/auth0/generate.ts'
import type { Auth0Settings } from '../../fakes/auth0/settings.ts'
import type { Tenant } from '../../fakes/auth0/tenant.ts'
import { tried } from '../../tried.ts'
import { folderWith, sums } from '../reading.ts'
import { captureInto, memberships, membershipsOf, readSnapshotOf, readTenant, stopAt, tenantWith } from './reading.ts'

const DATA = generateTenant({ users: 80, organizations: 5, withoutOrganization: 10, largest: 30 })
const [, SECOND = '', THIRD = ''] = DATA.organizations.map(({ id }) => id)

/** A tenant that changes at the n-th request with the text in its URL. */
async function changing(text: string, change: (tenant: Tenant) => void, time = 1) {
  let times = 0
  const fake = await tenantWith(DATA, {
    onRequest: ({ target }) => {
      if (target.includes(text) && ++times === time) change(fake.tenant)
    },
  })
  return fake
}

test('a member who was created after the users were read is read later', async () => {
  const come = person(5000)
  const fake = await changing(`${SECOND}/members?page`, (tenant) => {
    tenant.addUser(come)
    tenant.setMember(SECOND, come.user_id, [])
  })
  const reading = await readTenant(fake, { concurrency: 1, organizations: [THIRD, SECOND] })
  expect(reading.users.map(({ user_id }) => user_id)).toContain(come.user_id)
  expect(memberships(reading)).toMatchObject({ [`${come.user_id}@${SECOND}`]: [] })
  expect(reading.rejected).toEqual([])
})

test('a member who is deleted before that is rejected with the place', async () => {
  const gone = person(5001)
  const fake = await changing(`${SECOND}/members?page`, (tenant) => {
    tenant.addUser(gone)
    tenant.setMember(SECOND, gone.user_id, [])
    fake.after(1, () => tenant.deleteUser(gone.user_id))
  })
  const reading = await readTenant(fake, { concurrency: 1, organizations: [THIRD, SECOND] })
  expect(reading.rejected).toMatchObject([
    {
      stream: 'memberships',
      origin: { file: 'snapshot/members.ndjson.gz', line: expect.any(Number) },
      problem: { code: 'deleted_meanwhile', message: expect.stringContaining(gone.user_id) },
    },
  ])
  expect(memberships(reading)).not.toHaveProperty(`${gone.user_id}@${SECOND}`)
  expect(sums(reading)[2]?.[3]).toBe(1)
})

test(tried('Auth0', 'Management API v2', 'an organization that is deleted during the reading'), async () => {
  const fake = await changing(`${SECOND}/members?page`, (tenant) => tenant.deleteOrganization(THIRD))
  const reading = await readTenant(fake, { concurrency: 1 })
  expect(reading.rejected).toMatchObject([
    { stream: 'organizations', problem: { code: 'deleted_meanwhile', message: expect.stringContaining(THIRD) } },
  ])
  expect(reading.organizations.map(({ id }) => id)).toEqual(fake.tenant.organizations.all().map(({ id }) => id))
  expect(memberships(reading)).toEqual(membershipsOf(fake))
  expect(reading.users).toHaveLength(80)
  expect(sums(reading)[1]).toEqual(['organizations', 5, 4, 1])
})

test('an organization that is deleted between two pages of members leaves no members', async () => {
  const [first = ''] = DATA.organizations.map(({ id }) => id)
  const fake = await changing(`${first}/members?take`, (tenant) => tenant.deleteOrganization(first), 3)
  const reading = await readTenant(fake, { concurrency: 1, pageSize: 5 })
  expect(reading.rejected.map(({ stream }) => stream)).toEqual(['organizations'])
  expect(memberships(reading)).toEqual(membershipsOf(fake))
})

test('a user who is deleted between two pages explains a count that is one lower', async () => {
  const last = String(DATA.users.at(-1)?.user_id)
  const fake = await changing('/users?page=5', (tenant) => tenant.deleteUser(last))
  expect((await readTenant(fake, { engine: 'pages', pageSize: 10 })).users).toHaveLength(79)
})

test.each([
  ['is deleted', false],
  ['is deleted while others are created', true],
])('no user is missed when a user of an earlier page %s', async (_what, comes) => {
  const fake = await changing('/users?page=5', (tenant) => {
    const [first] = tenant.users.all().toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1))
    tenant.deleteUser(String(first?.user_id))
    if (comes) for (const n of [6000, 6001]) tenant.addUser(person(n))
  })
  const { users } = await readTenant(fake, { engine: 'pages', pageSize: 10, organizationFrom: 'none' })
  const read = new Set(users.map(({ user_id }) => user_id))
  expect(fake.tenant.users.all().filter(({ user_id }) => !read.has(user_id))).toEqual([])
  expect(users).toHaveLength(comes ? 82 : 80)
})

test.each([
  'reading the organizations: ',
  'reading the users: ',
  'reading the members of organizations: 30',
  'reading the members of organizations: 60',
])('a reading that was stopped at "%s…" continues without duplicates', async (place) => {
  const fake = await tenantWith(DATA)
  const folder = folderWith({})
  const source = { ...fake.source, pageSize: 10, concurrency: 2 }
  const { signal, told } = stopAt(place)
  await expect(captureInto(folder, source, { signal, told })).rejects.toThrow('stopped')
  const whole = await captureInto(folder, source)
  const reading = await readSnapshotOf(whole, source, folder)
  expect(memberships(reading)).toEqual(membershipsOf(fake))
  expect(reading.users).toHaveLength(80)
  const untouched = await captureInto(folderWith({}), source)
  const records = ({ streams }: typeof whole) => streams.map(({ name, records: count }) => [name, count])
  expect(records(whole)).toEqual(records(untouched))
})

test('a rejected checkpoint ends the reading', async () => {
  let pages = 0
  const fake = await tenantWith(DATA, {
    onAnswer: (entry, _answer, response) => {
      if (!entry.target.includes('&from=') || ++pages < 3) return false
      entry.status = 400
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"message":"Invalid checkpoint"}')
      return true
    },
  })
  const failure = await readTenant(fake, { pageSize: 5, concurrency: 1 }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SpoiledReading)
  expect(failure).toMatchObject({
    problems: [{ code: 'checkpoint_refused', message: expect.stringContaining('Invalid checkpoint') }],
  })
})

/** Returns members without their roles. */
const withoutRoles: NonNullable<Auth0Settings['onAnswer']> = (entry, { body }, response) => {
  if (!entry.target.includes('/members?')) return false
  entry.status = 200
  const text = JSON.stringify(body, (key, value) => (key === 'roles' ? undefined : value))
  response.writeHead(200, { 'content-type': 'application/json' }).end(text)
  return true
}

test('a tenant with many roles, and a member with more than a page of them, lose none', async () => {
  const roles = Array.from({ length: 230 }, (_, n) => ({
    id: `rol_${n}`,
    name: `role-${n}`,
    permissions: permissions(n),
  }))
  const [user] = DATA.users
  const members = [{ organization: SECOND, user: String(user?.user_id), roles: roles.map(({ id }) => id) }]
  for (const onAnswer of [undefined, withoutRoles]) {
    const fake = await tenantWith({ ...DATA, roles, members }, { onAnswer })
    const reading = await readTenant(fake, { pageSize: 40 })
    expect(Object.values(memberships(reading))).toEqual([roles.map(({ name }) => name)])
    const kept: unknown[] = []
    for await (const rows of reading.snapshot.read('roles')) kept.push(...rows.map(({ data }) => data))
    expect(kept).toEqual(roles)
  }
})

/** More than a page of permissions for one role. */
function permissions(role: number) {
  return Array.from({ length: role === 7 ? 130 : 1 }, (_, n) => ({
    permission_name: `do:${role}-${n}`,
    resource_server_name: 'Example API',
    resource_server_identifier: 'https://api.example.com',
  }))
}

test('roles that do not come with the members are requested one by one', async () => {
  const fake = await tenantWith(DATA, { onAnswer: withoutRoles })
  const reading = await readTenant(fake)
  expect(memberships(reading)).toEqual(membershipsOf(fake))
  expect(fake.counts()['GET /api/v2/organizations/:id/members/:user/roles']).toBeGreaterThan(50)
})
