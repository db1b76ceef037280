import { describe, expect, test } from 'vitest'
import type { Manifest, UserDedupe } from '../../src/config/manifest.ts'
import type { DesiredSet } from '../../src/desired/desired-set.ts'
import type { JsonObject } from '../../src/json.ts'
import { caseCounts } from '../../src/rundb/merges.ts'
import { RULES } from '../kinds/rules.ts'
import { dedupeWith } from '../mapping/manifest.ts'
import { mappedSet } from './mapped-set.ts'

const MAP: Manifest['map'] = {
  user: {
    key: 'id',
    externalId: 'external',
    email: 'email',
    emailVerified: 'verified',
    firstName: 'name',
    metadata: 'metadata',
    password: 'password',
  },
  organization: { each: '$[org]', key: 'org', name: 'org' },
  membership: { each: '$[org]', organization: 'org', roles: 'role' },
}

const person = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  external: id,
  email: 'a@example.com',
  ...more,
})

const setOf = (dedupe: Partial<UserDedupe>, rows: JsonObject[], changed: Partial<Manifest> = {}) =>
  mappedSet(MAP, rows, { dedupe: dedupeWith(dedupe), ...changed })

const rejects = (set: DesiredSet) => [...set.rejects()].map(({ kind, key, code }) => `${kind} ${key} ${code}`)
const cases = (set: DesiredSet) =>
  caseCounts(set.rundb).map(({ code, fate, users, records }) => `${code} ${fate} ${users} ${records}`)
const kept = (set: DesiredSet, key: string) => set.get('user', key)?.attributes.metadata
const notes = (set: DesiredSet) => set.noteCounts().map(({ code, detail, count }) => `${code} ${detail} ${count}`)

const AMY = person('u1', { name: 'Amy', verified: 'no', at: '2024-02-01', org: 'acme', role: 'member' })
const BEA = person('u2', { name: 'Bea', verified: 'yes', at: '2024-03-01', org: 'acme', role: 'admin' })
const CAY = person('u3', { name: 'Cay', verified: 'no', at: '2024-01-01', org: 'beta' })

describe('the record that is kept', () => {
  test.each<[string, Partial<UserDedupe>, string]>([
    ['the first record', {}, 'u1'],
    ['the first, taken whole', { strategy: 'first' }, 'u1'],
    ['the last, taken whole', { strategy: 'last' }, 'u3'],
    ['the newest', { strategy: 'newest', updatedAt: '$record.at' }, 'u2'],
    ['the preferred one', { prefer: 'emailVerified' }, 'u2'],
    ['of several with the same preference, the one with the first key', { prefer: '$not(emailVerified)' }, 'u1'],
    ['the last by preference', { strategy: 'last', prefer: '$record.at' }, 'u3'],
    ['the first by preference', { strategy: 'first', prefer: '$record.at' }, 'u2'],
  ])('%s', async (_, dedupe, key) => {
    const set = await setOf(dedupe, [AMY, BEA, CAY])
    expect(set.count('user')).toBe(1)
    const names: Record<string, string> = { u1: 'Amy', u2: 'Bea', u3: 'Cay' }
    expect(set.get('user', key)?.attributes).toMatchObject({ externalId: key, firstName: names[key] })
    // Memberships and roles are never lost.
    expect(set.count('membership')).toBe(2)
    expect(set.get('membership', `${key}@acme`)?.attributes).toEqual({ roles: ['admin', 'member'] })
    expect(set.get('membership', `${key}@beta`)).toBeDefined()
    expect(set.rejectCount()).toBe(0)
  })

  test('has all its fields with a strategy that keeps one record', async () => {
    const set = await setOf({ strategy: 'last' }, [AMY, person('u2', { password: 'p' })])
    expect(set.get('user', 'u2')).toMatchObject({
      attributes: { email: 'a@example.com', externalId: 'u2', metadata: { merged_external_ids: 'u1' } },
      secrets: { password: 'p' },
    })
    expect(set.get('user', 'u2')?.attributes.firstName).toBeUndefined()
  })
})

test('a record without identifying fields merges with the records of its key, wherever it is', async () => {
  const rows = [person('u1', { name: 'Amy', number: 7 }), person('u1', { metadata: { a: '1' } }), BEA]
  for (const order of [rows, rows.toReversed()]) {
    const set = await setOf({ by: ['$record.number'] }, order)
    expect(rejects(set)).toEqual([])
    expect(set.get('user', 'u1')?.attributes).toMatchObject({ firstName: 'Amy', metadata: { a: '1' } })
    expect(set.count('user')).toBe(2)
  }
  const two = [person('u1', { number: 7 }), person('u1'), person('u1', { number: 8 })]
  expect(rejects(await setOf({ by: ['$record.number'] }, two))).toEqual([
    'user u1 key_contradiction',
    'user u1 key_contradiction',
  ])
})

describe('the strategy error', () => {
  test('rejects all records of a group, each naming the others, with their memberships', async () => {
    const set = await setOf({ strategy: 'error' }, [AMY, person('v', { email: 'v@example.com' }), BEA])
    expect(rejects(set)).toEqual([
      'user u1 duplicate_user',
      'membership u1@acme user_rejected',
      'user u2 duplicate_user',
      'membership u2@acme user_rejected',
    ])
    const [first] = set.rejects()
    expect(first).toMatchObject({ origin: 'users.csv:2', message: expect.stringContaining('user:u2 (users.csv:4)') })
    expect(set.count('user')).toBe(1)
    expect(cases(set)).toEqual(['same_email_different_external_ids rejected 1 2'])
  })

  test('merges exact repeats', async () => {
    const set = await setOf({ strategy: 'error' }, [AMY, { ...AMY, org: 'beta' }])
    expect(set.rejectCount()).toBe(0)
    expect(set.count('user')).toBe(1)
    expect(set.count('membership')).toBe(2)
  })

  test('names only a few of many', async () => {
    const set = await setOf(
      { strategy: 'error' },
      Array.from({ length: 6 }, (_, n) => person(`u${n}`)),
    )
    expect([...set.rejects()][0]?.message).toMatch(/user:u1 .* user:u3 \(users\.csv:5\) and 2 more and differs from/)
  })
})

describe('external IDs that are lost', () => {
  const metadata = (changed: Partial<Manifest['metadata']>) => ({ metadata: { ...RULES.metadata, ...changed } })

  test('are kept in the metadata, sorted, each once', async () => {
    const rows = [
      person('u2', { metadata: { a: '1' } }),
      person('u3'),
      person('u1'),
      person('u3'),
      person('with blank'),
    ]
    expect(kept(await setOf({}, rows), 'u2')).toEqual({ a: '1', merged_external_ids: 'u1 u3 "with blank"' })
    const named = { externalIds: { keep: true, keepAs: 'former' } }
    expect(kept(await setOf(named, rows), 'u2')).toEqual({ a: '1', former: 'u1 u3 "with blank"' })
  })

  test('are not kept if the manifest disables it, or if there are none', async () => {
    const off = { externalIds: { keep: false, keepAs: 'x' } }
    expect(kept(await setOf(off, [AMY, BEA]), 'u1')).toBeUndefined()
    expect(kept(await setOf({}, [AMY, { ...AMY, name: 'Eve' }]), 'u1')).toBeUndefined()
  })

  test('never displace other values: without room they are left out and counted', async () => {
    const full = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k${n}`, 'v']))
    const set = await setOf({}, [person('u1', { metadata: full }), person('u2')])
    expect(kept(set, 'u1')).toEqual(full)
    expect(notes(set)).toEqual(['external_ids_left_out merged_external_ids 1'])
    expect(set.rejectCount()).toBe(0)
    const taken = await setOf({}, [person('u1', { metadata: { merged_external_ids: 'mine' } }), person('u2')])
    expect(kept(taken, 'u1')).toEqual({ merged_external_ids: 'mine' })
    const short = await setOf({}, [AMY, BEA], metadata({ maxKeyLength: 10 }))
    expect(kept(short, 'u1')).toBeUndefined()
    expect(notes(short)).toEqual(['external_ids_left_out merged_external_ids 1'])
  })

  test('are cut after a whole ID if the value would be too long', async () => {
    const rows = ['u1', 'bbbb', 'cccc', 'aaaa'].map((id) => person(id))
    const set = await setOf({}, rows, metadata({ maxValueLength: 12 }))
    expect(kept(set, 'u1')).toEqual({ merged_external_ids: 'aaaa bbbb' })
    expect(notes(set)).toEqual(['external_ids_cut merged_external_ids 1'])
    const none = await setOf({}, rows, metadata({ maxValueLength: 3 }))
    expect(kept(none, 'u1')).toBeUndefined()
  })

  test('precede other keys if metadata.keep lists them', async () => {
    const rows = [person('u1', { metadata: { a: '1', b: '2' } }), person('u2')]
    const drop = { maxKeys: 2, tooManyKeys: 'drop' } as const
    expect(kept(await setOf({}, rows, metadata(drop)), 'u1')).toEqual({ a: '1', b: '2' })
    const first = metadata({ ...drop, keep: ['merged_external_ids'] })
    expect(kept(await setOf({}, rows, first), 'u1')).toEqual({ a: '1', merged_external_ids: 'u2' })
  })
})

describe('cases have names', () => {
  test('one email address with different external IDs is merged', async () => {
    const set = await setOf({}, [AMY, BEA, CAY])
    expect(cases(set)).toEqual(['same_email_different_external_ids merged 1 3'])
    expect(set.mergedUsers()).toEqual({ users: 1, records: 3 })
  })

  test('one external ID with different addresses, as key: the preferred record is kept', async () => {
    const rows = [person('u1', { name: 'A' }), person('u1', { email: 'b@example.com', verified: 'yes', org: 'acme' })]
    const first = await setOf({}, rows)
    expect(first.get('user', 'u1')?.attributes.email).toBe('a@example.com')
    expect(cases(first)).toEqual(['same_external_id_different_emails rejected 1 1'])
    const preferred = await setOf({ prefer: 'emailVerified' }, rows)
    expect(preferred.get('user', 'u1')?.attributes.email).toBe('b@example.com')
    expect(preferred.count('membership')).toBe(1)
    expect(rejects(preferred)).toEqual(['user u1 key_contradiction'])
  })

  test('one external ID with different addresses, not as key: all are rejected, with their memberships', async () => {
    const rows = [
      person('u1', { external: 'x', org: 'acme' }),
      person('u2', { external: 'x', email: 'b@example.com' }),
      person('u3', { external: 'y', email: 'c@example.com' }),
    ]
    const set = await setOf({}, rows)
    expect(rejects(set)).toEqual([
      'user u1 shared_external_id',
      'membership u1@acme user_rejected',
      'user u2 shared_external_id',
    ])
    expect(cases(set)).toEqual(['same_external_id_different_emails rejected 2 2'])
  })

  test('an external ID that is the key of another user is found, too', async () => {
    const set = await setOf({}, [person('u1', { external: 'u2' }), person('u2', { email: 'b@example.com' })])
    expect(rejects(set)).toEqual(['user u1 shared_external_id', 'user u2 shared_external_id'])
  })

  test('an external ID that was lost in merging is not claimed', async () => {
    const rows = [
      person('u1', { external: 'a' }),
      person('u2', { external: 'x' }),
      person('u3', { external: 'x', email: 'b@example.com' }),
    ]
    const set = await setOf({}, rows)
    expect(set.rejectCount()).toBe(0)
    expect(set.count('user')).toBe(2)
    expect(cases(set)).toEqual([
      'same_email_different_external_ids merged 1 2',
      'same_external_id_different_emails merged 1 2',
    ])
  })

  test('an external ID that was lost in merging is not kept if others have it, and this is noted', async () => {
    const rows = [
      person('u1', { external: 'a' }),
      person('u2', { external: 'x' }),
      person('u2b', { external: 'own' }),
      person('u3', { external: 'x', email: 'b@example.com' }),
      person('u4', { external: 'c', email: 'c@example.com' }),
      person('u5', { external: 'y', email: 'c@example.com' }),
      person('u6', { external: 'd', email: 'd@example.com' }),
      person('y', { email: 'd@example.com' }),
    ]
    const set = await setOf({}, rows)
    expect(kept(set, 'u1')).toEqual({ merged_external_ids: 'own' })
    expect(set.get('user', 'u3')?.attributes.externalId).toBe('x')
    expect([kept(set, 'u4'), kept(set, 'u6')]).toEqual([undefined, undefined])
    expect(notes(set)).toEqual(['external_ids_shared merged_external_ids 3'])
    expect(cases(set)).toContain('same_external_id_different_emails merged 3 7')
    expect(notes(await setOf({ externalIds: { keep: false, keepAs: 'x' } }, rows))).toEqual([])
  })

  test('a user who lost a shared external ID and takes another one is rejected and counted once', async () => {
    const rows = [
      person('u1', { external: 'a' }),
      person('u2', { external: 'x' }),
      person('u3', { external: 'x', email: 'b@example.com' }),
      person('u4', { external: 'a', email: 'c@example.com' }),
    ]
    const set = await setOf({}, rows)
    expect(rejects(set)).toEqual(['user u1 shared_external_id', 'user u4 shared_external_id'])
    expect(cases(set)).toEqual([
      'same_email_different_external_ids rejected 1 2',
      'same_external_id_different_emails rejected 2 3',
    ])
  })

  test('what was merged and then rejected counts as rejected', async () => {
    const many = (prefix: string) => Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${prefix}${n}`, 'v']))
    const set = await setOf({}, [person('u1', { metadata: many('a') }), person('u2', { metadata: many('b') })])
    expect(cases(set)).toEqual(['same_email_different_external_ids rejected 1 2'])
  })
})

test('users merge despite tags and dots in an address if the rules allow it, and the address is sent unchanged', async () => {
  const rows = [person('u1', { email: 'a.b+x@googlemail.com' }), person('u2', { email: 'ab@gmail.com' })]
  expect((await setOf({}, rows)).count('user')).toBe(2)
  const set = await setOf({ email: { plusTags: 'ignore', gmailDots: 'ignore' } }, rows)
  expect(set.count('user')).toBe(1)
  expect(set.get('user', 'u1')?.attributes.email).toBe('a.b+x@googlemail.com')
})

test('more memberships than one batch follow the users that merged', async () => {
  const rows = Array.from({ length: 5_100 }, (_, n) => person(n === 0 ? 'a' : 'b', { org: `o${n}` }))
  const set = await setOf({}, rows)
  expect(set.count('user')).toBe(1)
  expect(set.count('membership')).toBe(5_100)
  expect(set.get('membership', 'a@o5099')).toBeDefined()
})
