import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JoinTable } from '../../../src/sources/join/join-table.ts'
import { RowsInMemory } from '../../../src/sources/join/rows-in-memory.ts'
import type { JoinRow } from '../../../src/sources/source.ts'
import { folderWith } from '../reading.ts'

function table(rows: [key: string, name: string][]): JoinTable {
  const joined = new JoinTable(folderWith({}), 'rows', 'rows.csv')
  const half = Math.ceil(rows.length / 2)
  const loaded = rows.map(([key, name], index) => ({ key, line: index + 2, data: { name } }))
  joined.load(loaded.slice(0, half))
  joined.load(loaded.slice(half))
  joined.finish()
  return joined
}

test('rows come back by key, in the order of loading, on every call', () => {
  const joined = table([
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
  ])
  const b = [
    { name: '1', _file: 'rows.csv', _line: 2 },
    { name: '3', _file: 'rows.csv', _line: 4 },
  ]
  expect(joined.take(['b', 'none', 'a', 'b'])).toEqual([b, [], [{ name: '2', _file: 'rows.csv', _line: 3 }], b])
  expect([...joined.unused()]).toEqual([])
  joined.close()
})

test('unused rows come back in the order of loading', () => {
  const joined = table(Array.from({ length: 20 }, (_, index) => [`k${index}`, 'x']))
  joined.take(Array.from({ length: 20 }, (_, index) => `k${index}`).filter((_, index) => index % 9 !== 0))
  expect([...joined.unused()]).toMatchObject([
    { key: 'k0', line: 2 },
    { key: 'k9', line: 11 },
    { key: 'k18', line: 20 },
  ])
  joined.close()
})

test('keys match exactly, with any content', () => {
  const joined = table([
    ['Ä"\\', 'quoted'],
    ['1', 'digit'],
    ['1.0', 'decimal'],
  ])
  expect(joined.take(['Ä"\\', '1', 'ä"\\']).map((rows) => rows.length)).toEqual([1, 1, 0])
  expect([...joined.unused()]).toEqual([{ key: '1.0', file: 'rows.csv', line: 4, data: { name: 'decimal' } }])
  joined.close()
})

/** A row with two keys, for which there is no room in memory. */
const ELSEWHERE = { key: ['other', 'keys'], line: 1, file: 'two.csv', data: {} }

test('in memory, on disk and moved to disk, a table answers the same', () => {
  const text = fc.oneof(fc.constantFrom('a', 'b', '', 'ä', '\ud800'), fc.string({ unit: 'binary' }))
  const row = fc.record({ key: text, file: fc.constantFrom('one.csv', undefined), data: fc.dictionary(text, text) })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), fc.array(text), fc.nat(20), fc.boolean(), (all, keys, at, isOne) => {
      const rows = all.map((one, index) => ({ ...one, line: index + 2 }))
      const tables: JoinRow[][] = [rows, [ELSEWHERE, ...rows], [...rows.slice(0, at), ELSEWHERE, ...rows.slice(at)]]
      const answers = tables.map((loaded) => {
        const joined = new JoinTable(folderWith({}), 'rows', 'rows.csv')
        for (const one of loaded) joined.load([one])
        joined.finish()
        const surplus = isOne ? [...joined.removeSurplus()] : []
        const wanted = [...keys, ...rows.slice(0, 10).map(({ key }) => key)]
        const taken = [joined.take(wanted), joined.take(wanted)]
        const unused = [...joined.unused()].filter(({ key }) => key !== 'other')
        joined.close()
        return { surplus, taken, unused }
      })
      expect(answers[1]).toEqual(answers[0])
      expect(answers[2]).toEqual(answers[0])
    }),
    { numRuns: 25 },
  )
})

test('different keys with lone surrogates find nothing', () => {
  const joined = table([
    ['u\ud800', 'first'],
    ['u\ud801', 'second'],
  ])
  expect(joined.take(['u\ud800', 'u\ud801'])).toEqual([[], []])
  expect([...joined.unused()].map(({ line }) => line)).toEqual([2, 3])
  joined.close()
})

test('nobody can choose keys that take long to find', () => {
  // Words whose polynomial hashes are equal for every odd factor.
  const word = (at: number): string => Array.from({ length: 32 }, (_, bit) => '0p'[(ones(bit) + at) % 2]).join('')
  const ones = (number: number) => number.toString(2).replaceAll('0', '').length
  const keys = Array.from({ length: 4096 }, (_, index) =>
    Array.from({ length: 12 }, (_, bit) => word((index >> bit) & 1)).join(''),
  )
  const hashes = new RowsInMemory()
  for (const [index, key] of keys.entries()) hashes.add({ id: index + 1, key, file: 0, line: 1, data: '{}' })
  const numbers = new Int32Array(hashes.shared.numbers)
  expect(new Set(keys.map((_, index) => numbers[7 * (index + 1) + 1])).size).toBeGreaterThan(4000)
})

test('a line for which there is no room in memory is exact', () => {
  const joined = new JoinTable(folderWith({}), 'rows', 'rows.csv')
  joined.load([{ key: 'a', line: 2 ** 31 + 5, data: {} }])
  joined.finish()
  expect(joined.take(['a'])).toEqual([[{ _file: 'rows.csv', _line: 2 ** 31 + 5 }]])
  joined.close()
})
