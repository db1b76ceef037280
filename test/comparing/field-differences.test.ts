import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffField } from '../../src/comparing/field-differences.ts'

const value = { compare: 'value' } as const
const map = { compare: 'map' } as const
const set = { compare: 'set' } as const

test('a field that is not desired is not managed', () => {
  for (const definition of [value, map, set]) expect(diffField(definition, undefined, 'x')).toBeUndefined()
})

test('a value that differs is sent whole', () => {
  expect(diffField(value, 'a', 'a')).toBeUndefined()
  expect(diffField(value, 'a', 'b')).toBe('a')
  expect(diffField(value, 'a', null)).toBe('a')
  expect(diffField(value, false, undefined)).toBe(false)
  expect(diffField(value, { a: 1, b: 2 }, { b: 2, a: 1 })).toBeUndefined()
})

test('of a map, only the changed members are sent, and null for removed ones', () => {
  expect(diffField(map, { a: '1', b: '2' }, { a: '1', b: '3', c: '4' })).toEqual({ b: '2', c: null })
  expect(diffField(map, { a: '1' }, { a: '1' })).toBeUndefined()
  expect(diffField(map, { a: '1' }, undefined)).toEqual({ a: '1' })
  expect(diffField(map, {}, { a: '1' })).toEqual({ a: null })
  expect(diffField(map, {}, undefined)).toBeUndefined()
  expect(diffField(map, { constructor: '1' }, {})).toEqual({ constructor: '1' })
})

test('the order and repetition of a set do not matter', () => {
  expect(diffField(set, ['a', 'b'], ['b', 'a', 'a'])).toBeUndefined()
  expect(diffField(set, ['a'], ['a', 'b'])).toEqual(['a'])
  expect(diffField(set, ['a'], undefined)).toEqual(['a'])
})

test('sending the changes of a map turns the base into the desired value', () => {
  const metadata = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 2 }))
  fc.assert(
    fc.property(metadata, metadata, (desired, base) => {
      const result = new Map(Object.entries(base))
      for (const [key, member] of Object.entries(diffField(map, desired, base) ?? {})) {
        if (member === null) result.delete(key)
        else result.set(key, String(member))
      }
      expect(result).toEqual(new Map(Object.entries(desired)))
    }),
  )
})
