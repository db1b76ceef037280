import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refusalOf, type Subject, startSubject } from './harness.ts'

const MEMBERSHIPS = '/user_management/organization_memberships'
let subject: Subject
let organizationId: string
let groups: string
beforeEach(async () => {
  subject = await startSubject()
  organizationId = (await subject.ok('POST', '/organizations', { name: 'One' })).id
  groups = `/organizations/${organizationId}/groups`
})
afterEach(() => subject.close())

async function membership(email: string, organization = organizationId) {
  const user = await subject.ok('POST', '/user_management/users', { email })
  return subject.ok('POST', MEMBERSHIPS, { user_id: user.id, organization_id: organization })
}

async function idsOf(path: string): Promise<string[]> {
  return (await subject.ok('GET', path)).data.map(({ id }) => id)
}

describe('groups', () => {
  test('are created, read, changed and deleted', async () => {
    const created = await subject.ok('POST', groups, { name: 'Engineering' })
    expect(created).toMatchObject({ name: 'Engineering', description: null, organization_id: organizationId })
    expect(created.id).toMatch(/^group_/)
    const group = `${groups}/${created.id}`
    expect(await subject.ok('GET', group)).toEqual(created)
    expect(await subject.ok('PATCH', group, { description: 'Builds' })).toMatchObject({ name: 'Engineering' })
    const renamed = await subject.ok('PATCH', group, { name: 'Research' })
    expect(renamed).toMatchObject({ name: 'Research', description: 'Builds' })
    expect(await subject.ok('PATCH', group, { description: null })).toMatchObject({ description: null })
    expect((await subject.call('DELETE', group)).status).toBe(204)
    expect(refusalOf(await subject.call('GET', group))).toEqual([404, 'entity_not_found'])
  })

  test('can share a name, and each is listed only in its organization', async () => {
    const first = await subject.ok('POST', groups, { name: 'Engineering' })
    const second = await subject.ok('POST', groups, { name: 'Engineering' })
    const other = await subject.ok('POST', '/organizations', { name: 'Two' })
    await subject.ok('POST', `/organizations/${other.id}/groups`, { name: 'Engineering' })
    expect(await idsOf(`${groups}?order=asc`)).toEqual([first.id, second.id])
    expect(await idsOf(`${groups}?order=asc&limit=1&after=${first.id}`)).toEqual([second.id])
    expect((await subject.call('GET', `/organizations/${other.id}/groups/${first.id}`)).status).toBe(404)
  })

  test.each([
    [{}, 'name_required'],
    [{ name: '' }, 'name_required'],
    [{ name: 'n'.repeat(257) }, 'name_too_long'],
    [{ name: 'A', description: 'd'.repeat(151) }, 'description_too_long'],
    [{ name: 'A', description: 1 }, 'description_must_be_a_string'],
  ])('%j is rejected with %s', async (body, code) => {
    expect(refusalOf(await subject.call('POST', groups, body))).toEqual([422, 'invalid_request_parameters', code])
  })

  test('an unknown organization is 404', async () => {
    expect((await subject.call('GET', '/organizations/org_none/groups')).status).toBe(404)
    expect((await subject.call('POST', '/organizations/org_none/groups', { name: 'A' })).status).toBe(404)
  })
})

describe('members', () => {
  let group: { id: string }
  let members: string
  beforeEach(async () => {
    group = await subject.ok('POST', groups, { name: 'Engineering' })
    members = `${groups}/${group.id}/organization-memberships`
  })

  async function add(organization_membership_id: string) {
    return subject.ok('POST', members, { organization_membership_id })
  }

  test('are added (a second time without effect), listed and removed', async () => {
    const ada = await membership('ada@example.com')
    const bob = await membership('bob@example.com')
    expect(await add(ada.id)).toMatchObject({ id: group.id, name: 'Engineering' })
    await add(bob.id)
    await add(ada.id)
    expect(await idsOf(`${members}?order=asc`)).toEqual([ada.id, bob.id])
    expect(await idsOf(`${members}?limit=1`)).toEqual([bob.id])
    expect(await idsOf(`${MEMBERSHIPS}/${ada.id}/groups`)).toEqual([group.id])
    expect((await subject.call('DELETE', `${members}/${ada.id}`)).status).toBe(204)
    expect(refusalOf(await subject.call('DELETE', `${members}/${ada.id}`))).toEqual([404, 'entity_not_found'])
    expect(await idsOf(members)).toEqual([bob.id])
    expect((await subject.call('GET', `${MEMBERSHIPS}/${ada.id}`)).status).toBe(200)
  })

  test('must be members of the organization', async () => {
    const other = await subject.ok('POST', '/organizations', { name: 'Two' })
    const stranger = await membership('ada@example.com', other.id)
    for (const organization_membership_id of [stranger.id, 'om_none']) {
      const answer = await subject.call('POST', members, { organization_membership_id })
      expect(refusalOf(answer)).toEqual([404, 'entity_not_found'])
    }
    const nothing = await subject.call('POST', members, {})
    expect(refusalOf(nothing)).toEqual([422, 'invalid_request_parameters', 'organization_membership_id_required'])
  })

  test('leave with their membership, their user, their group and their organization', async () => {
    const [ada, bob, eve] = [
      await membership('a@example.com'),
      await membership('b@example.com'),
      await membership('e@example.com'),
    ]
    for (const { id } of [ada, bob, eve]) await add(id)
    await subject.ok('DELETE', `${MEMBERSHIPS}/${ada.id}`)
    await subject.ok('DELETE', `/user_management/users/${bob.user_id}`)
    expect(await idsOf(members)).toEqual([eve.id])
    await subject.call('DELETE', `${groups}/${group.id}`)
    expect(await idsOf(`${MEMBERSHIPS}/${eve.id}/groups`)).toEqual([])
    const another = await subject.ok('POST', groups, { name: 'Finance' })
    await subject.ok('DELETE', `/organizations/${organizationId}`)
    expect((await subject.call('GET', `${groups}/${another.id}`)).status).toBe(404)
  })
})
