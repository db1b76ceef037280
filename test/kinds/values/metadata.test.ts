import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../../src/json.ts'
import { firstFault, parseJsonText } from '../../../src/json-text.ts'
import { checkMetadataLimits, normaliseMetadata } from '../../../src/kinds/values/metadata.ts'
import { RULES } from '../rules.ts'

const rules = RULES.metadata

function metadataOf(value: unknown): unknown {
  const checked = normaliseMetadata(value, rules)
  return checked.ok ? JSON.parse(canonicalJson(checked.value?.metadata)) : checked.fault
}

describe('metadata', () => {
  test('values become text; no value stays no value', () => {
    const value = { plan: 'pro', seats: 5, beta: true, tags: ['a'], address: { zip: 1, city: 'X' }, a: null, b: '' }
    expect(metadataOf(value)).toEqual({
      plan: 'pro',
      seats: '5',
      beta: 'true',
      tags: '["a"]',
      address: '{"city":"X","zip":1}',
    })
  })

  test('the JSON text of an object is read as the object', () => {
    expect(metadataOf(' {"plan": "pro"} ')).toEqual({ plan: 'pro' })
  })

  test('numbers stay as written, at every depth', () => {
    const text =
      '{"id":12345678901234567890,"x":1e400,"v":1.0,"e":1e5,"z":-0,"n":7,"in":{"b":[1.50,2],"a":9007199254740993}}'
    expect(metadataOf(text)).toEqual({
      id: '12345678901234567890',
      x: '1e400',
      v: '1.0',
      e: '1e5',
      z: '-0',
      n: '7',
      in: '{"a":9007199254740993,"b":[1.50,2]}',
    })
    expect(metadataOf('1e400')).toMatchObject({
      code: 'metadata_not_object',
      message: expect.stringContaining('number'),
    })
  })

  test('every number in JSON stays as written', () => {
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.bigInt({ min: 0n }),
        fc.option(fc.stringMatching(/^[0-9]{1,20}$/)),
        fc.integer(),
      )
      .map(
        ([sign, whole, part, power]) =>
          `${sign}${whole}${part === null ? '' : `.${part}`}${power % 3 ? '' : `E${power}`}`,
      )
    fc.assert(
      fc.property(number, (text) => {
        expect(metadataOf(`{"a":${text},"b":[${text}]}`)).toEqual({ a: text, b: `[${text}]` })
        expect(String(parseJsonText(text).ok && JSON.parse(JSON.stringify(parseJsonText(text))).value)).toBe(text)
      }),
    )
  })

  test('an empty object is distinct from no metadata', () => {
    expect(normaliseMetadata({}, rules)).toMatchObject({ ok: true, value: { notes: [] } })
    expect(normaliseMetadata('', rules)).toEqual({ ok: true, value: undefined })
    expect(normaliseMetadata(undefined, rules)).toEqual({ ok: true, value: undefined })
  })

  test.each([
    ['{"a": 1,}', 9],
    ['{a: 1}', 2],
    ['{"a": "b', 7],
    ['{"a": 1', 8],
    ['{"a": nope}', 7],
    ['[1, 2', 6],
    ['{"a": 1} x', 10],
    ['{"a": 01}', 8],
  ])('invalid JSON (%s) is rejected with the character at fault', (text, character) => {
    expect(metadataOf(text)).toMatchObject({
      code: 'metadata_bad_json',
      message: expect.stringContaining(`see character ${character}`),
    })
  })

  test.each([['[1]'], ['"text"'], ['3'], [[1]], [true], ['null']])('%j is not an object', (value) => {
    expect(metadataOf(value)).toMatchObject({ code: 'metadata_not_object' })
  })

  test('names that refer to the organization get the prefix, and are reported', () => {
    const checked = normaliseMetadata({ org_id: 'o1', organizationName: 'Acme', plan: 'pro' }, rules)
    expect(checked.ok && checked.value?.notes).toEqual([
      { code: 'metadata_key_renamed', detail: 'org_id' },
      { code: 'metadata_key_renamed', detail: 'organizationName' },
    ])
    expect(metadataOf({ org_id: 'o1', organizationName: 'Acme' })).toEqual({
      clerk_org_id: 'o1',
      clerk_organizationName: 'Acme',
    })
  })

  test('a reserved name whose prefixed form is taken is rejected', () => {
    expect(metadataOf({ org_id: 'a', clerk_org_id: 'b' })).toMatchObject({ code: 'metadata_key_conflict' })
  })

  test.each([
    ['{"a":', '}'],
    ['[', ']'],
  ])('values nested too deep are rejected (%s)', (open, close) => {
    const nested = (levels: number) => `{"deep":${open.repeat(levels)}1${close.repeat(levels)}}`
    expect(metadataOf(nested(300))).toMatchObject({ deep: expect.any(String) })
    for (const levels of [301, 100_000]) {
      expect(metadataOf(nested(levels))).toMatchObject({ code: 'metadata_too_deep' })
    }
  })

  test('__proto__ is a key like any other', () => {
    const checked = normaliseMetadata('{"__proto__": {"polluted": true}, "constructor": "x"}', rules)
    expect(checked.ok && Object.keys(checked.value?.metadata ?? {})).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('limits on metadata', () => {
  const codes = (metadata: Record<string, string>, changed = {}) =>
    checkMetadataLimits(metadata, { ...rules, ...changed }).map(({ code, hint }) => `${code}: ${hint}`)

  test('at the limits nothing is wrong', () => {
    const keys = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`k${index}`, 'v']))
    expect(codes(keys)).toEqual([])
    expect(codes({ ['k'.repeat(40)]: 'v'.repeat(600) })).toEqual([])
  })

  test('beyond them, each problem names the setting that decides', () => {
    const keys = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`k${index}`, 'v']))
    expect(codes(keys)).toEqual([expect.stringMatching(/^metadata_too_many_keys: .*metadata\.maxKeys/)])
    expect(codes(keys, { maxKeys: 50 })).toEqual([])
    expect(codes({ ['k'.repeat(41)]: 'v' })).toEqual([expect.stringMatching(/^metadata_key_length: .*maxKeyLength/)])
    expect(codes({ k: 'v'.repeat(601) })).toEqual([expect.stringMatching(/^metadata_value_too_long: .*maxValueLength/)])
    expect(codes({ k: 'é' })).toEqual([expect.stringMatching(/^metadata_not_ascii: .*metadata\.ascii/)])
    expect(codes({ k: 'é' }, { ascii: false })).toEqual([])
  })
})

describe('the place where JSON is invalid', () => {
  test('is never after the end of a text that was cut', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value)
        const part = text.slice(0, cut % text.length)
        expect(parseJsonText(part).ok).toBe(false)
        expect(firstFault(part)).toBeLessThanOrEqual(part.length)
      }),
    )
  })

  test('does not exist in valid JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(firstFault(text)).toBe(text.length)
      }),
    )
  })
})
