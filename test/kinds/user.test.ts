import { describe, expect, test } from 'vitest'
import type { Normalised } from '../../src/kinds/draft.ts'
import { user } from '../../src/kinds/user/user.ts'
import type { DesiredResource } from '../../src/resource.ts'
import { ApiRefusal } from '../../src/workos/api.ts'
import { collect, live, only } from './live.ts'
import { RULES } from './rules.ts'

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

function accepted(fields: Record<string, unknown>): Normalised {
  const result = user.normalise(fields, RULES)
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '))
  return result.value
}

function desired(fields: Record<string, unknown>): DesiredResource {
  const { key, attributes, secrets, refs } = accepted(fields)
  return { kind: 'user', key, attributes, secrets, refs }
}

describe('the fields of a user', () => {
  test('secrets are kept apart, and empty values are absent', () => {
    const value = accepted({
      email: ' Ada@Example.com',
      emailVerified: 'yes',
      firstName: 'Ada ',
      lastName: '',
      externalId: 'u1',
      metadata: '{"org_id":"o1","plan":"pro"}',
      passwordHash: BCRYPT,
      passwordHashType: 'bcrypt',
      totpSecret: 'JBSWY3DPEHPK3PXP',
    })
    expect(value).toEqual({
      key: 'u1',
      attributes: {
        email: 'ada@example.com',
        emailVerified: true,
        firstName: 'Ada',
        externalId: 'u1',
        metadata: { clerk_org_id: 'o1', plan: 'pro' },
      },
      secrets: { passwordHash: { hash: BCRYPT, type: 'bcrypt' }, totpSecret: { secret: 'JBSWY3DPEHPK3PXP' } },
      refs: {},
      notes: [
        { code: 'metadata_key_renamed', detail: 'org_id' },
        { code: 'totp_weak_secret', detail: '80' },
      ],
    })
    expect(JSON.stringify({ ...value, secrets: null })).not.toContain('JBSWY3DPEHPK3PXP')
  })

  test('the key is the mapped one, else the external ID, else the email address', () => {
    expect(accepted({ key: 'k', externalId: 'x', email: 'a@example.com' }).key).toBe('k')
    expect(accepted({ externalId: 'x', email: 'a@example.com' }).key).toBe('x')
    expect(accepted({ email: 'A@example.com' }).key).toBe('a@example.com')
  })

  test('an unsupported hash leaves a user without a password and with a note', () => {
    const value = accepted({ email: 'a@example.com', passwordHash: { unsupported: 'md5' } })
    expect(value.secrets).toBeNull()
    expect(value.notes).toEqual([{ code: 'password_reset_required', detail: 'md5' }])
  })

  test('all problems of a user are reported at once, with the key if there is one', () => {
    const result = user.normalise(
      {
        key: 'k',
        email: 'nobody',
        emailVerified: 'perhaps',
        metadata: '{',
        passwordHashType: 'bcrypt',
        firstName: ['A'],
      },
      RULES,
    )
    expect(result).toMatchObject({ ok: false, key: 'k' })
    expect(!result.ok && result.problems.map(({ field }) => field).sort()).toEqual([
      'email',
      'emailVerified',
      'firstName',
      'metadata',
      'passwordHashType',
    ])
  })
})

describe('users in WorkOS', () => {
  test('a user is created, found by external ID and by email address, read, updated and removed', async () => {
    const api = await live()
    const wanted = desired({
      email: 'Ada@example.com',
      externalId: 'u/1',
      firstName: 'Ada',
      metadata: { a: '1', b: '2' },
    })
    const created = user.parse(await api.write(user.create(wanted, {})), {})
    expect(created).toMatchObject({ externalId: 'u/1', naturalKey: 'ada@example.com' })

    expect((await user.find(api, wanted, {}))?.id).toBe(created.id)
    expect(api.sent.at(-1)).toBe('GET /user_management/users/external_id/u%2F1')
    expect((await user.find(api, desired({ email: 'ADA@example.com' }), {}))?.id).toBe(created.id)
    expect((await user.find(api, desired({ email: 'ada@example.com', externalId: 'other' }), {}))?.id).toBe(created.id)
    expect(await user.find(api, desired({ email: 'bob@example.com', externalId: 'other' }), {})).toBeUndefined()

    const changes = { firstName: 'Augusta', metadata: { a: null, c: '3' } }
    const updated = user.parse(await api.write(only(user.update(created.id, changes, wanted))), {})
    expect(updated.attributes).toMatchObject({ firstName: 'Augusta', metadata: { b: '2', c: '3' } })
    expect(await user.get(api, created.id)).toEqual(updated)

    const removal = user.remove(created.id)
    if (removal) await api.write(removal)
    expect(await user.get(api, created.id)).toBeUndefined()
  })

  test('an empty value in WorkOS is null, a missing one is absent', () => {
    const body = { object: 'user', id: 'user_1', email: 'A@Example.com', first_name: null }
    expect(user.parse(body, {})).toEqual({
      id: 'user_1',
      externalId: null,
      naturalKey: 'a@example.com',
      attributes: { email: 'a@example.com', firstName: null },
    })
  })

  test('a hash is sent with its type on create', () => {
    const wanted = desired({ email: 'a@example.com', passwordHash: BCRYPT, passwordHashType: 'bcrypt', metadata: {} })
    expect(user.create(wanted, {}).body).toEqual({
      email: 'a@example.com',
      password_hash: BCRYPT,
      password_hash_type: 'bcrypt',
    })
  })

  test('an update sends only the changed fields, and a secret only if it is one of them', () => {
    const wanted = desired({ email: 'a@example.com', firstName: 'A', passwordHash: BCRYPT, passwordHashType: 'bcrypt' })
    expect(only(user.update('user_1', { firstName: 'A' }, wanted)).body).toEqual({ first_name: 'A' })
    expect(only(user.update('user_1', { passwordHash: true }, wanted)).body).toEqual({
      password_hash: BCRYPT,
      password_hash_type: 'bcrypt',
    })
  })

  test('a taken email address is distinguished from a weak password', async () => {
    const api = await live()
    await api.write(user.create(desired({ email: 'ada@example.com' }), {}))
    const again = await api.write(user.create(desired({ email: 'ADA@example.com' }), {})).catch((error) => error)
    expect(again).toBeInstanceOf(ApiRefusal)
    expect(user.exists(again.codes, again.status)).toBe(true)
    expect(user.exists(['external_id_already_used'], 400)).toBe(true)
    expect(user.exists(['password_strength_error', 'password_too_weak'], 400)).toBe(false)
  })

  test('all users are listed, page by page, oldest first', async () => {
    const api = await live()
    for (let index = 0; index < 203; index += 1) {
      await api.write(user.create(desired({ email: `u${index}@example.com` }), {}))
    }
    const pages = await collect(user.list(api, []))
    expect(pages.map((page) => page.length)).toEqual([100, 100, 3])
    expect(pages.flat().map(({ naturalKey: natural }) => natural)).toEqual(
      Array.from({ length: 203 }, (_, index) => `u${index}@example.com`),
    )
  })
})
