import { expect, test } from 'vitest'
import { someOf } from '../../src/diagnostics/printable.ts'

test.each<[string[], Parameters<typeof someOf>[1], string]>([
  [['a'], {}, 'a'],
  [['a', 'b'], {}, 'a and b'],
  [['a', 'b', 'c'], {}, 'a, b and c'],
  [['a', 'b', 'c', 'd'], {}, 'a, b, c and 1 more'],
  [['a', 'b', 'c', 'd'], { limit: 4 }, 'a, b, c and d'],
  [['a', 'b', 'c'], { total: 9 }, 'a, b, c and 6 more'],
  [[], {}, ''],
])('%j %j become %j', (items, options, words) => {
  expect(someOf(items, options)).toBe(words)
})
