import { describe, expect, test } from 'vitest'
import { counted, duration, painter, shortValue, table } from '../../src/reporting/style.ts'

test.each([
  [0, '0 users'],
  [1, '1 user'],
  [2, '2 users'],
  [1_234_567, '1,234,567 users'],
])('%i is written %s', (count, text) => {
  expect(counted(count, 'user')).toBe(text)
})

test('an irregular plural is used', () => {
  expect(counted(2, 'entry', 'entries')).toBe('2 entries')
})

test.each([
  [0, '0 s'],
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [60, '1 min 0 s'],
  [200, '3 min 20 s'],
  [3599.7, '1 h 0 min'],
  [39_990, '11 h 6 min'],
  [400_000, '111 h 6 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

describe('a value', () => {
  test.each<[unknown, string]>([
    ['Ada', '"Ada"'],
    [null, 'null'],
    [undefined, 'nothing'],
    [['a', 'b'], '["a","b"]'],
    ['a\nb', '"a\\nb"'],
    ['\u202eevil', '"\\u{202e}evil"'],
  ])('%j is shown as %s', (value, text) => {
    expect(shortValue(value)).toBe(text)
  })

  test('that is long is cut with an ellipsis', () => {
    expect(shortValue('x'.repeat(100), 10)).toBe('"xxxxxxxx…')
    expect(shortValue('x'.repeat(100))).toHaveLength(60)
  })
})

test('colors depend only on the option, not on the stream', () => {
  expect(painter(true)('red', 'no')).toBe('\x1b[31mno\x1b[39m')
  expect(painter(false)('red', 'no')).toBe('no')
})

test('a table aligns its figures', () => {
  expect(
    table([
      ['', 'create', 'update'],
      ['users', '1,000', '2'],
      ['memberships', '3', '14'],
    ]),
  ).toBe('               create  update\n  users         1,000       2\n  memberships       3      14\n')
})
