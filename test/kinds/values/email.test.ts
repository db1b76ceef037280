import { describe, expect, test } from 'vitest'
import { comparedEmail, normaliseEmail } from '../../../src/kinds/values/email.ts'

describe('email addresses', () => {
  test.each([
    ['  Ada@Example.COM ', 'ada@example.com'],
    ['o.brien+tag@mail.example.co.uk', 'o.brien+tag@mail.example.co.uk'],
    ['Jose\u0301@bu\u0308cher.example', 'jose\u0301@bu\u0308cher.example'],
    ['M\u00dcLLER@B\u00dcCHER.Example', 'm\u00dcller@b\u00dccher.example'],
    ["o'neil@x-1.example", "o'neil@x-1.example"],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('%j becomes %j', (given, expected) => {
    expect(normaliseEmail(given)).toEqual({ ok: true, value: expected })
  })

  test.each([
    'ada',
    'ada@',
    '@example.com',
    'ada@localhost',
    'a b@example.com',
    'a@b@example.com',
    'ada@example..com',
    'ada@-example.com',
    'ada@example.com, bob@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(250)}.com`,
  ])('%j is rejected, and the message shows it', (given) => {
    const checked = normaliseEmail(given)
    expect(checked).toMatchObject({ ok: false, fault: { code: 'invalid_email' } })
    expect(!checked.ok && checked.fault.message).toContain(given.slice(0, 60))
  })

  test.each([undefined, null, '', '   '])('a missing one (%j) is reported as missing', (given) => {
    expect(normaliseEmail(given)).toMatchObject({ ok: false, fault: { code: 'email_missing' } })
  })

  test('a list is not an address', () => {
    expect(normaliseEmail(['a@example.com'])).toMatchObject({ ok: false, fault: { code: 'invalid_email' } })
  })
})

const KEEP = { plusTags: 'keep', gmailDots: 'keep' } as const
const IGNORE = { plusTags: 'ignore', gmailDots: 'ignore' } as const

describe('the form in which addresses are compared', () => {
  test.each([
    ['case', 'Ada@Example.COM', 'ada@example.com'],
    ['spaces around it', ' ada@example.com ', 'ada@example.com'],
    ['the spelling of a domain', 'ada@B\u00dcCHER.example', 'ada@xn--bcher-kva.example'],
  ])('%s makes no difference', (_, one, other) => {
    expect(comparedEmail(one, KEEP)).toBe(comparedEmail(other, KEEP))
  })

  test.each([
    ['the case of letters outside ASCII', 'MÜLLER@x.example', 'müller@x.example'],
    ['the Unicode form of accents', 'ade\u0301@example.com', 'ad\u00e9@example.com'],
    ['a Kelvin sign', 'mi\u212ae@example.com', 'mike@example.com'],
  ])('%s makes two addresses', (_, one, other) => {
    expect(comparedEmail(one, IGNORE)).not.toBe(comparedEmail(other, IGNORE))
  })

  test.each([
    ['ada+news@example.com', 'ada@example.com'],
    ['a.da@gmail.com', 'ada@gmail.com'],
    ['ada@googlemail.com', 'ada@gmail.com'],
  ])('%s and %s are two, unless the rules say otherwise', (one, other) => {
    expect(comparedEmail(one, KEEP)).not.toBe(comparedEmail(other, KEEP))
    expect(comparedEmail(one, IGNORE)).toBe(comparedEmail(other, IGNORE))
  })

  test.each([
    ['dots of other domains', 'a.da@example.com', 'a.da@example.com'],
    ['a tag without a name before it', '+news@example.com', '+news@example.com'],
    ['only dots', '..@gmail.com', '..@gmail.com'],
    ['text that is not an address', '@example.com', '@example.com'],
    ['a domain that Punycode does not know', 'ada@\u2603 x.example', 'ada@\u2603 x.example'],
  ])('%s stay unchanged', (_, email, form) => {
    expect(comparedEmail(email, IGNORE)).toBe(form)
  })

  test('each rule is independent', () => {
    expect(comparedEmail('a.da+x@gmail.com', { ...KEEP, plusTags: 'ignore' })).toBe('a.da@gmail.com')
    expect(comparedEmail('a.da+x@googlemail.com', { ...KEEP, gmailDots: 'ignore' })).toBe('ada+x@gmail.com')
  })
})
