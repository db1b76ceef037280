import { describe, expect, test } from 'vitest'
import { user } from '../../src/kinds/user/user.ts'
import { RULES } from './rules.ts'

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const HEX = '3132333435363738393031323334353637383930'

const normalise = (fields: Record<string, unknown>, totp = RULES.totp) =>
  user.normalise({ key: 'u1', email: 'ada@example.com', ...fields }, { ...RULES, totp })

describe('the authenticator app of a user', () => {
  test('its secret is a secret attribute, in Base32, next to the password', () => {
    const result = normalise({ password: 'correct horse', totpSecret: { secret: HEX, issuer: 'Acme' } })
    expect(result).toMatchObject({
      ok: true,
      value: {
        attributes: { email: 'ada@example.com' },
        secrets: { password: 'correct horse', totpSecret: { secret: SECRET, issuer: 'Acme' } },
        notes: [],
      },
    })
  })

  test('an unsupported app leaves the user unchanged, or rejects it, by the manifest', () => {
    const totpSecret = { secret: SECRET, algorithm: 'SHA256' }
    expect(normalise({ totpSecret })).toMatchObject({
      ok: true,
      value: { secrets: null, notes: [{ code: 'totp_unsupported', detail: 'SHA256' }] },
    })
    expect(normalise({ totpSecret }, { encoding: 'auto', unsupported: 'reject' })).toMatchObject({
      ok: false,
      key: 'u1',
      problems: [{ code: 'unsupported_totp', field: 'totpSecret', message: expect.stringContaining('(SHA256)') }],
    })
  })

  test.each([
    'NULL',
    'None',
    '\\N',
    { secret: 'NULL', issuer: 'Acme' },
    ['null'],
  ])('words for an empty cell are not secrets: %j', (totpSecret) => {
    expect(normalise({ totpSecret })).toMatchObject({ ok: true, value: { secrets: null, notes: [] } })
  })

  test('a value that is not a secret rejects the user and is not shown', () => {
    const result = normalise({ totpSecret: 'TOPSECRETTOPSECRET1!' })
    expect(result).toMatchObject({ ok: false, problems: [{ code: 'invalid_totp_secret', field: 'totpSecret' }] })
    expect(JSON.stringify(result)).not.toContain('TOPSECRET')
  })
})

describe('its secret in the metadata rejects the user', () => {
  test.each<[string, object, unknown]>([
    ['unchanged', { seed: SECRET }, SECRET],
    ['within a text', { note: `seed ${SECRET} of the phone` }, SECRET],
    ['as in the source', { seed: HEX }, HEX],
    ['as sent to WorkOS', { seed: SECRET }, HEX],
    ['within an object', { mfa: { totp: { seed: SECRET } } }, SECRET],
    ['as a name', { [SECRET]: 'seed' }, SECRET],
    ['if WorkOS does not support it', { seed: SECRET }, { secret: SECRET, digits: 8 }],
    ['one of several', { seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }, [SECRET, 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP']],
  ])('%s', (_, metadata, totpSecret) => {
    const result = normalise({ metadata, totpSecret })
    expect(result).toMatchObject({ ok: false })
    const problems = result.ok ? [] : result.problems
    expect(problems).toContainEqual(expect.objectContaining({ code: 'totp_secret_in_metadata', field: 'metadata' }))
    expect(JSON.stringify(problems.filter(({ code }) => code === 'totp_secret_in_metadata'))).not.toContain(SECRET)
  })

  test('other metadata does not', () => {
    expect(normalise({ metadata: { plan: 'pro', mfa: 'true' }, totpSecret: SECRET })).toMatchObject({ ok: true })
  })
})
