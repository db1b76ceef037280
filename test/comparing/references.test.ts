import { expect, test } from 'vitest'
import { referencesOf, resolveReferences, type Standing } from '../../src/comparing/references.ts'

const references = referencesOf(
  { refs: { user: 'user', organization: 'organization' } },
  { refs: { user: 'ada', organization: 'acme' } },
)

function resolve(user: Standing, organization: Standing) {
  return resolveReferences(references, ({ role }) => (role === 'user' ? user : organization))
}

const ADA: Standing = { type: 'there', id: 'user_1' }
const ACME: Standing = { type: 'there', id: 'org_1' }

test('references are those of the kind, and a missing one does not count', () => {
  expect(references).toEqual([
    { role: 'user', kind: 'user', key: 'ada' },
    { role: 'organization', kind: 'organization', key: 'acme' },
  ])
  expect(referencesOf({ refs: { user: 'user' } }, { refs: {} })).toEqual([])
})

test('existing references are resolved; so is an empty list', () => {
  expect(resolve(ADA, ACME)).toEqual({ type: 'resolved', ids: { user: 'user_1', organization: 'org_1' } })
  expect(resolveReferences([], () => ADA)).toEqual({ type: 'resolved', ids: {} })
})

test('a reference that will be created is pending, with the IDs of the others', () => {
  expect(resolve({ type: 'pending' }, ACME)).toEqual({ type: 'pending', ids: { organization: 'org_1' } })
})

test('a reference that will not exist blocks, the first one by name, even next to a pending one', () => {
  const missing: Standing = { type: 'missing', why: 'is unknown' }
  expect(resolve({ type: 'pending' }, missing)).toMatchObject({
    type: 'blocked',
    code: 'dependency_blocked',
    message: 'its organization organization:acme is unknown',
  })
  expect(resolve(missing, { type: 'missing', why: 'is blocked' })).toMatchObject({
    message: 'its user user:ada is unknown',
    by: { role: 'user', kind: 'user', key: 'ada' },
  })
})

test('a reference that is gone is reported before a missing one, and keeps its ID', () => {
  const gone: Standing = { type: 'gone', id: 'org_1', why: 'is not in WorkOS any more' }
  expect(resolve({ type: 'missing', why: 'does not exist' }, gone)).toMatchObject({
    type: 'blocked',
    code: 'reference_gone',
    message: 'its organization organization:acme is not in WorkOS any more',
    ids: { organization: 'org_1' },
  })
})
