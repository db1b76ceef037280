import { describe, expect, test } from 'vitest'
import type { SourceOptions } from '../../../src/config/manifest.ts'
import { mariaPrograms, newMariaDatabase } from '../../mariadb.ts'
import { capture, problemOf, read } from '../postgres/capturing.ts'

type Options = SourceOptions<'mysql'>

/** A source that reads the tables created by the statements. */
async function sourceOf(sql: string, options: Omit<Options, 'url'>): Promise<Options & { type: 'mysql' }> {
  const { url } = await newMariaDatabase(sql)
  return { type: 'mysql', url, ...options }
}

describe.skipIf(mariaPrograms === undefined)('reading MariaDB', () => {
  test('accepts any names, and gives the same result each time', async () => {
    const sql = `CREATE TABLE \`order by\` (\`key\` int primary key, \`from\` varchar(20), \`a.b\` int, \`ü ☺\` int);
      INSERT INTO \`order by\` VALUES (2, 'b', 1, 1), (1, 'a', 2, 2)`
    const source = await sourceOf(sql, { streams: { users: { table: '`order by`', key: 'key' } } })
    const { records } = await read(source)
    expect(records.map(({ data }) => data)).toEqual([
      { key: 1, from: 'a', 'a.b': 2, 'ü ☺': 2 },
      { key: 2, from: 'b', 'a.b': 1, 'ü ☺': 1 },
    ])
    const [one, other] = [await capture(source), await capture(source)]
    expect(one.snapshot.digest).toBe(other.snapshot.digest)
  })

  test('joins by exact text, also with binary IDs', async () => {
    const source = await sourceOf(
      `CREATE TABLE users (id binary(16) primary key, code varchar(9));
       CREATE TABLE members (user_id binary(16), team int, primary key (user_id, team));
       CREATE TABLE notes (id int primary key, code varchar(9));
       INSERT INTO users VALUES (X'00FF00000000000000000000000000FE', 'ab'), (X'00FF00000000000000000000000000FF', 'AB');
       INSERT INTO members VALUES (X'00FF00000000000000000000000000FF', 1), (X'00FF00000000000000000000000000FF', 2);
       INSERT INTO notes VALUES (1, 'ab'), (2, 'Ab')`,
      {
        streams: {
          users: { table: 'users', key: 'id' },
          members: { table: 'members', key: ['user_id', 'team'], join: { key: 'user_id', to: 'id' } },
          notes: { table: 'notes', key: 'id', join: { key: 'code', to: 'code' } },
        },
      },
    )
    const { records, rejected } = await read(source)
    const count = (value: unknown) => (Array.isArray(value) ? value.length : value)
    expect(records.map(({ data }) => [data.code, count(data.members), count(data.notes)])).toEqual([
      ['ab', 0, 1],
      ['AB', 2, 0],
    ])
    expect(rejected.map(({ origin, problem }) => [origin.file, origin.line, problem.code])).toEqual([
      ['notes', 2, 'unmatched_row'],
    ])
  })

  test('keeps keys that differ in case, accents or spaces, although the collation treats them as equal', async () => {
    const sql = "CREATE TABLE t (id varchar(9)); INSERT INTO t VALUES ('a'), ('A'), ('á'), ('a '), ('b')"
    const { records } = await read(await sourceOf(sql, { streams: { users: { table: 't', key: 'id' } } }))
    expect(records.map(({ data }) => data.id).sort()).toEqual(['A', 'a', 'a ', 'b', 'á'])
  })

  test('rejects duplicate keys, whatever is between them', async () => {
    const sql = "CREATE TABLE t (id varchar(9), n int); INSERT INTO t VALUES ('a', 1), ('A', 2), ('a', 3)"
    const source = await sourceOf(sql, { streams: { users: { table: 't', key: 'id' } } })
    expect(await problemOf(capture(source))).toMatchObject({
      code: 'duplicate_key',
      message: expect.stringContaining('id = a'),
    })
  })

  test('removes NUL characters and counts them', async () => {
    const sql =
      "CREATE TABLE t (id int primary key, name text, j json); INSERT INTO t VALUES (1, CONCAT('Zo', CHAR(0), 'ë'), NULL)"
    const { records, warnings } = await read(await sourceOf(sql, { streams: { users: { table: 't', key: 'id' } } }))
    expect(records.map(({ data }) => data)).toEqual([{ id: 1, name: 'Zoë' }])
    expect(warnings).toMatchObject([{ code: 'nul_characters', message: '1 NUL character was left out' }])
  })

  test('warns once about zero dates and tables without a snapshot', async () => {
    const source = await sourceOf(
      `SET sql_mode = ''; CREATE TABLE t (id int primary key, at datetime) ENGINE = MyISAM;
       INSERT INTO t VALUES (1, 0), (2, 0), (3, '2026-01-02 03:04:05')`,
      { streams: { users: { table: 't', key: 'id' } } },
    )
    const { warnings } = await capture(source)
    expect(warnings.map(({ code, path }) => [code, path])).toEqual([
      ['table_without_snapshot', 'source.streams.users'],
      ['zero_dates', 'source.streams.users'],
    ])
  })
})

describe.skipIf(mariaPrograms === undefined)('with updatedSince', () => {
  const SQL = `
    CREATE TABLE users (id binary(2) primary key, email varchar(50) character set latin1, updated_at timestamp(3) null);
    CREATE TABLE members (id int primary key, email varchar(50), updated_at datetime, day date);
    INSERT INTO users VALUES (X'FF01', 'ä1@example.com', '2026-01-01'), (X'FF02', 'ä2@example.com', '2026-03-01 00:00:00.000'),
      (X'FF03', 'ä3@example.com', NULL), (X'FF04', 'ä4@example.com', '2026-02-28 23:59:59.999');
    INSERT INTO members VALUES (1, 'ä1@example.com', '2026-03-02', '2026-03-02'), (2, 'ä1@example.com', '2026-01-01', '2026-01-01'),
      (3, 'ä4@example.com', '2026-01-01', '2026-01-01')`
  const streams: Options['streams'] = {
    users: { table: 'users', key: 'id', updatedAt: 'updated_at' },
    members: { table: 'members', key: 'id', updatedAt: 'updated_at', join: { key: 'email', to: 'email' } },
  }

  test('reads records that changed or whose joined rows changed, with all joined rows, across character sets', async () => {
    const { records } = await read(await sourceOf(SQL, { streams, updatedSince: '2026-03-01T00:00:00Z' }))
    const ids = (value: unknown) => (Array.isArray(value) ? value.map(({ id }) => id) : value)
    expect(records.map(({ data }) => [data.id, ids(data.members)])).toEqual([
      ['ff01', [1, 2]],
      ['ff02', []],
      ['ff03', []],
    ])
  })

  test('rejects a date without a time, which would miss later changes of the day', async () => {
    const members = { table: 'members', key: 'id', updatedAt: 'day', join: { key: 'email', to: 'email' } }
    const source = await sourceOf(SQL, { streams: { ...streams, members }, updatedSince: '2026-03-01T12:00:00Z' })
    expect(await problemOf(capture(source))).toMatchObject({
      code: 'updated_at_is_no_time',
      message: 'the column day of members has the type date; updatedAt needs a timestamp',
    })
  })
})
