import { expect, test } from 'vitest'
import { JoinTable } from '../../../src/sources/join/join-table.ts'
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
