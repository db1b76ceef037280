import { describe, expect, test } from 'vitest'
import { CredentialsError, ManifestError, SourceError } from '../../../src/diagnostics/errors.ts'
import { SECRET_KEY } from '../../fakes/clerk/fake-clerk.ts'
import { clerkUser, generateInstance } from '../../fakes/clerk/generate.ts'
import { json, raw, scriptedServer } from '../../workos/scripted-server.ts'
import { folderWith } from '../reading.ts'
import { capture, fakeClerk, idsOf, optionsOf, rowsOf } from './capturing.ts'

const SMALL = { users: 95, organizations: 7, membershipsEach: 2, withoutOrganization: 20 }
const PAGES = { pageSize: 10 }

async function failure(
  promise: Promise<unknown>,
): Promise<{ code: string | undefined; message: string; error: unknown }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error)) throw new Error('expected a rejection')
  expect(`${error.message} ${error.stack}`).not.toContain(SECRET_KEY)
  const problems = 'problems' in error && Array.isArray(error.problems) ? error.problems : []
  return { code: problems[0]?.code, message: error.message, error }
}

describe('an instance', () => {
  test('is read whole, oldest first, with any page size', async () => {
    const data = generateInstance(SMALL)
    const fake = await fakeClerk(data)
    for (const pageSize of [10, 47, 95, 500]) {
      const { snapshot, warnings, progress } = await capture(optionsOf(fake, { pageSize }))
      expect(await idsOf(snapshot, 'users')).toEqual(data.users.map(({ id }) => id))
      expect(await idsOf(snapshot, 'organizations')).toEqual(data.organizations.map(({ id }) => id))
      expect((await idsOf(snapshot, 'memberships')).toSorted()).toEqual(data.memberships.map(({ id }) => id).toSorted())
      expect(warnings).toEqual([])
      expect(progress).toContain('reading the users: 95 of 95')
    }
  })

  test('without users is an empty snapshot', async () => {
    const { snapshot } = await capture(optionsOf(await fakeClerk({})))
    expect(snapshot.streams.map(({ records }) => records)).not.toContain(1)
    expect(await idsOf(snapshot, 'users')).toEqual([])
  })

  test('keeps user, organization and role of a membership, without the whole organization', async () => {
    const fake = await fakeClerk(generateInstance({ users: 1, organizations: 1 }))
    const { snapshot } = await capture(optionsOf(fake))
    const [membership] = await rowsOf(snapshot, 'memberships')
    expect(membership).toMatchObject({ user_id: clerkUser(0).id, role: 'org:admin' })
    expect(Object.keys(Object(membership?.organization))).toEqual(['id', 'name', 'slug'])
  })

  test('is read with the key of the manifest, at most 500 objects per request', async () => {
    const fake = await fakeClerk(generateInstance(SMALL))
    await capture(optionsOf(fake, { rate: undefined }))
    expect(fake.log.length).toBeGreaterThan(5)
    for (const { headers, target } of fake.log) {
      expect(headers.authorization).toBe(`Bearer ${SECRET_KEY}`)
      expect(Number(new URL(target, 'http://x').searchParams.get('limit') ?? 1)).toBeLessThanOrEqual(500)
    }
  })

  test('is read without organizations if a file contains the memberships', async () => {
    const fake = await fakeClerk(generateInstance(SMALL))
    const { snapshot } = await capture(optionsOf(fake, { memberships: 'memberships.csv' }))
    expect(snapshot.streams.map(({ name }) => name)).toEqual(['users'])
    expect(fake.log.filter(({ target }) => target.includes('organization'))).toEqual([])
  })
})

describe('changes during a reading', () => {
  test.each([1, 4])('lose and double no remaining user (%i requests at once)', async (concurrency) => {
    const data = generateInstance(SMALL)
    const fake = await fakeClerk(data)
    const { instance } = fake
    const gone = [3, 4, 5, 12, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 60]
    for (const [index, n] of gone.entries()) fake.after(2 + index, () => instance.deleteUser(clerkUser(n).id))
    fake.after(6, () => instance.addUser({ ...clerkUser(700), created_at: Date.now() }))
    fake.after(9, () => instance.addUser({ ...clerkUser(701), created_at: Date.now() }))
    const { snapshot } = await capture(optionsOf(fake, { ...PAGES, concurrency }))
    const ids = await idsOf(snapshot, 'users')
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of instance.users.keys()) expect(ids).toContain(id)
  })

  test('new members are read, and deleted members are noted', async () => {
    // Created long ago, like imported users, so that they do not come at the end of the list.
    const [backdated, visitor] = [clerkUser(-5), clerkUser(-6)]
    const fake = await fakeClerk(generateInstance({ users: 30, organizations: 2 }), {
      onRequest({ target }) {
        const { instance } = fake
        const [organization = ''] = instance.organizations.keys()
        if (target.startsWith('/v1/organization_memberships') && !instance.users.has(backdated.id)) {
          for (const user of [backdated, visitor]) {
            instance.addUser(user)
            instance.setMembership(organization, user.id, 'org:member')
          }
        }
        if (target.includes('user_id=')) instance.deleteUser(visitor.id)
      },
    })
    const { snapshot } = await capture(optionsOf(fake, PAGES))
    const ids = await idsOf(snapshot, 'users')
    expect(ids).toHaveLength(31)
    expect(ids.at(-1)).toBe(backdated.id)
    expect(await idsOf(snapshot, 'gone')).toEqual([visitor.id])
  })

  test('a user who is deleted after being read is reported', async () => {
    const data = generateInstance({ users: 30, organizations: 1 })
    const fake = await fakeClerk(data, {
      onRequest({ target }) {
        if (target.startsWith('/v1/organizations')) fake.instance.deleteUser(clerkUser(3).id)
      },
    })
    const { snapshot, warnings } = await capture(optionsOf(fake))
    expect(await idsOf(snapshot, 'users')).toHaveLength(30)
    expect(warnings).toMatchObject([{ code: 'deleted_meanwhile', message: expect.stringContaining('1 of the users') }])
  })
})

describe('counts that do not match', () => {
  test('are an error, and leave no snapshot', async () => {
    const fake = await fakeClerk(generateInstance(SMALL), { totalsOff: { memberships: 3 } })
    const { code, message } = await failure(capture(optionsOf(fake)))
    expect(code).toBe('count_mismatch')
    expect(message).toContain('counted 153 memberships before the reading and 153 after it, but 150 were read')
  })

  test('more entries than possible are an error too', async () => {
    const fake = await fakeClerk(generateInstance(SMALL), { totalsOff: { memberships: -3 } })
    expect(await failure(capture(optionsOf(fake)))).toMatchObject({ code: 'count_mismatch' })
  })
})

describe('an interrupted reading', () => {
  test('continues where it stopped, and reads no user twice', async () => {
    const data = generateInstance(SMALL)
    const fake = await fakeClerk(data)
    const folder = folderWith({})
    for (let cut = 0; cut < 6; cut += 1) {
      const abort = new AbortController()
      fake.after(5 + cut, () => abort.abort(new Error('killed')))
      await expect(capture(optionsOf(fake, PAGES), folder, abort.signal)).rejects.toThrow('killed')
    }
    const asked = fake.log.length
    const { snapshot } = await capture(optionsOf(fake, PAGES), folder)
    expect(await idsOf(snapshot, 'users')).toEqual(data.users.map(({ id }) => id))
    expect(await idsOf(snapshot, 'memberships')).toHaveLength(data.memberships.length)
    expect(new Set(await idsOf(snapshot, 'memberships')).size).toBe(data.memberships.length)
    expect(fake.log.length - asked).toBeLessThan(asked)
  })

  test('starts again with a rejected key, and continues with an accepted one', async () => {
    const fake = await fakeClerk(generateInstance(SMALL))
    const folder = folderWith({})
    fake.after(8, () => fake.revokeKey())
    const { error, message } = await failure(capture(optionsOf(fake, PAGES), folder))
    expect(error).toBeInstanceOf(CredentialsError)
    expect(message).toMatch(/the Clerk API at 127.0.0.1:\d+ rejected the secret key \(HTTP 401 clerk_key_invalid\)/)
  })
})

describe('updatedSince', () => {
  const SINCE = '2026-01-01T00:00:00Z'
  const AFTER = Date.parse('2026-02-01T00:00:00Z')

  test('reads changed users, and users with changed memberships, with all organizations', async () => {
    const fake = await fakeClerk(generateInstance(SMALL), { now: () => AFTER })
    const { instance } = fake
    const [organization = ''] = instance.organizations.keys()
    for (const n of [5, 50, 94]) instance.updateUser(clerkUser(n).id, { first_name: 'New' })
    instance.setMembership(organization, clerkUser(80).id, 'org:admin')
    const { snapshot } = await capture(optionsOf(fake, { ...PAGES, updatedSince: SINCE }))
    expect((await idsOf(snapshot, 'users')).toSorted()).toEqual([5, 50, 80, 94].map((n) => clerkUser(n).id))
    expect(await idsOf(snapshot, 'organizations')).toHaveLength(7)
    const members = (await rowsOf(snapshot, 'memberships')).map(({ user_id }) => user_id)
    expect(members.toSorted()).toEqual([5, 5, 50, 50, 80].map((n) => clerkUser(n).id))
    expect(snapshot.identity).toMatchObject({ updatedSince: '2026-01-01T00:00:00.000Z' })
  })

  test('finds users who change during the reading', async () => {
    let time = AFTER
    const fake = await fakeClerk(generateInstance({ users: 60, organizations: 0 }), { now: () => time++ })
    const { instance } = fake
    for (let n = 0; n < 40; n += 1) instance.updateUser(clerkUser(n).id, {})
    const late = [45, 10, 50]
    for (const [index, n] of late.entries()) fake.after(2 + index, () => instance.updateUser(clerkUser(n).id, {}))
    fake.after(3, () => instance.deleteUser(clerkUser(38).id))
    const { snapshot } = await capture(optionsOf(fake, { ...PAGES, updatedSince: SINCE }))
    const ids = await idsOf(snapshot, 'users')
    expect(new Set(ids).size).toBe(ids.length)
    const expected = [...Array.from({ length: 40 }, (_, n) => n), 45, 50].filter((n) => n !== 38)
    expect(ids.filter((id) => id !== clerkUser(38).id).toSorted()).toEqual(expected.map((n) => clerkUser(n).id))
  })

  test('continues after an interruption', async () => {
    const fake = await fakeClerk(generateInstance(SMALL), { now: () => AFTER })
    for (let n = 0; n < 60; n += 1) fake.instance.updateUser(clerkUser(n).id, {})
    const folder = folderWith({})
    const options = optionsOf(fake, { ...PAGES, updatedSince: SINCE })
    for (const requests of [4, 12, 16]) {
      const abort = new AbortController()
      fake.after(requests, () => abort.abort(new Error('killed')))
      await expect(capture(options, folder, abort.signal)).rejects.toThrow('killed')
    }
    const { snapshot } = await capture(options, folder)
    const ids = await idsOf(snapshot, 'users')
    expect(ids.toSorted()).toEqual(Array.from({ length: 60 }, (_, n) => clerkUser(n).id))
    expect(await idsOf(snapshot, 'memberships')).toHaveLength(120)
  })
})

describe('other instances', () => {
  const users = [clerkUser(1), clerkUser(2)]
  const member = (id: string, user: string, organization: string) => ({
    id,
    role: 'org:member',
    created_at: 1,
    updated_at: 1,
    organization: { id: organization, name: organization, slug: null },
    public_user_data: { user_id: user },
  })

  /** An API that has only these paths. */
  async function api(paths: Record<string, unknown>, missing = json(404, { errors: [{ code: 'not_found' }] })) {
    return scriptedServer((response, request) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
      const answer = paths[pathname]
      if (answer === undefined) return missing(response, request)
      const [limit, offset] = [Number(searchParams.get('limit') ?? 10), Number(searchParams.get('offset') ?? 0)]
      const cut = (list: unknown[]) => list.slice(offset, offset + limit)
      const body = Array.isArray(answer) ? cut(answer) : answer
      const isList = pathname !== '/v1/users' && Array.isArray(body)
      json(200, isList ? { data: body, total_count: Array.isArray(answer) ? answer.length : 0 } : body)(
        response,
        request,
      )
    })
  }

  const options = (url: string) => ({ secretKey: SECRET_KEY, baseUrl: url, rate: '100000/1s' })

  test('without a list of all memberships are read by organization', async () => {
    const server = await api({
      '/v1/users': users,
      '/v1/users/count': { total_count: 2 },
      '/v1/organizations': [{ id: 'org_a' }, { id: 'org_b' }, { id: 'org_deleted' }],
      '/v1/organizations/org_a/memberships': [member('m1', users[0]?.id ?? '', 'org_a')],
      '/v1/organizations/org_b/memberships': [
        member('m2', users[0]?.id ?? '', 'org_b'),
        member('m3', users[1]?.id ?? '', 'org_b'),
      ],
    })
    const { snapshot } = await capture(options(server.url))
    expect(await idsOf(snapshot, 'memberships')).toEqual(['m1', 'm2', 'm3'])
  })

  test('with organizations turned off are read without them, with a warning', async () => {
    const off = json(403, { errors: [{ code: 'organization_not_enabled_in_instance', message: 'not enabled' }] })
    const server = await api({ '/v1/users': users, '/v1/users/count': { total_count: 2 } }, off)
    const { snapshot, warnings } = await capture(options(server.url))
    expect(await idsOf(snapshot, 'users')).toHaveLength(2)
    expect(warnings).toMatchObject([{ code: 'organizations_off' }])
  })

  test('that do not respond like Clerk are detected', async () => {
    const page = await scriptedServer(raw(200, '<html>', { 'content-type': 'text/html' }))
    expect(await failure(capture(options(page.url)))).toMatchObject({ code: 'not_json' })
    const other = await scriptedServer(json(200, { hello: 'world' }))
    const { error, code } = await failure(capture(options(other.url)))
    expect(error).toBeInstanceOf(SourceError)
    expect(code).toBe('unexpected_answer')
  })

  test('options that do not fit are rejected before any request', async () => {
    const fake = await fakeClerk({})
    const { error } = await failure(capture(optionsOf(fake, { updatedSince: 'yesterday' })))
    expect(error).toBeInstanceOf(ManifestError)
    expect(fake.log).toEqual([])
  })
})
