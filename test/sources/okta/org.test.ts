import { describe, expect, test } from 'vitest'
import { API_TOKEN } from '../../fakes/okta/fake-okta.ts'
import { everyone, generateOrg, groupId, oktaGroup, oktaUser, userId } from '../../fakes/okta/generate.ts'
import { hurriedClock } from '../../simulated-clock.ts'
import { tried } from '../../tried.ts'
import { folderWith, readAll } from '../reading.ts'
import { captureInto, groupsByUser, orgWith, readOrg, refusal, stopAt } from './reading.ts'

describe('users and groups', () => {
  test(tried('Okta', 'API v1', 'users by Link paging, each with its groups'), async () => {
    const fake = await orgWith(generateOrg({ users: 50, groups: 4 }), { pageCap: 7 })
    const { users, counts, rejected, snapshot } = await readOrg(fake)
    // Five of fifty are deactivated and not in Okta's list.
    expect(users.map(({ id }) => id)).toEqual(
      Array.from({ length: 50 }, (_, n) => n)
        .filter((n) => n % 10 !== 7)
        .map(userId),
    )
    expect(rejected).toEqual([])
    const memberships = Array.from({ length: 50 }, (_, n) => n).filter((n) => n % 10 !== 7)
    expect(counts).toMatchObject([
      { stream: 'users', role: 'main', read: 45, passed: 45, rejected: 0 },
      { stream: 'groups', role: 'joined', read: memberships.length, passed: memberships.length, rejected: 0 },
    ])
    const groups = groupsByUser(users)
    expect(groups[userId(0)]).toEqual(['Admins'])
    expect(groups[userId(5)]).toEqual(['Team 1'])
    expect(users[1]).toMatchObject({
      status: 'ACTIVE',
      profile: { login: 'login-1', email: 'okta-1@example.com' },
      groups: [{ groupId: groupId(1), groupName: 'Team 1', groupType: 'OKTA_GROUP', userId: userId(1) }],
    })
    expect(users[1]).not.toHaveProperty('_links')
    // The members of Everyone are not requested.
    expect(fake.log.filter(({ target }) => target.includes(everyone().id))).toEqual([])
    expect(snapshot.streams.map(({ name, records }) => [name, records])).toEqual(
      expect.arrayContaining([
        ['users', 45],
        ['groups', 5],
        ['group_members', memberships.length],
      ]),
    )
  })

  test('a user can have several groups, sorted by ID, or none', async () => {
    const groups = [oktaGroup(9), oktaGroup(2)]
    const members = [9, 2].map((n) => ({ group: groupId(n), user: userId(1) }))
    const fake = await orgWith({ users: [oktaUser(1), oktaUser(2)], groups, members })
    expect(groupsByUser((await readOrg(fake)).users)).toEqual({ [userId(1)]: ['Team 2', 'Team 9'], [userId(2)]: [] })
  })

  test('without groups, no request asks for them', async () => {
    const fake = await orgWith(generateOrg({ users: 3, groups: 1 }))
    const { users, counts } = await readOrg(fake, { groups: false })
    expect(users[0]).not.toHaveProperty('groups')
    expect(counts.map(({ stream }) => stream)).toEqual(['users'])
    expect(fake.log.filter(({ target }) => target.includes('/groups'))).toEqual([])
  })

  test('two readings are the same, regardless of the order of lists', async () => {
    const data = generateOrg({ users: 20, groups: 3 })
    const [one, other] = [await orgWith(data), await orgWith({ ...data, users: data.users.toReversed() })]
    const [first, second] = [await readOrg(one), await readOrg(other)]
    expect(second.users).toEqual(first.users)
    expect((await readOrg(one)).snapshot.digest).toBe(first.snapshot.digest)
  })

  test('an org can have no users', async () => {
    const { users, counts } = await readOrg(await orgWith({}))
    expect(users).toEqual([])
    expect(counts).toMatchObject([{ read: 0 }, { read: 0 }])
  })
})

describe('a part of the users', () => {
  test('includes deactivated users only on request, each once', async () => {
    const fake = await orgWith(generateOrg({ users: 30, groups: 2 }), { pageCap: 4 })
    const { users } = await readOrg(fake, { deprovisioned: true })
    expect(users).toHaveLength(30)
    expect(users.filter(({ status }) => status === 'DEPROVISIONED').map(({ id }) => id)).toEqual(
      [7, 17, 27].map(userId),
    )
  })

  test('can be a search; a warning counts other memberships', async () => {
    const fake = await orgWith(generateOrg({ users: 30, groups: 2 }))
    const { users, warnings, rejected } = await readOrg(fake, { search: 'profile.organization eq "Company 1"' })
    expect(users.map(({ profile }) => (profile as { organization: string }).organization)).toEqual(
      users.map(() => 'Company 1'),
    )
    expect(users).toHaveLength(10)
    expect(rejected).toEqual([])
    expect(warnings).toMatchObject([{ code: 'members_not_read' }])
    expect(warnings[0]?.message).toMatch(/^\d+ memberships in groups belong to users who do not match the search/)
  })

  test("cannot be an invalid search; the error shows Okta's message", async () => {
    const fake = await orgWith({})
    const [problem] = await refusal(readOrg(fake, { search: 'shoe size' }))
    expect(problem).toMatchObject({ code: 'source_refused' })
    expect(problem?.message).toContain('Invalid search criteria')
  })

  test('can be the members of groups, with all their groups; a missing group is an error', async () => {
    const fake = await orgWith(generateOrg({ users: 30, groups: 3 }), { pageCap: 4 })
    const { users, warnings } = await readOrg(fake, { memberOf: [groupId(1)] })
    const expected = Array.from({ length: 30 }, (_, n) => n).filter((n) => n % 3 === 1 && n % 10 !== 7)
    expect(users.map(({ id }) => id)).toEqual(expected.map(userId))
    // Every fourth user is also an administrator.
    expect(groupsByUser(users)[userId(4)]).toEqual(['Admins', 'Team 1'])
    expect(warnings).toMatchObject([{ code: 'members_not_read' }])
    expect(await refusal(readOrg(fake, { memberOf: '00gnone' }))).toMatchObject([
      { code: 'unknown_group', path: 'source.memberOf' },
    ])
  })
})

describe('changes since a time', () => {
  test('includes changed users and members of changed groups, with all their groups', async () => {
    const fake = await orgWith(generateOrg({ users: 40, groups: 4 }), { pageCap: 6 })
    const since = new Date(Date.now() - 60_000).toISOString()
    fake.org.updateUser(userId(10), { profile: { ...oktaUser(10).profile, firstName: 'Renamed' } })
    fake.org.addUser({ ...oktaUser(100), status: 'STAGED' })
    fake.org.removeMember(groupId(3), userId(3))
    fake.org.addMember(groupId(3), userId(2))
    fake.org.updateUser(userId(6), { status: 'DEPROVISIONED' })
    const { users, warnings } = await readOrg(fake, { updatedSince: since })
    const inThree = Array.from({ length: 40 }, (_, n) => n).filter((n) => n % 4 === 3 && n % 10 !== 7 && n !== 3)
    const expected = [...new Set([2, 6, 10, 100, ...inThree])].toSorted((a, b) => a - b)
    expect(users.map(({ id }) => id)).toEqual(expected.map(userId))
    expect(groupsByUser(users)[userId(2)]).toEqual(['Team 2', 'Team 3'])
    expect(users.find(({ id }) => id === userId(6))).toMatchObject({ status: 'DEPROVISIONED' })
    expect(warnings).toMatchObject([{ code: 'members_not_read' }])
  })
})

describe('changes during the reading', () => {
  test(tried('Okta', 'API v1', 'users who are created and deleted during the reading'), async () => {
    const data = generateOrg({ users: 12, groups: 2 })
    const fake = await orgWith(data, {
      onRequest: ({ target }) => {
        if (!target.startsWith('/api/v1/groups?limit=200') || fake.org.users.has(userId(60))) return
        fake.org.addUser(oktaUser(60))
        fake.org.addMember(groupId(1), userId(60))
        fake.org.addUser(oktaUser(61))
        fake.org.addMember(groupId(1), userId(61))
      },
      onAnswer: ({ target }) => {
        // Deleted between the list of members and the request for the user.
        if (target.includes(`${groupId(1)}/users`)) fake.org.deleteUser(userId(61))
        return false
      },
    })
    const { users, rejected, counts } = await readOrg(fake)
    expect(users.map(({ id }) => id)).toContain(userId(60))
    expect(rejected).toMatchObject([{ stream: 'groups', problem: { code: 'deleted_meanwhile' } }])
    expect(rejected[0]?.problem.message).toContain(userId(61))
    for (const { read, passed, rejected } of counts) expect(read).toBe(passed + rejected)
  })

  test('a group that is deleted during the reading has no members', async () => {
    const fake = await orgWith(generateOrg({ users: 6, groups: 2 }), {
      onRequest: ({ target }) => {
        if (target.includes(`${groupId(1)}/users`)) fake.org.groups.delete(groupId(1))
      },
    })
    const { users, rejected } = await readOrg(fake)
    expect(rejected).toEqual([])
    expect(groupsByUser(users)[userId(1)]).toEqual([])
  })
})

describe('an interrupted reading', () => {
  const data = generateOrg({ users: 40, groups: 5 })
  const CONCURRENCY = 4
  const PROBES = 2

  test.each([
    'reading the users',
    'reading the groups',
    'reading the members',
  ])('while %s continues without repeated requests, with the same result', async (phase) => {
    const undisturbed = await orgWith(data, { pageCap: 6 })
    const whole = await readOrg(undisturbed)
    const fake = await orgWith(data, { pageCap: 6 })
    const folder = folderWith({})
    const { signal, told } = stopAt(phase)
    await expect(captureInto(folder, fake.source, { signal, told })).rejects.toThrow('stopped')
    const snapshot = await captureInto(folder, fake.source)
    expect(snapshot.digest).toBe(whole.snapshot.digest)
    // Aborted pages are requested again, and so are the first requests of each reading.
    expect(fake.log.length).toBeLessThanOrEqual(undisturbed.log.length + CONCURRENCY + PROBES)
    const { records, counts } = await readAll(fake.source, folder, 1000, snapshot)
    expect(records).toHaveLength(36)
    expect(counts).toEqual(whole.counts)
  })

  test('starts again if the org rejects its page', async () => {
    const fake = await orgWith(data, { pageCap: 6 })
    const folder = folderWith({})
    const { signal, told } = stopAt('reading the users')
    await expect(captureInto(folder, fake.source, { signal, told })).rejects.toThrow('stopped')
    fake.forgetCursors()
    expect(await refusal(captureInto(folder, fake.source))).toMatchObject([{ code: 'cursor_refused' }])
  })
})

describe('an unexpected response', () => {
  test('with a page on another host gets no token', async () => {
    const other = await orgWith({})
    const fake = await orgWith(generateOrg({ users: 10, groups: 1 }), { pageCap: 3, linksTo: other.url })
    const problems = await refusal(readOrg(fake))
    expect(problems).toMatchObject([{ code: 'source_links_elsewhere' }])
    expect(JSON.stringify(problems)).not.toContain(API_TOKEN)
    expect(other.log).toEqual([])
  })

  test('with pages in a loop ends the reading', async () => {
    let first: string | undefined
    const fake = await orgWith(generateOrg({ users: 9, groups: 0 }), {
      pageCap: 2,
      onAnswer: ({ target }, { headers }) => {
        if (headers?.Link === undefined || !target.includes('limit=200')) return false
        first ??= headers.Link
        headers.Link = first
        return false
      },
    })
    const [problem, ...others] = await refusal(readOrg(fake, { groups: false }))
    expect(problem?.message).toContain('does not contain a page after the previous ones')
    expect(others).toEqual([])
  })

  test('after network errors changes nothing', async () => {
    const data = generateOrg({ users: 40, groups: 4 })
    const whole = await readOrg(await orgWith(data, { pageCap: 5 }))
    const networkErrors = { serverErrors: 0.1, dropped: 0.1, cutOff: 0.1, refusals: 0.05 }
    const fake = await orgWith(data, { pageCap: 5, networkErrors })
    expect((await readOrg(fake, {}, { clock: hurriedClock() })).snapshot.digest).toBe(whole.snapshot.digest)
    expect(fake.log.filter(({ networkError }) => networkError !== undefined).length).toBeGreaterThan(3)
  })
})

describe('limits', () => {
  test('a used-up window makes the tool wait, with few rejected requests', async () => {
    const clock = hurriedClock()
    const start = Date.now()
    const now = () => start + clock.now()
    const fake = await orgWith(generateOrg({ users: 60, groups: 3 }), {
      pageCap: 3,
      rate: { limit: 5, seconds: 60 },
      now,
    })
    const { users } = await readOrg(fake, { concurrency: 1 }, { clock })
    expect(users).toHaveLength(54)
    const refused = fake.log.filter(({ status }) => status === 429)
    expect(refused.length).toBeLessThanOrEqual(2)
    expect(clock.waits.some((ms) => ms > 5_000)).toBe(true)
  })

  test('too many parallel requests make the tool wait', async () => {
    const clock = hurriedClock()
    const start = Date.now()
    const fake = await orgWith(generateOrg({ users: 6, groups: 2 }), {
      concurrentRefusals: 3,
      now: () => start + clock.now(),
    })
    expect((await readOrg(fake, {}, { clock })).users).toHaveLength(6)
  })
})
