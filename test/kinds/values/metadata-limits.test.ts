import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/config/manifest.ts'
import type { ValueProblem } from '../../../src/kinds/draft.ts'
import { cutText, fitMetadata, readMetadata } from '../../../src/kinds/values/metadata.ts'
import { RULES } from '../rules.ts'

type Rules = Partial<Manifest['metadata']>

function read(value: unknown, rules: Rules = {}) {
  const problems: ValueProblem[] = []
  const result = readMetadata(value, { ...RULES.metadata, ...rules }, problems)
  return {
    metadata: { ...result?.metadata },
    notes: (result?.notes ?? []).map(({ code, detail }) => `${code} ${detail}`),
    problems: problems.map(({ code }) => code),
    messages: problems.map(({ message }) => message).join(),
  }
}

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${10 + n}`, `v${n}`]))

describe('nested objects', () => {
  const address = { city: 'Oslo', geo: { lat: 59.9, tags: ['a'] }, none: null, empty: {} }

  test('become their JSON text', () => {
    expect(read({ plan: 'pro', address }).metadata).toEqual({
      plan: 'pro',
      address: '{"city":"Oslo","empty":{},"geo":{"lat":59.9,"tags":["a"]},"none":null}',
    })
  })

  test.each([['_'], ['.'], ['::']])('are flattened to keys with %j between the names', (separator) => {
    const key = (...names: string[]) => names.join(separator)
    expect(read({ plan: 'pro', address }, { nested: 'flatten', separator }).metadata).toEqual({
      plan: 'pro',
      [key('address', 'city')]: 'Oslo',
      [key('address', 'geo', 'lat')]: '59.9',
      [key('address', 'geo', 'tags')]: '["a"]',
      [key('address', 'empty')]: '{}',
    })
  })

  test('keep numbers as written when flattened', () => {
    const text = '{"a":{"id":12345678901234567890,"v":[1.50]}}'
    expect(read(text, { nested: 'flatten' }).metadata).toEqual({ a_id: '12345678901234567890', a_v: '[1.50]' })
  })

  test('deeper than a key can name become JSON text, and the key is too long', () => {
    const text = `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`
    const { problems, metadata } = read(text, { nested: 'flatten' })
    expect(problems).toEqual(['metadata_key_length', 'metadata_value_too_long'])
    expect(Object.keys(metadata)).toEqual([Array(41).fill('a').join('_')])
  })

  test('whose flattened key also exists are rejected, with both places', () => {
    const { problems, messages } = read({ a_b: 1, a: { b: 2 } }, { nested: 'flatten' })
    expect(problems).toEqual(['metadata_key_conflict'])
    expect(messages).toBe('the metadata keys "a_b" and "a" › "b" would both become "a_b"')
    expect(read({ a_b: 1, a: { b: 2 } }, { nested: 'flatten', separator: '.' }).problems).toEqual([])
  })

  test('of which only one has a value do not collide', () => {
    expect(read({ a_b: 1, a: { b: null } }, { nested: 'flatten' }).metadata).toEqual({ a_b: '1' })
  })

  test('that result in a reserved name get the prefix', () => {
    const { metadata, notes } = read({ org: { id: 'o1' } }, { nested: 'flatten' })
    expect(metadata).toEqual({ clerk_org_id: 'o1' })
    expect(notes).toEqual(['metadata_key_renamed org_id'])
  })
})

describe('keys that are too long', () => {
  const long = `${'k'.repeat(39)}xyz`

  test('are cut if the manifest allows it, and reported by their new name', () => {
    expect(read({ [long]: 1 }).problems).toEqual(['metadata_key_length'])
    const { metadata, notes, problems } = read({ [long]: 1 }, { keyTooLong: 'cut' })
    expect({ metadata, problems }).toEqual({ metadata: { [long.slice(0, 40)]: '1' }, problems: [] })
    expect(notes).toEqual([`metadata_key_cut ${long.slice(0, 40)}`])
  })

  test('are rejected if two would become one, or one a reserved name', () => {
    expect(read({ [long]: 1, [`${long}2`]: 2 }, { keyTooLong: 'cut' }).problems).toEqual(['metadata_key_conflict'])
    const { problems, messages } = read({ org_id_old: 1 }, { keyTooLong: 'cut', maxKeyLength: 6 })
    expect(problems).toEqual(['metadata_key_conflict'])
    expect(messages).toBe('the metadata key "org_id_old" would become "org_id", which is reserved')
  })

  test('that are empty are rejected in any case', () => {
    expect(read({ '': 1 }, { keyTooLong: 'cut' }).problems).toEqual(['metadata_key_length'])
  })
})

describe('values that are too long', () => {
  const bio = `${'b'.repeat(599)}😀`

  test('are rejected, cut or omitted', () => {
    expect(read({ bio, plan: 'pro' }, { ascii: false }).problems).toEqual(['metadata_value_too_long'])
    expect(read({ bio, plan: 'pro' }, { ascii: false, tooLong: 'drop' })).toMatchObject({
      metadata: { plan: 'pro' },
      notes: ['metadata_value_dropped bio'],
      problems: [],
    })
    expect(read({ bio, plan: 'pro' }, { ascii: false, tooLong: 'cut' })).toMatchObject({
      metadata: { bio: 'b'.repeat(599), plan: 'pro' },
      notes: ['metadata_value_cut bio cut to 600 characters'],
      problems: [],
    })
  })

  test('that fit stay whole', () => {
    expect(read({ bio: 'b'.repeat(600) }, { tooLong: 'cut' }).notes).toEqual([])
  })

  test('that would be cut to nothing are omitted', () => {
    const { metadata, notes } = read({ icon: '😀' }, { ascii: false, tooLong: 'cut', maxValueLength: 1 })
    expect(metadata).toEqual({})
    expect(notes).toEqual(['metadata_value_dropped icon'])
  })
})

describe('too many keys', () => {
  test('are rejected, or the last in alphabetical order are omitted', () => {
    expect(read(many(14)).problems).toEqual(['metadata_too_many_keys'])
    const { metadata, notes, problems } = read(many(14), { tooManyKeys: 'drop' })
    expect({ metadata, problems }).toEqual({ metadata: many(10), problems: [] })
    expect(notes).toEqual([
      'metadata_keys_above_limit 10',
      ...[20, 21, 22, 23].map((n) => `metadata_key_dropped k${n}`),
    ])
  })

  test('keep those in metadata.keep, whatever the order in the source', () => {
    const backwards = Object.fromEntries(Object.entries(many(14)).reverse())
    const rules: Rules = { tooManyKeys: 'drop', keep: ['k23', 'gone', 'k22', 'k23'] }
    const kept = Object.keys(read(backwards, rules).metadata)
    expect(kept.sort()).toEqual([...Object.keys(many(8)), 'k22', 'k23'].sort())
    expect(read(many(14), rules).metadata).toEqual(read(backwards, rules).metadata)
  })

  test('are counted after values are omitted for another reason', () => {
    const value = { ...many(10), k00: 'x'.repeat(601), k01: 'é' }
    const { metadata, notes } = read(value, { tooManyKeys: 'drop', tooLong: 'drop', nonAscii: 'drop' })
    expect(metadata).toEqual(many(10))
    expect(notes).toEqual(['metadata_value_dropped k00', 'metadata_non_ascii_dropped k01'])
  })
})

test('a value that is not ASCII is rejected, omitted or kept', () => {
  const value = { city: 'Köln', straße: 'x', plan: 'pro' }
  expect(read(value).problems).toEqual(['metadata_not_ascii', 'metadata_not_ascii'])
  expect(read(value, { nonAscii: 'drop' })).toMatchObject({
    metadata: { plan: 'pro' },
    notes: ['metadata_non_ascii_dropped city', 'metadata_non_ascii_dropped straße'],
    problems: [],
  })
  expect(read(value, { nonAscii: 'drop', ascii: false })).toMatchObject({ metadata: value, notes: [] })
})

test('with no rule that changes anything, metadata stays unchanged', () => {
  const value = { ...many(14), bio: 'é'.repeat(601) }
  expect(fitMetadata(value, RULES.metadata)).toEqual({ metadata: value, notes: [] })
})

test('a cut never splits a character', () => {
  expect(cutText('a😀b', 2)).toBe('a')
  expect(cutText('a😀b', 3)).toBe('a😀')
  expect(cutText('a😀b', 4)).toBe('a😀b')
})
