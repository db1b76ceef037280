import { expect, test } from 'vitest'
import { comparedEmail } from '../../../src/kinds/user/compared-email.ts'

const KEEP = { plusTags: 'keep', gmailDots: 'keep' } as const
const IGNORE = { plusTags: 'ignore', gmailDots: 'ignore' } as const

test.each([
  ['case', 'Ada@Example.COM', 'ada@example.com'],
  ['blanks around it', ' ada@example.com ', 'ada@example.com'],
  ['how a domain is written', 'ada@B\u00dcCHER.example', 'ada@xn--bcher-kva.example'],
])('%s makes no difference', (_, one, other) => {
  expect(comparedEmail(one, KEEP)).toBe(comparedEmail(other, KEEP))
})

test.each([
  ['the case of letters outside ASCII', 'MÜLLER@x.example', 'müller@x.example'],
  ['how accents are put together', 'ade\u0301@example.com', 'ad\u00e9@example.com'],
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
  ['dots alone', '..@gmail.com', '..@gmail.com'],
  ['what is no address', '@example.com', '@example.com'],
  ['a domain that Punycode does not know', 'ada@\u2603 x.example', 'ada@\u2603 x.example'],
])('%s stay as they are', (_, email, form) => {
  expect(comparedEmail(email, IGNORE)).toBe(form)
})

test('each rule is one of its own', () => {
  expect(comparedEmail('a.da+x@gmail.com', { ...KEEP, plusTags: 'ignore' })).toBe('a.da@gmail.com')
  expect(comparedEmail('a.da+x@googlemail.com', { ...KEEP, gmailDots: 'ignore' })).toBe('ada+x@gmail.com')
})
