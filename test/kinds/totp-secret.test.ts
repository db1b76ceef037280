import { describe, expect, test } from 'vitest'
import { readTotp, type Totp } from '../../src/kinds/user/totp-secret.ts'
import { totpCode } from '../totp-code.ts'

/** The secret of RFC 6238's test vectors for SHA-1, `12345678901234567890`. */
const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

const read = (value: unknown, encoding: 'auto' | 'base32' | 'hex' | 'base64' | 'base64url' | 'text' = 'auto'): Totp =>
  readTotp(value, { encoding })

const factor = (more: object = {}, notes: object[] = []) => ({
  kind: 'factor',
  factor: { secret: BASE32, ...more },
  notes,
})

describe('one secret results in the same factor in any form', () => {
  test.each<[string, unknown]>([
    ['Base32', BASE32],
    ['Base32 in lower case, in groups', 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq'],
    ['Base32 with dashes', 'GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ'],
    ['hex', '3132333435363738393031323334353637383930'],
    ['Base64', 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA='],
    ['an otpauth URI', `otpauth://totp/?secret=${BASE32}`],
    ['an object', { secret: BASE32, algorithm: null, digits: '', period: undefined }],
    ['an object with encoding hex', { secret: '3132333435363738393031323334353637383930', encoding: 'HEX' }],
    ['an object with encoding text', { secret: '12345678901234567890', encoding: 'text' }],
    ['an object with encoding Base64 for URLs', { secret: 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA', encoding: 'base64url' }],
    [
      'an object with what WorkOS has alone',
      { secret: BASE32, algorithm: 'HmacSHA1', digits: 6, period: '30', type: 'TOTP' },
    ],
    ['a list of one', [BASE32]],
  ])('%s', (_, value) => {
    expect(read(value)).toEqual(factor())
  })

  test('the setting names the encoding of a plain text', () => {
    expect(read('12345678901234567890', 'text')).toEqual(factor())
    expect(read('MTIzNDU2Nzg5MDEyMzQ1Njc4OTA', 'base64url')).toEqual(factor())
  })

  test('its codes are those of RFC 6238', () => {
    const found = read('3132333435363738393031323334353637383930')
    if (found.kind !== 'factor') throw new Error('no factor')
    const { secret } = found.factor
    // Appendix B, the last six of eight digits.
    expect(totpCode(secret, 59)).toBe('287082')
    expect(totpCode(secret, 1111111109)).toBe('081804')
    expect(totpCode(secret, 20000000000)).toBe('353130')
  })

  test("Keycloak's raw text is the secret that its own page shows in Base32", () => {
    expect(read({ secret: '99fJbpUAcLsnWWpn1DnG', encoding: 'text' })).toMatchObject({
      factor: { secret: 'HE4WMSTCOBKUCY2MONXFOV3QNYYUI3SH' },
    })
  })
})

describe('issuer and account', () => {
  test.each<[string, unknown, object]>([
    [
      'label and parameter',
      `otpauth://totp/Acme%20Anvils:ada@example.com?secret=${BASE32}&issuer=Acme`,
      { issuer: 'Acme', account: 'ada@example.com' },
    ],
    ['only the label', `otpauth://totp/Acme:%20ada?secret=${BASE32}`, { issuer: 'Acme', account: 'ada' }],
    ['only an account', `otpauth://totp/ada?secret=${BASE32}`, { account: 'ada' }],
    ['an object', { secret: BASE32, issuer: ' Acme ', account: 'ada' }, { issuer: 'Acme', account: 'ada' }],
    ['numbers', { secret: BASE32, issuer: 7, account: 12345 }, { issuer: '7', account: '12345' }],
    [
      'an object with a URI: the object first',
      { secret: `otpauth://totp/Old:ada?secret=${BASE32}`, issuer: 'New' },
      { issuer: 'New', account: 'ada' },
    ],
  ])('%s', (_, value, more) => {
    expect(read(value)).toEqual(factor(more))
  })
})

describe('what WorkOS does not support is reported with the reason', () => {
  const uri = (more: string, type = 'totp') => `otpauth://${type}/Acme:ada?secret=${BASE32}&${more}`
  test.each<[string, unknown, string]>([
    ['another algorithm', { secret: BASE32, algorithm: 'HmacSHA256' }, 'SHA256'],
    ['another algorithm, by URI', uri('algorithm=SHA512'), 'SHA512'],
    ['an algorithm that might be the secret', { secret: BASE32, algorithm: BASE32 }, 'an unknown algorithm'],
    ['digits', { secret: BASE32, digits: 8 }, '8 digits'],
    ['a period', uri('period=60'), '60 s'],
    ['several', uri('algorithm=SHA256&digits=8&period=60'), 'SHA256, 8 digits, 60 s'],
    ['counters', uri('counter=4', 'hotp'), 'hotp'],
    ['counters, by object', { secret: BASE32, type: 'hotp' }, 'hotp'],
    ['letters', uri('encoder=steam'), 'codes that are not digits'],
    ['a reason of the mapping', { unsupported: 'encrypted secret' }, 'encrypted secret'],
    ['a secret in place of a reason', { unsupported: BASE32 }, 'another reason'],
    ['a short secret', 'GEZDGNBVGY3TQ', 'a secret of 64 bits'],
    ['a code', '123456', 'a secret of 24 bits'],
  ])('%s', (_, value, reason) => {
    expect(read(value)).toEqual({ kind: 'unsupported', reason })
  })

  test('of several apps, the first that WorkOS supports counts', () => {
    const found = read([{ secret: BASE32, digits: 8 }, BASE32, 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'])
    expect(found).toEqual(factor({}, [{ code: 'totp_several', detail: 'totp' }]))
    expect(read([{ secret: BASE32, digits: 8 }])).toEqual({ kind: 'unsupported', reason: '8 digits' })
    expect(read([])).toEqual({ kind: 'none' })
  })
})

describe('a value that is not a secret is rejected without showing it', () => {
  test.each<[string, unknown, Parameters<typeof read>[1]?]>([
    ['no encoding fits', 'not a secret!'],
    ['Base32 with digits that it has not', 'GEZDGNBVGY3TQOJQ0189', 'base32'],
    ['Base32 of no whole bytes', 'GEZDGNBVGY3TQOJQG', 'base32'],
    ['odd hex', '31323334353637383930313', 'hex'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['a number', 123456],
    ['an object without anything known', { totp: { secret: BASE32 } }],
    ['an unknown encoding', { secret: BASE32, encoding: 'rot13' }],
    ['a URI without a secret', 'otpauth://totp/Acme:ada?issuer=Acme'],
    ['a URI of another sort', 'otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8='],
    ['a URI with another encoding', { secret: `otpauth://totp/?secret=${BASE32}`, encoding: 'hex' }],
    ['a URI whose label is broken', `otpauth://totp/%E0%A4%A?secret=${BASE32}`],
    ['digits that are not a number', { secret: BASE32, digits: 'six' }],
    ['an account that is not text', { secret: BASE32, account: { id: 'ada' } }],
    ['a list with one that is not a secret', [BASE32, 'not a secret!']],
  ])('%s', (_, value, encoding = 'auto') => {
    const found = read(value, encoding)
    expect(found).toMatchObject({ kind: 'problem', fault: { code: 'invalid_totp_secret' } })
    expect(JSON.stringify(found)).not.toMatch(/GEZDGNBV|not a secret!|550e8400|3132333/)
  })

  test.each([undefined, null, '', '  ', {}, { secret: '' }, { secret: null, digits: 6 }])('no value: %j', (value) => {
    expect(read(value)).toEqual({ kind: 'none' })
  })
})

describe('guessing', () => {
  test('a text that is Base32 and hex is read as Base32, and counted', () => {
    const text = 'abcdef234567abcdef234567abcdef234567abcd'
    expect(read(text)).toMatchObject({
      factor: { secret: text.toUpperCase() },
      notes: [{ code: 'totp_encoding_ambiguous' }],
    })
    expect(read(text, 'hex')).toMatchObject({ factor: { secret: 'VPG66I2FM6V433ZDIVT2XTPPENCWPK6N' }, notes: [] })
  })

  test('Base64 in two cases is not read as Base32', () => {
    const bytes = Buffer.from('QBCDEFGHabcdefgh', 'base64')
    const text = Buffer.concat([bytes, bytes, Buffer.from('abcdef')]).toString('base64')
    expect(text).toMatch(/^[A-Za-z2-7]+$/)
    const found = read(text)
    expect(found).toMatchObject({ kind: 'factor' })
    expect(found).toEqual(read(text, 'base64'))
    expect(found).not.toEqual(read(text, 'base32'))
  })

  test('raw text is never guessed', () => {
    expect(read('correct horse battery')).toMatchObject({ kind: 'problem' })
    expect(read('correct horse battery', 'text')).toMatchObject({ kind: 'factor' })
  })

  test('a secret shorter than RFC 4226 requires is accepted, and counted', () => {
    expect(read('JBSWY3DPEHPK3PXP')).toEqual({
      kind: 'factor',
      factor: { secret: 'JBSWY3DPEHPK3PXP' },
      notes: [{ code: 'totp_weak_secret', detail: '80' }],
    })
  })
})
