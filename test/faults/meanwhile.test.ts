import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cases } from '../whole.ts'
import { type Boundary, WRITE_BOUNDARIES } from './boundary.ts'
import { openWreck, type Wreck } from './crash.ts'
import { populate } from './population.ts'
import type { LiveObject } from './read-back.ts'

const HOUR = 3_600_000
const USERS = '/user_management/users'
const population = populate(24, 3)
const { users: people } = population.expected

let ahead = 0
let wreck: Wreck
beforeAll(async () => {
  wreck = await openWreck(population, { manifest: { safety: { maxRejects: '100%' } }, ahead: () => ahead })
})
afterAll(() => wreck.close())

const boundaries: Boundary[] = WRITE_BOUNDARIES.map((at) => ({ at, count: 2, kind: 'user' }))

async function crash(boundary: Boundary): Promise<void> {
  await wreck.renew()
  expect((await wreck.crash(['apply', '--yes'], boundary)).signal).toBe('SIGKILL')
}

/** Accounts from a create with an open outcome. */
async function openAccounts(): Promise<LiveObject[]> {
  const known = new Set((await wreck.applied('user')).map(({ id }) => id))
  return (await wreck.live()).users.filter(({ id }) => !known.has(id))
}

/** Every user without an account signs up; every second one verifies the address. */
async function everybodySignsUp(): Promise<{ verified: LiveObject[]; unverified: LiveObject[] }> {
  const strangers = { verified: [] as LiveObject[], unverified: [] as LiveObject[] }
  const there = new Set((await wreck.live()).users.map(({ email }) => email))
  for (const [n, email] of [...people.keys()].entries()) {
    if (there.has(email)) continue
    const verified = n % 2 === 0
    const account = await wreck.call('POST', USERS, { email, email_verified: verified })
    // A request of the killed process can still arrive now.
    if (account.id === undefined) continue
    strangers[verified ? 'verified' : 'unverified'].push({ ...account, id: account.id })
  }
  return strangers
}

const idsOf = (objects: readonly { id: string }[]) => objects.map(({ id }) => id).sort()

/** Writes of a hash to one of these accounts. */
function hashesFor(accounts: readonly { id: string }[]): string[] {
  return wreck.requests
    .filter(({ method, path, body }) => {
      const reaches = method !== 'GET' && accounts.some(({ id }) => path.includes(id))
      return reaches && JSON.stringify(body ?? null).includes('$2b$')
    })
    .map(({ path }) => path)
}

async function destroyAll(): Promise<void> {
  const args = ['destroy', '--confirm', 'faults', '--include-changed', '--include-active']
  const { exit, stderr } = await wreck.run(args)
  expect(exit, stderr).toBe(0)
}

describe('killed, and the user signs up before the next apply', () => {
  test.each(cases(boundaries, [1, 3]))('$at', async (boundary) => {
    await crash(boundary)
    const { verified, unverified } = await everybodySignsUp()
    const strangers = [...verified, ...unverified]
    expect(verified.length).toBeGreaterThan(0)
    expect(unverified.length).toBeGreaterThan(0)
    const applied = await wreck.run(['apply', '--yes'])
    expect(applied.exit, applied.stderr).toBe(0)
    const { actions } = JSON.parse((await wreck.run(['plan', '--json'])).stdout)
    const named = actions.filter(({ code }: { code?: string }) => code === 'unverified_account')
    expect(named.map(({ label }: { label: string }) => label).sort()).toEqual(
      unverified.map(({ email }) => email).sort(),
    )

    const state = await wreck.applied('user')
    const ours = state.filter(({ ownership }) => ownership === 'created')
    const adopted = state.filter(({ ownership }) => ownership === 'adopted')
    expect(idsOf(adopted)).toEqual(idsOf(verified))
    expect(ours).toHaveLength(people.size - strangers.length)
    expect(hashesFor(strangers)).toEqual([])
    const live = await wreck.live()
    expect(live.users).toHaveLength(people.size)
    for (const stranger of unverified) expect(live.users).toContainEqual(stranger)
    const refused = new Set(unverified.map(({ email }) => String(email)))
    const wanted = [...population.expected.memberships.keys()].filter(
      (title) => !refused.has(title.split('@@')[0] ?? ''),
    )
    expect(live.memberships.map(({ title }) => title).sort()).toEqual(wanted.sort())

    await destroyAll()
    expect(idsOf((await wreck.live()).users)).toEqual(idsOf(strangers))
  })
})

const EXACT = { lost: [], duplicated: [] }

describe('killed, and the account is deleted before the next apply', () => {
  test.each(cases(boundaries, [4]))('$at', async (boundary) => {
    await crash(boundary)
    for (const { id } of await openAccounts()) await wreck.call('DELETE', `${USERS}/${id}`)
    const applied = await wreck.run(['apply', '--yes'])
    expect(applied.exit, applied.stderr).toBe(0)
    expect(await wreck.compare()).toMatchObject(EXACT)
  })
})

describe('killed, and the address of the account changes before the next apply', () => {
  test.each(cases(boundaries, [3]))('$at', async (boundary) => {
    await crash(boundary)
    const moved = await openAccounts()
    for (const [n, { id }] of moved.entries())
      await wreck.call('PUT', `${USERS}/${id}`, { email: `moved${n}@example.org` })
    const before = await Promise.all(moved.map(({ id }) => wreck.call('GET', `${USERS}/${id}`)))
    const applied = await wreck.run(['apply', '--yes'])
    expect(applied.exit, applied.stderr).toBe(0)
    const { actions } = JSON.parse((await wreck.run(['plan', '--json'])).stdout)
    const named = actions.filter(({ code }: { code?: string }) => code === 'external_id_clash')
    expect(named.map(({ key }: { key: string }) => key).sort()).toEqual(moved.map((one) => one.external_id).sort())
    const state = await wreck.applied('user')
    expect(state).toHaveLength(people.size - moved.length)
    expect(state.filter(({ id }) => moved.some((account) => account.id === id))).toEqual([])
    expect(hashesFor(moved)).toEqual([])
    // Neither a second account, nor any change to the one whose owner is in doubt.
    const live = await wreck.live()
    expect(live.users).toHaveLength(people.size)
    for (const account of before) expect(live.users).toContainEqual(account)
  })
})

describe.each([
  ['an hour behind', -HOUR],
  ['an hour ahead', HOUR],
])('killed, with the clock of WorkOS %s', (_where, difference) => {
  test.each(cases(boundaries, difference < 0 ? [2] : [3]))('$at', async (boundary) => {
    ahead = difference
    try {
      await crash(boundary)
      const applied = await wreck.run(['apply', '--yes'])
      expect(applied.exit, applied.stderr).toBe(0)
      expect(await wreck.compare()).toMatchObject(EXACT)
      for (const kind of ['user', 'organization', 'membership']) {
        expect((await wreck.applied(kind)).filter(({ ownership }) => ownership === 'adopted')).toEqual([])
      }
      await destroyAll()
      expect(await wreck.live()).toMatchObject({ users: [], organizations: [], memberships: [] })
    } finally {
      ahead = 0
    }
  })
})
