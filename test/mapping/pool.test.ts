import { expect, onTestFinished, test } from 'vitest'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import { createMapperPool, type MapperPool } from '../../src/mapping/pool.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import { stageResult } from '../../src/mapping/stage-result.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import type { Piece } from '../../src/sources/source.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const manifest = manifestWith({
  user: { key: 'id', email: 'email', firstName: '$number(age) > 17 ? name' },
  membership: { each: 'orgs', organization: '$' },
})

const records = recordsOf(
  Array.from({ length: 1000 }, (_, index) => ({
    id: `u${index}`,
    email: index % 100 === 7 ? 'nobody' : `u${index}@example.com`,
    age: index % 100 === 13 ? 'old' : 20,
    name: 'Ada',
    orgs: ['acme', 'beta'].slice(0, index % 3),
  })),
)

function poolOf(workers: number): MapperPool {
  const pool = createMapperPool(manifest, { workers, mainStream: 'users' })
  onTestFinished(() => pool.close())
  return pool
}

function inChunks(pool: MapperPool, size: number): Promise<MapResult[]> {
  const starts = Array.from({ length: Math.ceil(records.length / size) }, (_, index) => index * size)
  return Promise.all(starts.map((start) => pool.map(records.slice(start, start + size))))
}

test('one worker and four have the same result, however the chunks are cut', async () => {
  const one = await inChunks(poolOf(1), 300)
  const four = await inChunks(poolOf(4), 37)
  expect(four.flatMap((result) => result.drafts)).toEqual(one.flatMap((result) => result.drafts))
  expect(four.flatMap((result) => result.rejects)).toEqual(one.flatMap((result) => result.rejects))
})

test('bad records affect neither their neighbors nor the count', async () => {
  const results = await inChunks(poolOf(2), 100)
  const users = results.flatMap(({ drafts }) => drafts.filter(({ kind }) => kind === 'user'))
  const rejected = results.flatMap(({ rejects }) => rejects.filter(({ kind }) => kind === 'user'))
  expect(users).toHaveLength(980)
  expect(rejected.map(({ code }) => code).sort()).toEqual([
    ...Array.from({ length: 10 }, () => 'expression_failed'),
    ...Array.from({ length: 10 }, () => 'invalid_email'),
  ])
  expect(results.reduce((sum, { mapped, leftOut }) => sum + mapped + leftOut, 0)).toBe(1000)
})

/** The staged rows, whatever the order of the threads. */
const staged = (rundb: RunDatabase) =>
  ['drafts', 'rejects', 'names', 'left_out'].map((table) => {
    const columns = rundb.statement(`SELECT name FROM pragma_table_info('${table}') WHERE name <> 'id'`).all()
    const names = columns.map(({ name }) => String(name)).join(', ')
    return rundb.statement(`SELECT ${names} FROM ${table} ORDER BY ${names}`).all()
  })

function runDatabase(folder?: string): RunDatabase {
  const rundb = new RunDatabase(folder)
  onTestFinished(() => rundb.close())
  return rundb
}

test('workers stage their results in the given database, one at a time', async () => {
  const here = runDatabase()
  for (const result of await inChunks(poolOf(1), 300)) stageResult(here, result)
  const there = runDatabase(temporaryFolder())
  const pool = createMapperPool(manifest, { workers: 3, mainStream: 'users', database: there.staging })
  onTestFinished(() => pool.close())
  const starts = Array.from({ length: 100 }, (_, index) => index * 10)
  const counts = await Promise.all(starts.map((start) => pool.map(records.slice(start, start + 10))))
  expect(counts.every((count) => !('drafts' in count))).toBe(true)
  expect(counts.reduce((sum, { mapped, leftOut }) => sum + mapped + leftOut, 0)).toBe(1000)
  expect(staged(there)).toEqual(staged(here))
})

test('an error of SQLite in a worker keeps its code', async () => {
  const rundb = runDatabase(temporaryFolder())
  rundb.exec('DROP TABLE drafts')
  const pool = createMapperPool(manifest, { workers: 1, mainStream: 'users', database: rundb.staging })
  onTestFinished(() => pool.close())
  await expect(pool.map(records.slice(0, 10))).rejects.toMatchObject({ errcode: 1, message: 'no such table: drafts' })
})

test('an expression that does not compile is reported before a worker starts', () => {
  expect(() => createMapperPool(manifestWith({ user: { email: '(' } }), { workers: 1 })).toThrow(ManifestError)
})

test('workers that start meanwhile do not compile it either, and end', async () => {
  const options = { workers: 2, columns: new Map() }
  expect(() => createMapperPool(manifestWith({ user: { email: '(' } }), options)).toThrow(ManifestError)
  // An error that nothing handles would come now, and fail the test.
  await new Promise((resolve) => setTimeout(resolve, 500))
})

/** A regular expression that backtracks very long on the address of one record. */
const BACKTRACKS = '$match(email, /^(a+)+$/).match'
const trap = { id: 'trap', email: `${'a'.repeat(60)}@example.com`, name: 'Eve', age: 20, orgs: [] }

function stuck(
  map: Parameters<typeof manifestWith>[0],
  workers: number,
  patience: number,
  memory?: number,
): MapperPool {
  const pool = createMapperPool(manifestWith(map), { workers, mainStream: 'users', patience, memory })
  onTestFinished(() => pool.close())
  return pool
}

async function refusal(work: Promise<unknown>): Promise<ManifestError> {
  const error = await work.then(() => undefined).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ManifestError)
  return error as ManifestError
}

test('a regular expression that backtracks without end is stopped, with its name and the line of the record', async () => {
  const pool = stuck({ user: { key: 'id', email: 'email', lastName: BACKTRACKS } }, 1, 2_000)
  const error = await refusal(pool.map(recordsOf([{ ...trap, email: 'ada@example.com' }, trap])))
  expect(error.problems).toMatchObject([{ code: 'expression_stuck', path: 'map.user.lastName' }])
  expect(error.message).toContain('map.user.lastName does not end')
  expect(error.message).toContain('users.csv:3')
  expect(error.message).not.toContain('aaa')
})

test('the chunks next to and after a hanging one end with the same error', async () => {
  const pool = stuck({ user: { key: 'id', email: 'email', metadata: { trap: BACKTRACKS } } }, 2, 2_000)
  const chunks = [[trap], [trap], records.slice(0, 3), [trap]]
  const errors = await Promise.all(
    chunks.map((data) =>
      pool.map(data === chunks[2] ? records.slice(0, 3) : recordsOf([trap])).catch((error) => error),
    ),
  )
  const failed = errors.filter((error) => error instanceof ManifestError)
  expect(failed.length).toBeGreaterThanOrEqual(3)
  expect(new Set(failed).size).toBe(1)
  expect(await refusal(pool.map(records.slice(0, 3)))).toBe(failed[0])
})

test('a worker that needs too much memory is reported as such, with the expression and the record', async () => {
  const pool = stuck(
    { user: { key: 'id', email: 'email', name: '$count([1..100000].{ "many": [[1..100000]] })' } },
    1,
    60_000,
    // JSONata ends an evaluation after five seconds: on a busy machine it needs no more memory by
    // then.
    128,
  )
  const error = await refusal(pool.map(records.slice(0, 1)))
  expect(error.problems).toMatchObject([{ code: 'expression_too_large', path: 'map.user.name' }])
  expect(error.message).toContain('users.csv:2')
})

/** The same records as rows that no thread has read yet. */
function pieceOf(rows: readonly string[]): Piece {
  const bytes = new Uint8Array(Buffer.from(rows.map((row) => `${row}\n`).join('')))
  const columns = ['id', 'email']
  const table = { columns, isHeaded: true, verbatim: [], nulls: [], delimiter: ',', quote: '"' }
  const place = { reader: 'rows', stream: 'users', file: 'users.csv', line: 2, rows: rows.length, base: 0 } as const
  return { ...place, bytes, table, joined: [] }
}

test('a worker that hangs on a record of a piece is reported with the line of the record', async () => {
  const map = { user: { key: 'id', email: 'email', lastName: BACKTRACKS } }
  const pool = createMapperPool(manifestWith(map), {
    ...{ workers: 1, mainStream: 'users', patience: 2_000, columns: new Map() },
  })
  onTestFinished(() => pool.close())
  const good = await pool.pieces.map(pieceOf(['a,ada@example.com', 'b,bob@example.com,', 'c,eve@example.com']))
  const drafts = 'drafts' in good.result ? good.result.drafts : []
  expect(drafts.map(({ seq, origin }) => [seq, origin.line])).toEqual([
    [2, 2],
    [4, 4],
  ])
  expect(good.found).toMatchObject({ read: 3, refused: [{ line: 3, problem: { code: 'ragged_row' } }] })
  const error = await refusal(pool.pieces.map(pieceOf(['a,ada@example.com', '', `b,${'a'.repeat(60)}@example.com`])))
  expect(error.problems).toMatchObject([{ code: 'expression_stuck', path: 'map.user.lastName' }])
  expect(error.message).toContain('users.csv:4')
})
