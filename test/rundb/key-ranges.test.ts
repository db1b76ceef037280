import { expect, onTestFinished, test } from 'vitest'
import { keyRanges } from '../../src/rundb/key-ranges.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'

function withKeys(keys: string[]): RunDatabase {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  const insert = rundb.statement("INSERT INTO desired VALUES (?, ?, '{}', '{}', NULL, 0, NULL, NULL, 1)")
  for (const key of keys) for (const kind of ['book', 'shelf']) insert.run(kind, key)
  return rundb
}

test('ranges contain every key of a kind once, in key order', () => {
  const keys = Array.from({ length: 20_001 }, (_, number) => (number === 0 ? '' : `k${number}`))
  const rundb = withKeys(keys)
  const ranges = [...keyRanges(rundb, 'desired', 'book')]
  expect(ranges.length).toBe(3)
  const within = rundb.statement("SELECT key FROM desired WHERE kind = 'book' AND key BETWEEN ? AND ? ORDER BY key")
  const met = ranges.flatMap((range) => within.all(...range).map(({ key }) => key))
  expect(met).toEqual(keys.toSorted())
})

test('an empty kind has no range', () => {
  expect([...keyRanges(withKeys([]), 'desired', 'book')]).toEqual([])
})

test('a function that is called range by range receives every row', () => {
  const rundb = withKeys(['a', 'b', 'c'])
  const given: string[] = []
  rundb.define('noted', (key) => given.push(key))
  for (const range of keyRanges(rundb, 'desired', 'shelf')) {
    rundb.count("SELECT count(noted(key)) FROM desired WHERE kind = 'shelf' AND key BETWEEN ? AND ?", ...range)
  }
  expect(given).toEqual(['a', 'b', 'c'])
})
