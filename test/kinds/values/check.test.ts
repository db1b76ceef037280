import { describe, expect, test } from 'vitest'
import { externalIdOfName, slug } from '../../../src/kinds/organization/organization-name.ts'
import { normaliseExternalId, optionalText, parseBoolean } from '../../../src/kinds/values/check.ts'

describe('booleans', () => {
  test.each([true, 'true', 'TRUE', '1', 1, 'Yes', ' y '])('%j is true', (given) => {
    expect(parseBoolean(given)).toEqual({ ok: true, value: true })
  })
  test.each([false, 'false', 'False', '0', 0, 'NO', 'n'])('%j is false', (given) => {
    expect(parseBoolean(given)).toEqual({ ok: true, value: false })
  })
  test.each([undefined, null, '', ' '])('%j means no value', (given) => {
    expect(parseBoolean(given)).toEqual({ ok: true, value: undefined })
  })
  test.each(['maybe', '2', 2, [], {}, 't'])('%j is rejected', (given) => {
    expect(parseBoolean(given)).toMatchObject({ ok: false, fault: { code: 'not_boolean' } })
  })
})

describe('external IDs', () => {
  const rules = { maxLength: 8 }
  test('numbers become text, and surrounding spaces are removed', () => {
    expect(normaliseExternalId(42, rules)).toEqual({ ok: true, value: '42' })
    expect(normaliseExternalId(' u|1 ', rules)).toEqual({ ok: true, value: 'u|1' })
  })
  test('one character too many is rejected, with the setting that decides', () => {
    expect(normaliseExternalId('12345678', rules)).toEqual({ ok: true, value: '12345678' })
    const checked = normaliseExternalId('123456789', rules)
    expect(checked).toMatchObject({ ok: false, fault: { code: 'external_id_too_long' } })
    expect(!checked.ok && checked.fault.hint).toContain('externalId.maxLength')
  })
  test.each(['ü1', 'a\tb', 'a\u0000'])('%j is rejected because it is not ASCII', (given) => {
    expect(normaliseExternalId(given, rules)).toMatchObject({ ok: false, fault: { code: 'external_id_not_ascii' } })
  })
})

describe('text', () => {
  test('two spellings of the same letters become one', () => {
    expect(optionalText('Cafe\u0301')).toEqual(optionalText('Caf\u00e9'))
  })
  test.each([[['a']], [{ a: 1 }], [true]])('%j is rejected', (given) => {
    expect(optionalText(given)).toMatchObject({ ok: false, fault: { code: 'not_text' } })
  })
})

describe('external IDs from names of organizations', () => {
  test('they are readable, and always the same', () => {
    expect(slug('  Ämter & Söhne, GmbH! ')).toBe('amter-sohne-gmbh')
    expect(externalIdOfName('Acme Corp', 64)).toMatch(/^acme-corp-[0-9a-f]{12}$/)
    expect(externalIdOfName('Acme Corp', 64)).toBe(externalIdOfName('Acme Corp', 64))
  })
  test('names with the same slug stay distinct', () => {
    expect(externalIdOfName('Acme', 64)).not.toBe(externalIdOfName('ACME', 64))
  })
  test('they stay within the limit and in ASCII, in any script', () => {
    const long = externalIdOfName('long name '.repeat(30), 64)
    expect(long.length).toBeLessThanOrEqual(64)
    expect(externalIdOfName('株式会社', 64)).toMatch(/^org-[0-9a-f]{12}$/)
    expect(externalIdOfName('long name '.repeat(30), 40).length).toBeLessThanOrEqual(40)
  })
})
