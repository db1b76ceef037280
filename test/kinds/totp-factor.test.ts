import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { totpFactor } from '../../src/kinds/user/totp-factor.ts'
import type { DesiredResource } from '../../src/resource.ts'
import { collect, live } from './live.ts'

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const USERS = '/user_management/users'

const desired: DesiredResource = {
  kind: 'totp-factor',
  key: 'u1',
  attributes: { account: 'ada@example.com', issuer: 'Acme' },
  secrets: { totpSecret: SECRET },
  refs: { user: 'u1' },
}

async function withUser() {
  const api = await live()
  const { id } = await api.write({ method: 'POST', path: USERS, body: { email: 'ada@example.com' } })
  return { api, user: String(id) }
}

describe('a TOTP factor', () => {
  test('is enrolled with secret, issuer and account, and no secret is read from the response', async () => {
    const { api, user } = await withUser()
    const request = totpFactor.create(desired, { user })
    expect(request).toEqual({
      method: 'POST',
      path: `${USERS}/${user}/auth_factors`,
      body: { type: 'totp', totp_secret: SECRET, totp_issuer: 'Acme', totp_user: 'ada@example.com' },
    })
    const body = await api.write(request)
    expect(JSON.stringify(body)).toContain(SECRET)
    const created = totpFactor.parse(body, { user })
    expect(created).toMatchObject({ id: expect.stringMatching(/^auth_factor_/), naturalKey: user, externalId: null })
    expect(JSON.stringify(created)).not.toContain(SECRET)
  })

  test('without issuer and account leaves both to WorkOS', () => {
    expect(totpFactor.create({ ...desired, attributes: {} }, { user: 'user_1' }).body).toEqual({
      type: 'totp',
      totp_secret: SECRET,
    })
  })

  test('is found by its user, read by its ID, and deleted by it', async () => {
    const { api, user } = await withUser()
    expect(await totpFactor.find(api, desired, { user })).toBeUndefined()
    const { id } = totpFactor.parse(await api.write(totpFactor.create(desired, { user })), { user })
    expect(await totpFactor.find(api, desired, { user })).toMatchObject({ id, naturalKey: user })
    expect(await totpFactor.get(api, id)).toMatchObject({ id, naturalKey: user })
    expect(await collect(totpFactor.list(api, [user, 'user_gone']))).toMatchObject([[{ id }]])
    const removal = totpFactor.remove(id)
    expect(removal).toEqual({ method: 'DELETE', path: `/auth/factors/${id}` })
    if (removal) await api.write(removal)
    expect(await totpFactor.get(api, id)).toBeUndefined()
    expect(await totpFactor.find(api, desired, { user })).toBeUndefined()
  })

  test('does not exist for a user who is gone', async () => {
    const { api } = await withUser()
    expect(await totpFactor.find(api, desired, { user: 'user_gone' })).toBeUndefined()
    expect(await totpFactor.find(api, desired, {})).toBeUndefined()
  })

  test('factors of other types do not count', async () => {
    const read = async () => ({
      data: [
        { id: 'auth_factor_1', type: 'sms', user_id: 'user_1', created_at: '2026-01-01T00:00:00Z' },
        { id: 'auth_factor_2', type: 'totp', user_id: null, created_at: '2026-01-02T00:00:00Z' },
      ],
      list_metadata: { before: null, after: null },
    })
    const api = { read, write: async () => ({}) }
    // WorkOS need not return the user.
    expect(await totpFactor.find(api, desired, { user: 'user_1' })).toMatchObject({
      id: 'auth_factor_2',
      naturalKey: 'user_1',
    })
    const one = { read: async () => ({ id: 'auth_factor_1', type: 'sms' }), write: async () => ({}) }
    expect(await totpFactor.get(one, 'auth_factor_1')).toBeUndefined()
  })

  test('has the key of its user, and is never updated', () => {
    expect(totpFactor.keyFromRefs?.({ user: 'u1' })).toBe('u1')
    expect(totpFactor.naturalKey(desired, { user: 'user_1' })).toBe('user_1')
    expect(totpFactor.naturalKey(desired, {})).toBeNull()
    expect(totpFactor.update('auth_factor_1', { totpSecret: null }, desired)).toEqual([])
    expect(totpFactor.label(desired)).toBe('ada@example.com')
  })

  test('a conflict means that there is one', () => {
    expect(totpFactor.exists([], 409)).toBe(true)
    expect(totpFactor.exists(['invalid_request_parameters'], 422)).toBe(false)
  })
})

describe('the response to an enrollment', () => {
  const OTHER = 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU'
  const uri = (secret: string, more = '') => ({ uri: `otpauth://totp/Acme:ada?secret=${secret}${more}` })
  const refuted = (totp: JsonObject) => totpFactor.refuted?.({ authentication_factor: { id: 'f', totp } }, desired)

  test.each<[string, JsonObject, string]>([
    ['another secret', { secret: OTHER }, 'WorkOS returned a different secret than was sent'],
    ['a key URI with another secret', uri(OTHER), 'WorkOS returned a key URI with a different secret than was sent'],
    ['codes of eight digits', uri(SECRET, '&digits=8'), 'WorkOS returned a factor whose digits are not 6'],
    ['codes of SHA-256', uri(SECRET, '&algorithm=SHA256'), 'WorkOS returned a factor whose algorithm is not SHA1'],
  ])('with %s is refuted', (_what, totp, message) => {
    expect(refuted(totp)).toEqual({ code: 'totp_answered_otherwise', message })
  })

  test.each([
    ['in lower case', SECRET.toLowerCase()],
    ['in groups', SECRET.replace(/(.{4})/g, '$1 ')],
    ['padded', `${SECRET}====`],
  ])('with the same secret %s is not', (_how, secret) => {
    expect(refuted({ secret })).toBeUndefined()
  })
})
