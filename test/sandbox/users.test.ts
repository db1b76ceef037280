import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refusalOf, type Subject, startSubject } from './harness.ts'

const USERS = '/user_management/users'
let subject: Subject
beforeEach(async () => {
  subject = await startSubject()
})
afterEach(() => subject.close())

describe('creating users', () => {
  test('a user is returned with all fields and found by ID and by external ID', async () => {
    const created = await subject.ok('POST', USERS, {
      email: 'Ada@Example.com',
      first_name: 'Ada',
      last_name: 'Example',
      name: 'Ada Example',
      email_verified: true,
      external_id: 'legacy/1',
      metadata: { plan: 'gold' },
    })
    expect(created).toMatchObject({
      object: 'user',
      email: 'Ada@Example.com',
      email_verified: true,
      external_id: 'legacy/1',
      metadata: { plan: 'gold' },
    })
    expect(created.id).toMatch(/^user_01[0-9A-HJKMNP-TV-Z]{24}$/)
    expect(await subject.ok('GET', `${USERS}/${created.id}`)).toEqual(created)
    expect(await subject.ok('GET', `${USERS}/external_id/${encodeURIComponent('legacy/1')}`)).toEqual(created)
  })

  test('only the email is required', async () => {
    const user = await subject.ok('POST', USERS, { email: 'min@example.com' })
    expect(user).toMatchObject({ first_name: null, external_id: null, email_verified: false, metadata: {} })
  })

  test('an email is taken regardless of case', async () => {
    await subject.ok('POST', USERS, { email: 'ada@example.com' })
    const answer = await subject.call('POST', USERS, { email: 'ADA@example.com' })
    expect(refusalOf(answer)).toEqual([400, 'user_creation_error', 'email_not_available'])
  })

  test('a taken external ID and a taken email have different codes', async () => {
    await subject.ok('POST', USERS, { email: 'ada@example.com', external_id: 'x' })
    const other = await subject.call('POST', USERS, { email: 'bob@example.com', external_id: 'x' })
    expect(refusalOf(other)).toEqual([400, 'user_creation_error', 'external_id_already_used'])
    const both = await subject.call('POST', USERS, { email: 'ada@example.com', external_id: 'x' })
    expect(refusalOf(both)).toEqual([400, 'user_creation_error', 'email_not_available', 'external_id_already_used'])
  })

  test.each([
    [{}, 'email_required'],
    [{ email: '' }, 'email_required'],
    [{ email: 7 }, 'email_must_be_a_string'],
    [{ email: 'a@example.com', first_name: 7 }, 'first_name_must_be_a_string'],
    [{ email: 'a@example.com', email_verified: 'true' }, 'email_verified_must_be_a_boolean'],
    [{ email: 'a@example.com', external_id: 'x'.repeat(129) }, 'external_id_too_long'],
    [{ email: 'a@example.com', external_id: 'ü' }, 'external_id_invalid'],
    [{ email: 'a@example.com', metadata: { seats: 5 } }, 'metadata_required'],
    [{ email: 'a@example.com', metadata: { gone: null } }, 'metadata_required'],
    [{ email: 'a@example.com', metadata: ['x'] }, 'metadata_required'],
    [{ email: 'a@example.com', password_hash: 'x' }, 'password_hash_type_required'],
    [{ email: 'a@example.com', password_hash_type: 'bcrypt' }, 'password_hash_required'],
    [{ email: 'a@example.com', password_hash: 'x', password_hash_type: 'md5' }, 'password_hash_type_invalid'],
  ])('%j is rejected with %s', async (body, code) => {
    expect(refusalOf(await subject.call('POST', USERS, body))).toEqual([422, 'invalid_request_parameters', code])
  })

  test('one response lists every wrong field', async () => {
    const answer = await subject.call('POST', USERS, { first_name: 1, email_verified: 1 })
    expect(answer.body.errors?.map((error) => error.field)).toEqual(['email', 'first_name', 'email_verified'])
  })

  test.each([
    [{ email: 'not-an-address' }, ['user_creation_error', 'invalid_email']],
    [{ password: 'short' }, ['password_strength_error', 'password_too_short']],
    [
      { password: 'long enough', password_hash: 'x', password_hash_type: 'bcrypt' },
      ['password_and_password_hash_provided'],
    ],
    [{ password: 'long enough', password_hash_type: 'bcrypt' }, ['password_and_password_hash_type_provided']],
    [{ password_hash: 'x', password_hash_type: 'bcrypt' }, ['invalid_password_hash']],
    [{ metadata: { ['k'.repeat(41)]: 'v' } }, ['invalid_metadata']],
    [{ metadata: { k: 'v'.repeat(601) } }, ['invalid_metadata']],
    [{ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v'])) }, ['invalid_metadata']],
  ])('%j is rejected with 400 %j', async (fields, codes) => {
    const answer = await subject.call('POST', USERS, { email: 'a@example.com', ...fields })
    expect(refusalOf(answer)).toEqual([400, ...codes])
    expect((await subject.ok('GET', USERS)).data).toEqual([])
  })

  test('metadata at its limits is accepted', async () => {
    const members = Array.from({ length: 50 }, (_, i) => [`${i}`.padStart(40, 'k'), 'v'.repeat(600)])
    const metadata = Object.fromEntries(members)
    expect((await subject.ok('POST', USERS, { email: 'a@example.com', metadata })).metadata).toEqual(metadata)
  })

  test('an Idempotency-Key is ignored', async () => {
    const create = () =>
      fetch(subject.url + USERS, {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_spec', 'idempotency-key': 'same' },
        body: JSON.stringify({ email: 'a@example.com' }),
      })
    expect((await create()).status).toBe(201)
    expect((await create()).status).toBe(400)
  })
})

describe('updating users', () => {
  test('omitted fields stay as they are', async () => {
    const before = await subject.ok('POST', USERS, {
      email: 'a@example.com',
      first_name: 'A',
      last_name: 'B',
      external_id: 'x',
      email_verified: true,
      metadata: { k: 'v' },
    })
    const after = await subject.ok('PUT', `${USERS}/${before.id}`, { first_name: 'C' })
    expect(after).toEqual({ ...before, first_name: 'C', updated_at: after.updated_at })
    expect(await subject.ok('GET', `${USERS}/${before.id}`)).toEqual(after)
  })

  test('metadata merges, null removes a key, an empty object clears', async () => {
    const { id } = await subject.ok('POST', USERS, { email: 'a@example.com', metadata: { a: '1', b: '2' } })
    const update = async (metadata: unknown) => (await subject.ok('PUT', `${USERS}/${id}`, { metadata })).metadata
    expect(await update({ b: null, c: '3' })).toEqual({ a: '1', c: '3' })
    expect(await update({ a: '9' })).toEqual({ a: '9', c: '3' })
    expect(await update({})).toEqual({})
  })

  test('the email moves to another user only when it is free, and its own case can change', async () => {
    await subject.ok('POST', USERS, { email: 'a@example.com', external_id: 'a' })
    const { id } = await subject.ok('POST', USERS, { email: 'b@example.com' })
    const put = (body: unknown) => subject.call('PUT', `${USERS}/${id}`, body)
    expect(refusalOf(await put({ email: 'A@example.com' }))).toEqual([400, 'email_not_available'])
    expect(refusalOf(await put({ external_id: 'a' }))).toEqual([400, 'external_id_already_used'])
    expect(refusalOf(await put({ email: 'nonsense' }))).toEqual([400, 'invalid_email'])
    expect((await put({ email: 'B@example.com' })).body.email).toBe('B@example.com')
    expect((await put({ external_id: 'b' })).body.external_id).toBe('b')
    expect((await put({ external_id: null })).body.external_id).toBe(null)
  })

  test('the rules for passwords apply to updates', async () => {
    const { id } = await subject.ok('POST', USERS, { email: 'a@example.com' })
    const put = (body: unknown) => subject.call('PUT', `${USERS}/${id}`, body)
    expect(refusalOf(await put({ password: 'short' }))).toEqual([400, 'password_strength_error', 'password_too_short'])
    expect(refusalOf(await put({ password_hash: '{SSHA}x', password_hash_type: 'ssha' }))).toEqual([
      400,
      'invalid_password_hash',
    ])
    expect((await put({ password: 'long enough now' })).status).toBe(200)
    expect((await put({ first_name: null })).status).toBe(422)
  })

  test('an unknown user is 404', async () => {
    for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']] as const) {
      const answer = await subject.call(method, `${USERS}/user_unknown`, body)
      expect(refusalOf(answer)).toEqual([404, 'entity_not_found'])
    }
    expect((await subject.call('GET', `${USERS}/external_id/none`)).status).toBe(404)
  })
})

test('deleting a user deletes memberships and factors, and frees email and external ID', async () => {
  const fields = { email: 'a@example.com', external_id: 'a' }
  const user = await subject.ok('POST', USERS, fields)
  const organization = await subject.ok('POST', '/organizations', { name: 'One' })
  const pair = { user_id: user.id, organization_id: organization.id }
  const membership = await subject.ok('POST', '/user_management/organization_memberships', pair)
  await subject.ok('POST', `${USERS}/${user.id}/auth_factors`, { type: 'totp' })
  await subject.ok('DELETE', `${USERS}/${user.id}`)
  expect((await subject.call('GET', `${USERS}/${user.id}`)).status).toBe(404)
  expect((await subject.call('GET', `/user_management/organization_memberships/${membership.id}`)).status).toBe(404)
  const again = await subject.ok('POST', USERS, fields)
  expect((await subject.ok('GET', `${USERS}/${again.id}/auth_factors`)).data).toEqual([])
})

test('users are listed by email in any case and by organization', async () => {
  const a = await subject.ok('POST', USERS, { email: 'a@example.com' })
  await subject.ok('POST', USERS, { email: 'b@example.com' })
  const organization = await subject.ok('POST', '/organizations', { name: 'One' })
  await subject.ok('POST', '/user_management/organization_memberships', {
    user_id: a.id,
    organization_id: organization.id,
  })
  expect((await subject.ok('GET', `${USERS}?email=A%40EXAMPLE.com`)).data).toEqual([a])
  expect((await subject.ok('GET', `${USERS}?organization_id=${organization.id}`)).data).toEqual([a])
  expect((await subject.ok('GET', `${USERS}?email=none@example.com`)).data).toEqual([])
})

test('a locale is a language tag, and only updates accept it', async () => {
  const user = await subject.ok('POST', USERS, { email: 'ada@example.com' })
  expect(user.locale).toBeNull()
  expect(await subject.ok('PUT', `${USERS}/${user.id}`, { locale: 'en-US' })).toMatchObject({ locale: 'en-US' })
  const refused = await subject.call('PUT', `${USERS}/${user.id}`, { locale: 'English' })
  expect([refused.status, refused.body]).toMatchObject([400, { code: 'invalid_locale' }])
  expect(await subject.ok('PUT', `${USERS}/${user.id}`, { locale: null })).toMatchObject({ locale: null })
})
