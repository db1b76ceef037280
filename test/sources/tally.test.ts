import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ColumnsSeen } from '../../src/sources/columns-seen.ts'
import type { SourceRecord } from '../../src/sources/source.ts'
import { RecordTally, tallyOf } from '../../src/sources/tally.ts'
import { WrittenNulls } from '../../src/sources/text/written-nulls.ts'

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'rows', '1', '0')
const leaf = fc.constantFrom('NULL', 'None', ' NULL ', 'x', '', 'nan')
const joined = fc
  .dictionary(name, leaf, { maxKeys: 3 })
  .map((row) => ({ ...row, _file: 'rows.csv', _line: Object.keys(row).length }))
const member = fc.oneof(
  { weight: 3, arbitrary: leaf },
  fc.dictionary(name, leaf, { maxKeys: 3 }),
  fc.array(joined, { maxLength: 2 }),
)
const records = fc.array(fc.tuple(fc.constantFrom('users', 'rows'), fc.dictionary(name, member, { maxKeys: 5 })), {
  maxLength: 12,
})

function asRecords(all: readonly (readonly [string, SourceRecord['data']])[]): SourceRecord[] {
  return all.map(([stream, { rows, ...own }], seq) => {
    // No stream is joined to itself.
    const data = stream === 'rows' || rows === undefined ? own : { ...own, rows }
    return { seq, stream, origin: { file: 'users.csv', line: seq + 2 }, data }
  })
}

/** The records in parts of one stream each. */
function inParts(all: readonly SourceRecord[], size: number): SourceRecord[][] {
  const parts: SourceRecord[][] = []
  for (const record of all) {
    const last = parts.at(-1)
    if (last?.[0]?.stream === record.stream && last.length < size) last.push(record)
    else parts.push([record])
  }
  return parts
}

test.each([1, 3, 1000])('parts add up to the whole, with at most %i names', (max) => {
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 4 }), (all, size) => {
      const given = asRecords(all)
      const whole = { columns: new ColumnsSeen(max), nulls: new WrittenNulls(undefined, max) }
      for (const record of given) {
        whole.columns.add(record)
        whole.nulls.add(record)
      }
      const merged = { columns: new ColumnsSeen(max), nulls: new WrittenNulls(undefined, max) }
      const read = new Map([
        ['users', 'all' as const],
        ['rows', 'all' as const],
      ])
      for (const part of inParts(given, size)) {
        const tally = structuredClone(tallyOf(part, read))
        merged.columns.merge(tally.columns)
        merged.nulls.merge(tally.nulls)
      }
      expect(inFull(merged.columns)).toEqual(inFull(whole.columns))
      expect(merged.nulls.found()).toEqual(whole.nulls.found())
    }),
    { numRuns: 200 },
  )
})

/** In order. */
function inFull(columns: ColumnsSeen) {
  return [...columns.streams()].map(([stream, { filled, ...rest }]) => ({ stream, filled: [...filled], ...rest }))
}

test('counts only columns that are read', () => {
  const tally = new RecordTally(new Map([['users', new Set(['a'])]]))
  tally.add(asRecords([['users', { a: 'NULL', b: 'NULL' }]]))
  expect(tally.nulls.found()).toMatchObject([{ column: 'a' }])
  expect([...(tally.columns.streams().get('users')?.filled ?? [])]).toEqual([
    ['a', 1],
    ['b', 1],
  ])
})
