import { expect, test } from 'vitest'
import { matching, ROW, RowWindow } from '../../../src/reporting/html/page/filter.ts'

function linesOf(...rows: [texts: string[], group?: number, facet?: number][]) {
  const json = rows.map(([texts]) => JSON.stringify([texts, [['plan', [], 'pro']], [['where', 'users.csv:2']]]))
  const lower = json.map((line) => line.toLowerCase())
  return { json, lower, groups: rows.map(([, group = 0]) => group), facets: rows.map(([, , facet = 0]) => facet) }
}

test.each<[string, number[]]>([
  ['', [0, 1, 2]],
  ['ada', [0]],
  ['ADA lovelace', [0]],
  ['lovelace ada', [0]],
  ['pro', [0, 1, 2]],
  ['users.csv:2', [0, 1, 2]],
  // The punctuation of JSON between texts does not match.
  [',', [2]],
  ['","', []],
  ['[', []],
  ['null', []],
  ['"the hopper"', [1]],
  ['a\\b', [2]],
])('the text %j finds %j', (text, found) => {
  const lines = linesOf([['user:1', 'Ada Lovelace']], [['user:2', 'Grace "The Hopper" H']], [['user:3', 'a\\b, c']])
  expect(matching(lines, { text })).toEqual(found)
})

test('groups and facets filter rows, also of an earlier result', () => {
  const lines = linesOf([['a'], 0, 0], [['a'], 1, 0], [['a'], 1, 1])
  expect(matching(lines, { text: '', group: 1 })).toEqual([1, 2])
  expect(matching(lines, { text: 'a', group: 1, facet: 1 })).toEqual([2])
  expect(matching(lines, { text: 'a', facet: 0 }, [0, 2])).toEqual([0])
})

test('a list finds the row at a position, with open rows above it', () => {
  const list = new RowWindow()
  list.count = 1000
  expect(list.rowAt(10 * ROW + 1)).toBe(10)
  list.open(3, 200)
  expect([list.rowAt(3 * ROW + 1), list.rowAt(4 * ROW + 199), list.rowAt(4 * ROW + 201)]).toEqual([3, 3, 4])
  expect(list.above(10)).toBe(10 * ROW + 200)
  expect(list.virtual).toBe(1000 * ROW + 200)
  list.close(3)
  expect(list.virtual).toBe(1000 * ROW)
})

test('a list taller than browsers can draw still reaches its last row', () => {
  const list = new RowWindow()
  list.count = 2_000_000
  expect(list.physical).toBeLessThan(10_000_000)
  const view = 600
  const bottom = list.virtualTop(list.physical - view, view)
  expect(list.rowAt(bottom + view - 1)).toBe(list.count - 1)
  expect(list.virtualTop(list.scrolled(bottom, view), view)).toBeCloseTo(bottom)
})
