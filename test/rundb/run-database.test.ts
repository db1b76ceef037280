import { expect, onTestFinished, test } from 'vitest'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { temporaryFolder } from '../temporary-folder.ts'

function withAliases(count: number): RunDatabase {
  const rundb = new RunDatabase(undefined)
  for (let n = 0; n < count; n++) rundb.run("INSERT INTO aliases VALUES ('user', ?, ?)", `k${n}`, `c${n % 2}`)
  return rundb
}

/** The number of spooled rows that still exist. */
function held(rundb: RunDatabase): number {
  const tables = rundb.statement("SELECT name FROM temp.sqlite_schema WHERE type = 'table'").all()
  expect(tables).not.toEqual([])
  return tables.reduce((sum, { name }) => sum + rundb.count(`SELECT count(*) FROM ${name}`), 0)
}

test('spooled rows are those at the start, in order, even if the table changes meanwhile', () => {
  const rundb = withAliases(9)
  const seen: string[] = []
  for (const { key } of rundb.spool('SELECT key FROM aliases WHERE canonical = ? ORDER BY key DESC', 'c0')) {
    seen.push(String(key))
    rundb.run('DELETE FROM aliases')
    rundb.run("INSERT INTO aliases VALUES ('user', ?, 'c0')", `later-${key}`)
  }
  expect(seen).toEqual(['k8', 'k6', 'k4', 'k2', 'k0'])
  expect(held(rundb)).toBe(0)
})

test('two spools can be read at the same time, and one that is left early is removed', () => {
  const rundb = withAliases(3)
  const pairs: string[] = []
  for (const outer of rundb.spool('SELECT key FROM aliases ORDER BY key')) {
    for (const inner of rundb.spool('SELECT key FROM aliases ORDER BY key')) {
      pairs.push(`${outer.key} ${inner.key}`)
      if (inner.key === 'k1') break
    }
  }
  expect(pairs).toEqual(['k0 k0', 'k0 k1', 'k1 k0', 'k1 k1', 'k2 k0', 'k2 k1'])
  expect(held(rundb)).toBe(0)
})

test('pages become larger if many rows are expected, and existing rows stay', () => {
  const rundb = new RunDatabase(temporaryFolder())
  onTestFinished(() => rundb.close())
  const file = rundb.fileId('users.csv')
  const size = rundb.count('PRAGMA page_size')
  rundb.expectMany()
  expect(rundb.count('PRAGMA page_size')).toBeGreaterThan(size)
  expect(rundb.fileId('users.csv')).toBe(file)
  expect(rundb.statement('SELECT * FROM files').all()).toEqual([{ id: file, name: 'users.csv' }])
})
