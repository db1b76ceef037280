import { expect, test } from 'vitest'
import type { Attributes } from '../../src/resources/kind.ts'
import { membership } from '../../src/resources/membership.ts'
import { checkMerged, mergeDrafts } from '../../src/resources/merge.ts'
import { user } from '../../src/resources/user.ts'
import { RULES } from './rules.ts'

const draft = (attributes: Attributes, secrets: Attributes | null = null) => ({ key: 'k', attributes, secrets })

test('the first value that is not empty wins, and what it beats is told', () => {
  const merged = mergeDrafts(
    user,
    [draft({ email: 'a@example.com' }), draft({ email: 'a@example.com', firstName: 'A' }), draft({ firstName: 'B' })],
    {},
  )
  expect(merged.attributes).toEqual({ email: 'a@example.com', firstName: 'A' })
  expect(merged.conflicts).toEqual([{ draft: 2, field: 'firstName', rule: 'first', from: 1, kept: 'A', dropped: 'B' }])
})

test('an e-mail is verified if any record says so, unless the manifest wants the first', () => {
  const drafts = [draft({ emailVerified: false }), draft({ emailVerified: true })]
  expect(mergeDrafts(user, drafts, {}).attributes).toEqual({ emailVerified: true })
  expect(mergeDrafts(user, drafts, { emailVerified: 'first' }).attributes).toEqual({ emailVerified: false })
  expect(mergeDrafts(user, drafts, { default: 'first' }).attributes).toEqual({ emailVerified: false })
  expect(mergeDrafts(user, drafts, { default: 'first', emailVerified: 'any' }).attributes).toEqual({
    emailVerified: true,
  })
})

test('metadata is united, the first value of a key winning', () => {
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

test('roles are united, in one order', () => {
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

test('the password of an account that never verified the address does not open that of one that did', () => {
  const unverified = { key: 'a', attributes: { emailVerified: false }, secrets: { password: 'of the intruder' } }
  const verified = { key: 'b', attributes: { emailVerified: true }, secrets: null }
  const merged = mergeDrafts(user, [unverified, verified], {})
  expect(merged.secrets).toBeNull()
  expect(merged.attributes.emailVerified).toBe(true)
  expect(merged.conflicts).toContainEqual({ draft: 0, field: 'password', rule: 'proof' })
  const own = { ...verified, secrets: { password: 'of the owner' } }
  expect(mergeDrafts(user, [unverified, own], {}).secrets).toEqual({ password: 'of the owner' })
})

test('where nobody verified the address, or the rows are of one account, the first password counts', () => {
  const first = { key: 'a', attributes: { emailVerified: false }, secrets: { password: 'p' } }
  expect(mergeDrafts(user, [first, { ...first, key: 'b', secrets: null }], {}).secrets).toEqual({ password: 'p' })
  const sameAccount = { key: 'a', attributes: { emailVerified: true }, secrets: null }
  expect(mergeDrafts(user, [first, sameAccount], {}).secrets).toEqual({ password: 'p' })
})

test('a password in clear and a hash are never both kept', () => {
  const hash = { passwordHash: { hash: 'h', type: 'bcrypt' } }
  const merged = mergeDrafts(user, [draft({}, hash), draft({}, { password: 'p' })], {})
  expect(merged.secrets).toEqual(hash)
  expect(merged.conflicts).toEqual([{ draft: 1, field: 'password', rule: 'first', from: 0, instead: 'passwordHash' }])
})

test('limits that only the union breaks are found after it', () => {
  const keys = (prefix: string) =>
    Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`${prefix}${index}`, 'v']))
  const { attributes } = mergeDrafts(user, [draft({ metadata: keys('a') }), draft({ metadata: keys('b') })], {})
  expect(checkMerged(user, attributes, RULES)).toMatchObject([{ code: 'metadata_too_many_keys', field: 'metadata' }])
  expect(checkMerged(user, { metadata: keys('a') }, RULES)).toEqual([])
  expect(checkMerged(membership, { roles: ['member'] }, RULES)).toEqual([])
})
