import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareAdopted } from '../../src/comparing/adoption.ts'
import type { Comparison } from '../../src/comparing/comparison.ts'
import { compareKnown, sourceChanged } from '../../src/comparing/three-way.ts'
import type { Json, JsonObject } from '../../src/json.ts'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import type { Attributes } from '../../src/resource.ts'

const user = kindDefinition('user')
const membership = kindDefinition('membership')
const organization = kindDefinition('organization')
const role = kindDefinition('role')

interface Case {
  desired: Attributes
  base: Attributes
  live: Attributes | undefined
  sends?: JsonObject
  /** Fields reported as kept. */
  keeps?: string[]
  caughtUp?: boolean
  /** The base afterwards. Default: the desired attributes. */
  applied?: Attributes
}

function check(kind: KindDefinition, { desired, base, live, sends = {}, keeps = [], caughtUp = false, applied }: Case) {
  const result = compareKnown(kind, desired, base, live)
  expect({ ...result.send }).toEqual(sends)
  expect(result.kept.map(({ field }) => field)).toEqual(keeps)
  expect(result.caughtUp).toBe(caughtUp)
  expect(result.applied).toEqual(applied ?? desired)
  expect(result.changes.length > 0).toBe(Object.keys(sends).length > 0)
}

describe('a plain value', () => {
  test.each<[string, Case]>([
    ['equal everywhere needs nothing', { desired: { name: 'A' }, base: { name: 'A' }, live: { name: 'A' } }],
    [
      'changed in the source is sent',
      { desired: { name: 'B' }, base: { name: 'A' }, live: { name: 'A' }, sends: { name: 'B' } },
    ],
    [
      'changed in the source is sent if planning did not read WorkOS',
      { desired: { name: 'B' }, base: { name: 'A' }, live: undefined, sends: { name: 'B' } },
    ],
    [
      'changed in the source is sent if the response lacks it',
      { desired: { name: 'B' }, base: { name: 'A' }, live: {}, sends: { name: 'B' } },
    ],
    [
      'changed in WorkOS stays, and is reported',
      { desired: { name: 'A' }, base: { name: 'A' }, live: { name: 'X' }, keeps: ['name'] },
    ],
    [
      'changed on both sides stays as WorkOS has it; the base remains',
      { desired: { name: 'B' }, base: { name: 'A' }, live: { name: 'X' }, keeps: ['name'], applied: { name: 'A' } },
    ],
    [
      'changed to the same on both sides is only noted',
      { desired: { name: 'B' }, base: { name: 'A' }, live: { name: 'B' }, caughtUp: true },
    ],
    [
      'new in the source, empty in WorkOS, is sent',
      { desired: { name: 'B' }, base: {}, live: { name: null }, sends: { name: 'B' } },
    ],
    [
      'new in the source, with a value in WorkOS, stays',
      { desired: { name: 'B' }, base: {}, live: { name: 'X' }, keeps: ['name'], applied: {} },
    ],
    ['that left the source stays', { desired: {}, base: { name: 'A' }, live: { name: 'A' } }],
    [
      'emptied in WorkOS stays empty while the source does not change',
      { desired: { name: 'A' }, base: { name: 'A' }, live: { name: null }, keeps: ['name'] },
    ],
    [
      'false is a value',
      {
        desired: { emailVerified: false },
        base: { emailVerified: true },
        live: { emailVerified: true },
        sends: { emailVerified: false },
      },
    ],
  ])('%s', (_, example) => check(user, example))
})

describe('an object, member by member', () => {
  const base = { metadata: { a: '1', b: '2' } }
  test.each<[string, Case]>([
    [
      'sends only the changed member',
      { desired: { metadata: { a: '1', b: '3' } }, base, live: base, sends: { metadata: { b: '3' } } },
    ],
    [
      'removes what left the source',
      { desired: { metadata: { a: '1' } }, base, live: base, sends: { metadata: { b: null } } },
    ],
    [
      'keeps what somebody changed, and sends the rest',
      {
        desired: { metadata: { a: '9', b: '9' } },
        base,
        live: { metadata: { a: 'x', b: '2' } },
        sends: { metadata: { b: '9' } },
        keeps: ['metadata.a'],
        applied: { metadata: { a: '1', b: '9' } },
      },
    ],
    [
      'does not remove what somebody changed',
      {
        desired: { metadata: { a: '1' } },
        base,
        live: { metadata: { a: '1', b: 'x' } },
        keeps: ['metadata.b'],
        applied: { metadata: { a: '1', b: '2' } },
      },
    ],
    [
      'notes a member that is already gone',
      { desired: { metadata: { a: '1' } }, base, live: { metadata: { a: '1' } }, caughtUp: true },
    ],
    [
      'keeps members that only WorkOS has',
      { desired: base, base, live: { metadata: { a: '1', b: '2', theirs: 'x' } } },
    ],
    [
      'keeps a member that somebody added under a name that is new in the source',
      {
        desired: { metadata: { a: '1', b: '2', c: '3' } },
        base,
        live: { metadata: { a: '1', b: '2', c: 'x' } },
        keeps: ['metadata.c'],
        applied: base,
      },
    ],
    ['reads an empty object in WorkOS as no value', { desired: { metadata: {} }, base: {}, live: { metadata: null } }],
    [
      'sends all of it if WorkOS has none',
      { desired: base, base: {}, live: { metadata: null }, sends: { metadata: { a: '1', b: '2' } } },
    ],
  ])('%s', (_, example) => check(user, example))

  test('the changes are named by member, with both values', () => {
    const { changes } = compareKnown(user, { metadata: { a: '9' } }, base, base)
    expect(changes).toEqual([
      { field: 'metadata.a', before: '1', after: '9' },
      { field: 'metadata.b', before: '2', after: undefined },
    ])
  })
})

describe('a list in any order', () => {
  test.each<[string, Case]>([
    [
      'in another order needs nothing',
      { desired: { roles: ['a', 'b'] }, base: { roles: ['b', 'a'] }, live: { roles: ['b', 'a'] } },
    ],
    [
      'is sent whole',
      { desired: { roles: ['a', 'b'] }, base: { roles: ['a'] }, live: { roles: ['a'] }, sends: { roles: ['a', 'b'] } },
    ],
    [
      'changed in WorkOS stays',
      {
        desired: { roles: ['b'] },
        base: { roles: ['a'] },
        live: { roles: ['c'] },
        keeps: ['roles'],
        applied: { roles: ['a'] },
      },
    ],
    [
      'that WorkOS already has in another order is only noted',
      { desired: { roles: ['a', 'b'] }, base: { roles: ['a'] }, live: { roles: ['b', 'a'] }, caughtUp: true },
    ],
    ['that the source does not have stays', { desired: {}, base: {}, live: { roles: ['member'] } }],
  ])('%s', (_, example) => check(membership, example))
})

describe('a field that WorkOS cannot update', () => {
  test('is reported if it differs, and never sent', () => {
    const [desired, base] = [{ name: 'Admin' }, { name: 'Administrator' }]
    const fixed: KindDefinition = { ...role, fields: { name: { compare: 'value', merge: 'first', updatable: false } } }
    expect(compareKnown(fixed, desired, base, { name: 'Other' })).toMatchObject({
      changes: [],
      send: {},
      kept: [{ field: 'name', reason: 'cannot be updated' }],
    })
    expect(sourceChanged(fixed, desired, base)).toBe(false)
  })

  test('fields that only help to find a resource are not compared', () => {
    const { kept, changes } = compareKnown(
      organization,
      { id: 'org_1', domains: ['a.example'] },
      {},
      { id: 'org_2', domains: [] },
    )
    expect([kept, changes]).toEqual([[], []])
  })

  test('secrets are not compared here', () => {
    expect(sourceChanged(user, { passwordHash: 'x' }, { passwordHash: 'y' })).toBe(false)
  })
})

describe('adopting', () => {
  const fill = ['firstName', 'metadata', 'roles']
  const adopted = (kind: KindDefinition, desired: Attributes, live: Attributes, allowed = fill) => {
    const { send, kept } = compareAdopted(kind, desired, live, allowed)
    return { send: JSON.parse(JSON.stringify(send)), kept: kept.map(({ field }) => field) }
  }

  test('fills in empty fields where allowed', () => {
    expect(adopted(user, { firstName: 'Ada', lastName: 'A' }, { firstName: null, lastName: null })).toEqual({
      send: { firstName: 'Ada' },
      kept: ['lastName'],
    })
  })

  test('overwrites no field with a value', () => {
    expect(adopted(user, { firstName: 'Ada' }, { firstName: 'Grace' })).toEqual({ send: {}, kept: ['firstName'] })
  })

  test('adds members of an object, and keeps existing ones', () => {
    const live = { metadata: { a: 'x', theirs: 'y' } }
    expect(adopted(user, { metadata: { a: '1', b: '2' } }, live)).toEqual({
      send: { metadata: { b: '2' } },
      kept: ['metadata.a'],
    })
    expect(adopted(user, { metadata: { b: '2' } }, live, [])).toEqual({ send: {}, kept: ['metadata.b'] })
  })

  test('adds to a list and removes nothing', () => {
    expect(adopted(membership, { roles: ['admin'] }, { roles: ['member'] })).toEqual({
      send: { roles: ['member', 'admin'] },
      kept: [],
    })
    expect(adopted(membership, { roles: ['admin'] }, { roles: ['member'] }, [])).toEqual({ send: {}, kept: ['roles'] })
  })
})

describe('with any values on the three sides', () => {
  const word = fc.constantFrom('x', 'y', 'z')
  const members = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), word)
  const flag = fc.boolean()
  const slugs = fc.uniqueArray(fc.constantFrom('admin', 'member', 'billing'), { minLength: 1 })
  const side = fc.record(
    { firstName: word, lastName: word, emailVerified: flag, metadata: members },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Attributes>
  const liveSide = fc.record(
    {
      firstName: fc.option(word),
      lastName: fc.option(word),
      emailVerified: flag,
      metadata: fc.option(members),
    },
    { requiredKeys: ['emailVerified'] },
  ) as fc.Arbitrary<Attributes>
  const roleSide = fc.record({ roles: slugs }, { requiredKeys: [] }) as fc.Arbitrary<Attributes>
  const sides = fc.oneof(
    fc.tuple(fc.constant('user'), side, side, liveSide),
    fc.tuple(fc.constant('membership'), roleSide, roleSide, fc.record({ roles: slugs }) as fc.Arbitrary<Attributes>),
  )

  /** What WorkOS has after an update with the sent values. */
  function updated(kind: KindDefinition, live: Attributes, { send }: Comparison): Attributes {
    const after: Attributes = { ...live }
    for (const [field, value] of Object.entries(send)) {
      if (kind.fields[field]?.compare !== 'map') {
        after[field] = value
        continue
      }
      const held = new Map(Object.entries((live[field] ?? {}) as JsonObject))
      for (const [member, sent] of Object.entries(value as JsonObject)) {
        if (sent === null) held.delete(member)
        else held.set(member, sent)
      }
      after[field] = Object.fromEntries(held)
    }
    return after
  }

  const quiet = ({ changes, send, caughtUp }: Comparison) => ({ changes, send: { ...send }, caughtUp })
  const QUIET = { changes: [], send: {}, caughtUp: false }

  test('once a plan is applied, the next one has nothing to do', () => {
    fc.assert(
      fc.property(sides, ([name, desired, base, live]) => {
        const kind = kindDefinition(name)
        const first = compareKnown(kind, desired, base, live)
        const second = compareKnown(kind, desired, first.applied, updated(kind, live, first))
        expect(quiet(second)).toEqual(QUIET)
      }),
      { numRuns: 2000 },
    )
  })

  test('the same is true after adopting, and no value is lost', () => {
    const fill = fc.subarray(['firstName', 'lastName', 'emailVerified', 'metadata', 'roles'])
    fc.assert(
      fc.property(sides, fill, ([name, desired, , live], allowed) => {
        const kind = kindDefinition(name)
        const first = compareAdopted(kind, desired, live, allowed)
        const after = updated(kind, live, first)
        expect(quiet(compareKnown(kind, desired, first.applied, after))).toEqual(QUIET)
        for (const [field, held] of Object.entries(live)) {
          // False means the same as no value: an address that is not verified yet.
          if (held === null || held === false) continue
          if (Array.isArray(held)) expect(after[field]).toEqual(expect.arrayContaining(held))
          else if (typeof held === 'object') expect(after[field]).toMatchObject(held)
          else expect(after[field]).toEqual(held)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('if nobody changed WorkOS, it then has the values of the source', () => {
    fc.assert(
      fc.property(side, side, (desired, base) => {
        const live: Attributes = { firstName: null, lastName: null, metadata: {}, ...base }
        const after = updated(user, live, compareKnown(user, desired, base, live))
        for (const [field, value] of Object.entries(desired)) {
          if (field !== 'emailVerified' || base.emailVerified !== undefined) expect(after[field]).toEqual(value)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('no plain value that somebody changed in WorkOS is overwritten', () => {
    fc.assert(
      fc.property(side, side, liveSide, (desired, base, live) => {
        const { send, kept } = compareKnown(user, desired, base, live)
        for (const field of ['firstName', 'lastName'] as const) {
          const held: Json | undefined = live[field]
          if (held === undefined || held === (base[field] ?? null)) continue
          expect(send).not.toHaveProperty(field)
          const wanted = desired[field]
          expect(kept.some((difference) => difference.field === field)).toBe(wanted !== undefined && wanted !== held)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('without a change in the source nothing is sent', () => {
    fc.assert(
      fc.property(side, liveSide, (desired, live) => {
        const { send, changes, caughtUp } = compareKnown(user, desired, desired, live)
        expect([{ ...send }, changes, caughtUp]).toEqual([{}, [], false])
      }),
    )
  })
})
