import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../src/json.ts'

const key = fc.oneof(fc.constantFrom('a', 'b', 'B', 'aa', '10', '9', '__proto__', 'toJSON', '', 'é'), fc.string())
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.double(), fc.boolean(), fc.constantFrom(null, undefined)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: false }),
  ),
}))

/** Canonical JSON, built member by member. */
function membered(item: unknown): string {
  if (Array.isArray(item)) return `[${item.map((one) => membered(one)).join(',')}]`
  if (typeof item !== 'object' || item === null) return JSON.stringify(item ?? null)
  const members = Object.entries(item).filter(([, member]) => member !== undefined)
  const sorted = members.sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${membered(member)}`).join(',')}}`
}

test('canonical JSON has sorted keys at every level and no undefined members', () => {
  fc.assert(
    fc.property(value, (item) => {
      expect(canonicalJson(item)).toBe(membered(item))
    }),
    { numRuns: 2000 },
  )
})

test('canonical JSON of other objects is that of their members', () => {
  expect(canonicalJson({ at: new Date(0), map: new Map([['a', 1]]) })).toBe('{"at":{},"map":{}}')
})
