import { expect, test } from 'vitest'
import { exceeds, parseLimit, parseThreshold } from '../../src/config/manifest.ts'

test('a limit is a count and a period in milliseconds', () => {
  expect(parseLimit('500/10s')).toEqual({ count: 500, perMs: 10_000 })
  expect(parseLimit('6000/m')).toEqual({ count: 6000, perMs: 60_000 })
  expect(parseLimit('1/2m')).toEqual({ count: 1, perMs: 120_000 })
  for (const text of ['0/1s', '5/0s', '5', '5/1h', '-5/1s', '5/1s ']) expect(() => parseLimit(text)).toThrow(RangeError)
})

test('a threshold is a count or a percentage', () => {
  expect(parseThreshold(20)).toEqual({ kind: 'count', value: 20 })
  expect(parseThreshold('12.5%')).toEqual({ kind: 'percent', value: 12.5 })
  expect(() => parseThreshold('20')).toThrow(RangeError)
})

test('a threshold allows up to and including its value', () => {
  expect(exceeds(20, 20, 1000)).toBe(false)
  expect(exceeds(20, 21, 1000)).toBe(true)
  expect(exceeds('30%', 3, 10)).toBe(false)
  expect(exceeds('30%', 4, 10)).toBe(true)
  expect(exceeds('0%', 0, 0)).toBe(false)
})
