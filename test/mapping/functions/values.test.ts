import { expect, test } from 'vitest'
import { evaluated } from './evaluated.ts'

test.each([
  ['{"a":1}', { a: 1 }],
  ['{"a":', undefined],
  ['plain words', undefined],
  ['', undefined],
  [{ a: 1 }, { a: 1 }],
  ['"{\\"a\\":1}"', { a: 1 }],
  [JSON.stringify(JSON.stringify(JSON.stringify([{ a: '"' }]))), [{ a: '"' }]],
  ['{\\"a\\":\\"b \\\\\\"c\\\\\\"\\"}', { a: 'b "c"' }],
  [' [ \\"a\\" ] ', ['a']],
  ['"words"', 'words'],
  ['"[brackets] that are text"', '[brackets] that are text'],
  ['"{\\"a\\":"', '{"a":'],
  ['{"a":"{\\"b\\":1}"}', { a: '{"b":1}' }],
  ['{"a":"b\\u0000c"}', { a: 'bc' }],
])('$tryParseJson of %j is %j', async (text, expected) => {
  expect(await evaluated('$tryParseJson(v)', text)).toEqual(expected)
})

test.each([
  ['t', true],
  ['F', false],
  ['on', true],
  ['Yes', true],
  [0, false],
  ['perhaps', undefined],
  [{}, undefined],
  [undefined, undefined],
])('$tryBool of %j is %j', async (word, expected) => {
  expect(await evaluated('$tryBool(v)', word)).toBe(expected)
})

test.each([
  [1700000000, '2023-11-14T22:13:20.000Z'],
  ['1700000000', '2023-11-14T22:13:20.000Z'],
  ['1700000000.5', '2023-11-14T22:13:20.500Z'],
  [1700000000123, '2023-11-14T22:13:20.123Z'],
  ['1700000000123456', '2023-11-14T22:13:20.123Z'],
  [0, '1970-01-01T00:00:00.000Z'],
  ['2023-11-14', '2023-11-14T00:00:00.000Z'],
  ['2023-11-14T22:13:20Z', '2023-11-14T22:13:20.000Z'],
  ['2023-11-14 22:13:20.123456+00', '2023-11-14T22:13:20.123Z'],
  ['2023-11-15T00:13:20+02:00', '2023-11-14T22:13:20.000Z'],
  ['2023-11-15 03:43:20+0530', '2023-11-14T22:13:20.000Z'],
  ['2023-11-14 22:13', '2023-11-14T22:13:00.000Z'],
  ['2023-11-14 22:13:20 UTC', '2023-11-14T22:13:20.000Z'],
  ['1700000000123456789', '2023-11-14T22:13:20.123Z'],
  [45292.5, '2024-01-01T12:00:00.000Z'],
  ['45292', '2024-01-01T00:00:00.000Z'],
  ['18264', '1950-01-01T00:00:00.000Z'],
  ['45292.521863426', '2024-01-01T12:31:29.000Z'],
  ['20240131', '2024-01-31T00:00:00.000Z'],
  [20240131101500, '2024-01-31T10:15:00.000Z'],
  ['202401311015', '2024-01-31T10:15:00.000Z'],
  [9999, '1970-01-01T02:46:39.000Z'],
  [80000, '1970-01-01T22:13:20.000Z'],
  [-45292, '1969-12-31T11:25:08.000Z'],
  ['', undefined],
])('the time %j is %j', async (time, expected) => {
  expect(await evaluated('$isoTime(v)', time)).toBe(expected)
})

test.each([
  'yesterday',
  '2023-02-30',
  '2023-13-01',
  '14.11.2023',
  '2023-11-14T25:00:00Z',
  '20240231',
  '638413632000000000',
  '133489152000000000',
])('%j is not a time', async (time) => {
  await expect(evaluated('$isoTime(v)', time)).rejects.toThrow('is not a time')
})
