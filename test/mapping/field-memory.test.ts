import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { FieldMemory } from '../../src/mapping/field-memory.ts'
import { Recent } from '../../src/mapping/recent.ts'

const NAMES = ['key', 'name', 'organization', 'metadata']
const value = fc.constantFrom<JsonObject[string]>('a', 'b', 'a\nb', '', 1, null, true, { a: 1 }, { a: '1' }, ['a'], [1])
const fields = fc
  .record({ key: value, name: value, organization: value, metadata: value }, { requiredKeys: [] })
  .map((given): JsonObject => ({ ...given }))

test('only equal fields match', () => {
  fc.assert(
    fc.property(fc.array(fields, { minLength: 2, maxLength: 30 }), (all) => {
      const memory = new FieldMemory<string>(NAMES)
      for (const one of all) {
        const text = JSON.stringify(NAMES.map((name) => one[name]))
        const known = memory.get(one)
        if (known !== undefined) expect(known).toBe(text)
        const copy = memory.copyOf(one)
        if (copy === undefined) continue
        memory.set(copy, text)
        if (NAMES.some((name) => typeof one[name] === 'string')) expect(memory.get({ ...one })).toBe(text)
      }
    }),
    { numRuns: 500 },
  )
})

test('long fields are not remembered', () => {
  const memory = new FieldMemory<string>(NAMES)
  expect(memory.copyOf({ key: 'a', metadata: { text: 'x'.repeat(3000) } })).toBeUndefined()
})

test('the latest are remembered, and the others are forgotten', () => {
  const recent = new Recent<number>({ entries: 10, characters: 1_000 })
  for (let number = 0; number < 100; number += 1) {
    recent.set(`${number}`, number)
    recent.get('0')
  }
  expect([99, 98, 97, 96, 95, 94, 93, 92].map((number) => recent.get(`${number}`))).not.toContain(undefined)
  expect(recent.get('0')).toBe(0)
  expect(Array.from({ length: 70 }, (_, at) => recent.get(`${at + 1}`)).every((one) => one === undefined)).toBe(true)
})

test('long texts are forgotten earlier', () => {
  const recent = new Recent<number>({ entries: 1_000, characters: 100 })
  for (let number = 0; number < 50; number += 1) recent.set(`${number}`, number, 20)
  const known = Array.from({ length: 50 }, (_, number) => number).filter((number) => recent.get(`${number}`) === number)
  expect(known.length).toBeGreaterThanOrEqual(5)
  expect(known.length).toBeLessThanOrEqual(10)
})
