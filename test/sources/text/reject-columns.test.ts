import { expect, test } from 'vitest'
import { escapeCell, unescapeCell } from '../../../src/sources/text/reject-columns.ts'

const CELLS = [
  '',
  'Ada',
  '=1+1',
  '+49 30 1',
  '-1',
  '@x',
  '\tx',
  '\rx',
  '\nx',
  "'=1",
  "''=1",
  "'",
  "''",
  "'a",
  "O'Hara",
  ' =1',
  'a=1',
  "'\t",
]

test('no cell begins like a formula, and each comes back unchanged', () => {
  for (const cell of CELLS) {
    expect(escapeCell(cell), JSON.stringify(cell)).not.toMatch(/^[=+\-@\t\r\n]/)
    expect(unescapeCell(escapeCell(cell)), JSON.stringify(cell)).toBe(cell)
  }
})

test('different cells stay different, and only formulas get an apostrophe', () => {
  expect(new Set(CELLS.map(escapeCell)).size).toBe(CELLS.length)
  expect(['Ada', "O'Hara", "'a", ' =1'].map(escapeCell)).toEqual(['Ada', "O'Hara", "'a", ' =1'])
})

test('text that a user typed without an apostrophe stays as it is', () => {
  expect(['+49 30 1', '-1', "'Ada"].map(unescapeCell)).toEqual(['+49 30 1', '-1', "'Ada"])
})
