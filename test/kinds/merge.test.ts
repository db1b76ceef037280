import { describe, expect, test } from 'vitest'
import { membership } from '../../src/kinds/membership/membership.ts'
import { checkMerged, mergeDrafts } from '../../src/kinds/merge.ts'
import { user } from '../../src/kinds/user/user.ts'
import type { Attributes } from '../../src/resource.ts'
import { RULES } from './rules.ts'

const draft = (attributes: Attributes, secrets: Attributes | null = null) => ({ key: 'k', attributes, secrets })

test('the first value that is not empty wins, and the losing value is reported', () => {
  const merged = mergeDrafts(
    user,
    [draft({ email: 'a@example.com' }), draft({ email: 'a@example.com', firstName: 'A' }), draft({ firstName: 'B' })],
    {},
  )
  expect(merged.attributes).toEqual({ email: 'a@example.com', firstName: 'A' })
  expect(merged.conflicts).toEqual([{ draft: 2, field: 'firstName', rule: 'first', from: 1, kept: 'A', dropped: 'B' }])
})

test('an email address is verified if any record says so, unless the manifest sets first', () => {
  const drafts = [draft({ emailVerified: false }), draft({ emailVerified: true })]
  expect(mergeDrafts(user, drafts, {}).attributes).toEqual({ emailVerified: true })
  expect(mergeDrafts(user, drafts, { emailVerified: 'first' }).attributes).toEqual({ emailVerified: false })
  expect(mergeDrafts(user, drafts, { default: 'first' }).attributes).toEqual({ emailVerified: false })
  expect(mergeDrafts(user, drafts, { default: 'first', emailVerified: 'any' }).attributes).toEqual({
    emailVerified: true,
  })
})

test('metadata is combined, and the first value of a key wins', () => {
  const merged = mergeDrafts(
    user,
    [draft({ metadata: { plan: 'pro', a: '1' } }), draft({ metadata: { plan: 'free', b: '2' } })],
    {},
  )
  expect(merged.attributes.metadata).toEqual({ plan: 'pro', a: '1', b: '2' })
  expect(merged.conflicts).toEqual([
    { draft: 1, field: 'metadata.plan', rule: 'union', from: 0, kept: 'pro', dropped: 'free' },
  ])
})

test('roles are combined in one order', () => {
  const drafts = [draft({ roles: ['member', 'admin'] }), draft({}), draft({ roles: ['billing', 'member'] })]
  expect(mergeDrafts(membership, drafts, {})).toEqual({
    attributes: { roles: ['admin', 'billing', 'member'] },
    secrets: null,
    conflicts: [],
  })
})

test('a hash keeps its own type, and a conflict of secrets shows neither', () => {
  const first = { passwordHash: { hash: 'first-hash', type: 'bcrypt' } }
  const second = { passwordHash: { hash: 'second-hash', type: 'argon2' } }
  const merged = mergeDrafts(user, [draft({}), draft({}, first), draft({}, second), draft({}, first)], {})
  expect(merged.secrets).toEqual(first)
  expect(merged.conflicts).toEqual([{ draft: 2, field: 'passwordHash', rule: 'first', from: 1 }])
})

test('the password of an account without a verified address does not open an account with one', () => {
  const unverified = { key: 'a', attributes: { emailVerified: false }, secrets: { password: 'of the intruder' } }
  const verified = { key: 'b', attributes: { emailVerified: true }, secrets: null }
  const merged = mergeDrafts(user, [unverified, verified], {})
  expect(merged.secrets).toBeNull()
  expect(merged.attributes.emailVerified).toBe(true)
  expect(merged.conflicts).toContainEqual({ draft: 0, field: 'password', rule: 'proof' })
  const own = { ...verified, secrets: { password: 'of the owner' } }
  expect(mergeDrafts(user, [unverified, own], {}).secrets).toEqual({ password: 'of the owner' })
})

test('if nobody verified the address, or the rows are of one account, the first password counts', () => {
  const first = { key: 'a', attributes: { emailVerified: false }, secrets: { password: 'p' } }
  expect(mergeDrafts(user, [first, { ...first, key: 'b', secrets: null }], {}).secrets).toEqual({ password: 'p' })
  const sameAccount = { key: 'a', attributes: { emailVerified: true }, secrets: null }
  expect(mergeDrafts(user, [first, sameAccount], {}).secrets).toEqual({ password: 'p' })
})

test('a plain-text password and a hash are never both kept', () => {
  const hash = { passwordHash: { hash: 'h', type: 'bcrypt' } }
  const merged = mergeDrafts(user, [draft({}, hash), draft({}, { password: 'p' })], {})
  expect(merged.secrets).toEqual(hash)
  expect(merged.conflicts).toEqual([{ draft: 1, field: 'password', rule: 'first', from: 0, instead: 'passwordHash' }])
})

test('limits that only the union exceeds are found after it', () => {
  const keys = (prefix: string) =>
    Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`${prefix}${index}`, 'v']))
  const { attributes } = mergeDrafts(user, [draft({ metadata: keys('a') }), draft({ metadata: keys('b') })], {})
  expect(checkMerged(user, attributes, RULES)).toMatchObject([{ code: 'metadata_too_many_keys', field: 'metadata' }])
  expect(checkMerged(user, { metadata: keys('a') }, RULES)).toEqual([])
  expect(checkMerged(membership, { roles: ['member'] }, RULES)).toEqual([])
})

const at = (updatedAt: number | null, attributes: Attributes, secrets: Attributes | null = null) => ({
  ...draft(attributes, secrets),
  updatedAt,
})

test.each([
  ['first', 'Al'],
  ['last', 'Eve'],
  ['newest', 'Bernard'],
  ['longest', 'Bernard'],
  ['concat', 'Al, Bernard, Eve'],
] as const)('of texts, %s takes %s', (rule, firstName) => {
  const drafts = [at(1, { firstName: 'Al' }), at(3, { firstName: 'Bernard' }), at(2, { firstName: 'Eve' })]
  const { attributes, conflicts } = mergeDrafts(user, [...drafts, at(9, {})], { firstName: rule })
  expect(attributes).toEqual({ firstName })
  expect(conflicts.map(({ dropped }) => dropped)).toEqual(
    rule === 'concat' ? [] : ['Al', 'Bernard', 'Eve'].filter((name) => name !== firstName),
  )
  expect(conflicts.every((conflict) => conflict.rule === rule && conflict.kept === firstName)).toBe(true)
})

test('among equals the earlier record wins; a record without a time is older than any', () => {
  const drafts = [at(null, { name: 'Ada', lastName: 'A' }), at(5, { name: 'Bea' }), at(5, { name: 'Cleo' })]
  const name = (some: typeof drafts, rule: 'newest' | 'longest') =>
    mergeDrafts(user, some, { name: rule }).attributes.name
  expect(name(drafts, 'newest')).toBe('Bea')
  expect(name(drafts.slice(0, 2), 'longest')).toBe('Ada')
  expect(name([at(null, { name: 'A' }), at(null, { name: 'B' })], 'newest')).toBe('A')
})

test('concat counts a text once, and longest counts characters', () => {
  const names = (...values: string[]) => values.map((name) => draft({ name }))
  expect(mergeDrafts(user, names('A', 'B', 'A'), { name: 'concat' }).attributes.name).toBe('A, B')
  expect(mergeDrafts(user, names('😀😀', 'abc'), { name: 'longest' }).attributes.name).toBe('abc')
})

test.each([
  ['any', true],
  ['all', false],
  ['first', false],
  ['last', true],
  ['newest', true],
] as const)('whether an address is verified: %s returns %s', (rule, emailVerified) => {
  const drafts = [at(1, { emailVerified: false }), at(2, { emailVerified: true })]
  expect(mergeDrafts(user, drafts, { emailVerified: rule }).attributes).toEqual({ emailVerified })
})

test('a record that verified another address did not verify the one that is kept', () => {
  const drafts = [
    draft({ email: 'a@example.com', emailVerified: false }),
    draft({ email: 'b@example.com', emailVerified: true }),
  ]
  expect(mergeDrafts(user, drafts, {}).attributes).toEqual({ email: 'a@example.com', emailVerified: false })
  expect(mergeDrafts(user, drafts, { email: 'last' }).attributes).toEqual({
    email: 'b@example.com',
    emailVerified: true,
  })
})

test('members of metadata have separate rules, whatever the rule for the rest', () => {
  const drafts = [
    at(1, { metadata: { plan: 'free', tags: 'a', only: '1' } }),
    at(2, { metadata: { plan: 'pro', tags: 'b' } }),
  ]
  const rules = { 'metadata.plan': 'newest', 'metadata.tags': 'concat', 'metadata.none': 'longest' } as const
  const united = mergeDrafts(user, drafts, rules)
  expect(united.attributes.metadata).toEqual({ plan: 'pro', tags: 'a, b', only: '1' })
  expect(united.conflicts).toEqual([
    { draft: 0, field: 'metadata.plan', rule: 'newest', from: 1, kept: 'pro', dropped: 'free' },
  ])
  const whole = mergeDrafts(user, drafts, { metadata: 'last', 'metadata.tags': 'concat' })
  expect(whole.attributes.metadata).toEqual({ plan: 'pro', tags: 'a, b' })
  const [kept, dropped] = [{ plan: 'pro' }, { plan: 'free', only: '1' }]
  expect(whole.conflicts).toEqual([{ draft: 0, field: 'metadata', rule: 'last', from: 1, kept, dropped }])
})

test.each([
  ['first', 'h1'],
  ['last', 'h3'],
  ['newest', 'h2'],
] as const)('of hashes, %s takes %s with its own type', (rule, hash) => {
  const hashed = (time: number, value: string) => at(time, {}, { passwordHash: { hash: value, type: `as ${value}` } })
  const drafts = [hashed(1, 'h1'), hashed(3, 'h2'), hashed(2, 'h3')]
  expect(mergeDrafts(user, drafts, { passwordHash: rule }).secrets).toEqual({
    passwordHash: { hash, type: `as ${hash}` },
  })
})

test('if a password and a hash have different rules, the preferred record decides', () => {
  const drafts = [at(1, {}, { passwordHash: { hash: 'h', type: 'bcrypt' } }), at(2, {}, { password: 'p' })]
  const merged = mergeDrafts(user, drafts, { password: 'newest', passwordHash: 'first' })
  expect(merged.secrets).toEqual({ passwordHash: { hash: 'h', type: 'bcrypt' } })
  expect(mergeDrafts(user, drafts, { default: 'newest' }).secrets).toEqual({ password: 'p' })
})

describe('a strategy that takes one record whole', () => {
  const winner = draft({ firstName: 'Ada', emailVerified: false }, { password: 'p' })
  const other = { ...draft({ firstName: 'Eda', lastName: 'L', metadata: { a: '1' } }, { password: 'q' }), key: 'l' }

  test('takes nothing of the others, and reports every value', () => {
    const { attributes, secrets, conflicts } = mergeDrafts(user, [winner, other], { lastName: 'longest' }, 'newest')
    expect(attributes).toEqual({ firstName: 'Ada', emailVerified: false })
    expect(secrets).toEqual({ password: 'p' })
    expect(conflicts).toEqual([
      { draft: 1, field: 'firstName', rule: 'newest', from: 0, kept: 'Ada', dropped: 'Eda' },
      { draft: 1, field: 'lastName', rule: 'newest', from: 0, kept: null, dropped: 'L' },
      { draft: 1, field: 'metadata', rule: 'newest', from: 0, kept: null, dropped: { a: '1' } },
      { draft: 1, field: 'password', rule: 'newest', from: 0 },
    ])
  })

  test('takes no password that another record proves to be foreign, and none of that record either', () => {
    const proven = { ...other, attributes: { ...other.attributes, emailVerified: true } }
    const { secrets, conflicts } = mergeDrafts(user, [winner, proven], {}, 'first')
    expect(secrets).toBeNull()
    expect(conflicts).toContainEqual({ draft: 0, field: 'password', rule: 'proof' })
    expect(conflicts).toContainEqual({ draft: 1, field: 'password', rule: 'first' })
  })
})

test('proof of the kept address comes before proof of another one', () => {
  const proven = (key: string, email: string, password: string) => ({
    ...{ key, attributes: { email, emailVerified: true }, secrets: { password } },
  })
  const drafts = [
    { key: 'a', attributes: { email: 'a@x.example', emailVerified: false }, secrets: { password: 'pa' } },
    proven('b', 'a+b@x.example', 'pb'),
    proven('c', 'a@x.example', 'pc'),
  ]
  expect(mergeDrafts(user, drafts, {}).secrets).toEqual({ password: 'pc' })
  expect(mergeDrafts(user, drafts.slice(0, 2), {}).secrets).toEqual({ password: 'pb' })
})
