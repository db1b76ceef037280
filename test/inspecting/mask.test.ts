import { expect, test } from 'vitest'
import { isHarmless, shapeOf, shownName } from '../../src/inspecting/sensitivity.ts'

test.each([
  ['ada@example.com', 'xxx@xxx….xxx'],
  ['+15550100001', '+999…'],
  ['ÉLODIE O’Sample 7', 'XXXXXX X·Xxxxxx 9'],
  ['auth0|60425dc43519d90068f82973', 'xxxx9|x9X…'],
  ['2024-05-06T07:08:09.000Z', '9999-99-99X99:99:99.999X'],
])('the shape of %j contains nothing of the value', (value, shape) => {
  expect(shapeOf(value)).toBe(shape)
})

test('a shape never contains a letter or digit of the value', () => {
  const values = [
    'p@ssword-ÄÖ-01',
    'JBSWY3DPEHPK3PXP',
    '名前 一二三',
    'ß',
    '$2b$10$abcdefghijklmnopqrstuv',
    'a'.repeat(5000),
  ]
  for (const value of values) {
    const shape = shapeOf(value)
    expect(shape).toMatch(/^[xX9 !-/:-@[-`{-~·…]*$/)
    expect(shape.length).toBeLessThanOrEqual(41)
  }
})

test('data instead of a name is masked', () => {
  expect(shownName('email_verified')).toBe('email_verified')
  expect(shownName('$oid')).toBe('$oid')
  expect(shownName('Email Verified')).toBe('Email Verified')
  for (const name of ['ada@example.com', '$2b$10$abc', '60425dc43519d90068f82973', '+1 555 0100001']) {
    expect(shownName(name)).not.toContain(name)
    expect(shownName(name)).toMatch(/^⟨.*⟩$/)
  }
})

test('words can be shown; addresses, hashes, IDs and tokens cannot', () => {
  for (const word of ['org:admin', 'bcrypt', 'google-oauth2', 'Tenant Admin', 'pbkdf2_sha256']) {
    expect(isHarmless(word)).toBe(true)
  }
  const others = [
    'ada@example.com',
    '$2b$10$abcdefghijklmnopqrstuv',
    '60425dc43519d90068f82973',
    '15550100001',
    'JBSWY3DPEHPK3PXP',
    'x'.repeat(41),
  ]
  for (const other of others) expect(isHarmless(other)).toBe(false)
})
