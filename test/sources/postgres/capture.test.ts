import { describe, expect, test } from 'vitest'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import { postgresPrograms } from '../../postgres.ts'
import { folderWith, readAll, sums } from '../reading.ts'
import { capture, problemOf, read } from './capturing.ts'
import { newDatabase, type TestDatabase } from './database.ts'

const TEAMS = `
  CREATE TABLE users (id int PRIMARY KEY, email text, updated_at timestamptz);
  CREATE TABLE members (team text, user_id int, role text, changed timestamp, PRIMARY KEY (team, user_id));
  INSERT INTO users SELECT n, 'u' || n || '@example.com', '2026-01-01' FROM generate_series(1, 10) AS n;
  INSERT INTO members SELECT 'team ' || n % 2, n, 'member', '2026-01-01' FROM generate_series(1, 10) AS n;`

const STREAMS = {
  users: { table: 'users', key: 'id', updatedAt: 'updated_at' },
  memberships: {
    table: 'members',
    key: ['team', 'user_id'],
    updatedAt: 'changed',
    join: { key: 'user_id', to: 'id' },
  },
}

function sourceOf({ url }: TestDatabase, streams: object, more: object = {}): SourceConfig {
  return { type: 'postgres', url: url(), streams, ...more }
}

const usersOf = (database: TestDatabase, users: object) => sourceOf(database, { users })

describe.skipIf(postgresPrograms === undefined)('a reading', () => {
  test('matches files with the same rows: records, joins, rejects and counts', async () => {
    const database = await newDatabase(`${TEAMS}
      CREATE TABLE notes (id int PRIMARY KEY, team text, note text);
      INSERT INTO notes VALUES (1, 'team 1', 'a'), (2, 'team 7', 'b');
      INSERT INTO members VALUES ('team 1', 99, 'owner', NULL), ('team 0', -1, NULL, NULL)`)
    const streams = {
      users: { table: 'users', key: 'id' },
      memberships: { table: 'members', key: ['team', 'user_id'], join: { key: 'user_id', to: 'id' } },
      note: {
        query: 'select * from notes',
        key: 'id',
        join: { into: 'memberships', key: 'team', to: 'team', as: 'one', unmatched: 'ignore' },
      },
    }
    const rows = (table: string, order: string) =>
      database.sql(`SELECT json_strip_nulls(row_to_json(t)) FROM ${table} AS t ORDER BY ${order}`)
    const folder = folderWith({
      'users.ndjson': rows('users', 'id'),
      'members.ndjson': rows('members', 'team, user_id'),
      'notes.ndjson': rows('notes', 'id'),
    })
    const files = await readAll(
      {
        type: 'file',
        streams: {
          users: { path: 'users.ndjson' },
          memberships: { path: 'members.ndjson', join: streams.memberships.join },
          note: { path: 'notes.ndjson', join: streams.note.join },
        },
      },
      folder,
    )
    const tables = await read(sourceOf(database, streams))
    const withoutPlaces = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value)
          .replace(/"(updated_at|changed|_file)":"[^"]*",?/g, '"$1":0,')
          .replace(/,}/g, '}'),
      )
    expect(withoutPlaces(tables.records.map(({ data }) => data))).toEqual(
      withoutPlaces(files.records.map(({ data }) => data)),
    )
    expect(sums(tables)).toEqual(sums(files))
    expect(tables.counts.map(({ ignored }) => ignored)).toEqual(files.counts.map(({ ignored }) => ignored))
    expect(tables.rejected.map(({ problem: { code } }) => code)).toEqual(
      files.rejected.map(({ problem: { code } }) => code),
    )
    expect(tables.records[0]?.origin).toEqual({ file: 'users', line: 1 })
    expect(tables.rejected.map(({ origin, problem: { message } }) => [origin.file, message])).toEqual([
      ['members', 'team = team 0, user_id = -1: no record of users has the key "-1"'],
      ['members', 'team = team 1, user_id = 99: no record of users has the key "99"'],
    ])
  })

  test('shows one moment, without concurrent writes', async () => {
    const database = await newDatabase(TEAMS)
    const source = sourceOf(database, STREAMS)
    const { onProgress, captured } = capturing(source)
    onProgress(/reading users/, () => {
      database.sql(`UPDATE users SET email = 'late'; DELETE FROM members; INSERT INTO users VALUES (11, 'late', now())`)
    })
    const { snapshot } = await captured()
    expect(snapshot.streams.map(({ name, records }) => [name, records])).toEqual([
      ['users', 10],
      ['memberships', 10],
    ])
    for await (const rows of snapshot.read('users')) {
      expect(rows.every(({ data }) => data.email !== 'late')).toBe(true)
    }
  })

  test('follows the order of the key, whatever the order of the rows', async () => {
    const database = await newDatabase(`CREATE TABLE "Odd.Name" ("The ""Id""" uuid, n int);
      INSERT INTO "Odd.Name" SELECT gen_random_uuid(), n FROM generate_series(1, 3000) AS n`)
    const key = 'The "Id"'
    const { records, digest } = await read(usersOf(database, { table: 'public."Odd.Name"', key }))
    const ids = records.map(({ data }) => String(data[key]))
    expect(ids).toEqual(ids.toSorted())
    expect(new Set(ids).size).toBe(3000)
    database.sql('CREATE TABLE copy AS SELECT * FROM "Odd.Name" ORDER BY n DESC')
    expect((await read(usersOf(database, { table: 'copy', key }))).digest).toBe(digest)
  })

  test('accepts a query with a comment, brackets and a semicolon at its end', async () => {
    const database = await newDatabase(TEAMS)
    const query = `-- who is here\nwith u as (select * from users) (select id, ')' as bracket from u) -- all of them ;\n ; `
    const { records } = await read(usersOf(database, { query, key: 'id' }))
    expect(records).toHaveLength(10)
    expect(records[0]?.origin).toEqual({ file: 'users', line: 1 })
  })

  test('gives different places to streams of one table', async () => {
    const database = await newDatabase(TEAMS)
    const { records } = await read(
      sourceOf(database, {
        users: { table: 'users', key: 'id' },
        late: { table: 'users', key: ['id'] },
        members: { query: 'select * from members', key: ['team', 'user_id'] },
        others: { table: 'members', key: ['team', 'user_id'] },
      }),
    )
    expect([...new Set(records.map(({ origin }) => origin.file))]).toEqual([
      'users (users)',
      'users (late)',
      'members (members)',
      'members (others)',
    ])
  })

  test('can be empty', async () => {
    const database = await newDatabase(`CREATE TABLE users (id int)`)
    const reading = await read(usersOf(database, { table: 'users', key: 'id' }))
    expect([reading.records, sums(reading)]).toEqual([[], [['users', 0, 0, 0]]])
  })
})

/** A reading that runs functions at its steps. */
function capturing(source: SourceConfig, folder = folderWith({})) {
  const todo: [RegExp, () => void][] = []
  return {
    onProgress: (phase: RegExp, then: () => void) => todo.push([phase, then]),
    captured: () =>
      capture(source, {
        folder,
        onStep({ phase, done }) {
          if (done === undefined) return
          const index = todo.findIndex(([pattern]) => pattern.test(phase))
          if (index >= 0) todo.splice(index, 1)[0]?.[1]()
        },
      }),
  }
}

describe.skipIf(postgresPrograms === undefined)('an interrupted reading', () => {
  const BIG = `CREATE TABLE users (id int PRIMARY KEY, text text);
    INSERT INTO users SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) AS n`

  test('that the server ended twice starts again, and then has every row once', async () => {
    const database = await newDatabase(BIG)
    const folder = folderWith({})
    const source = usersOf(database, { table: 'users', key: 'id' })
    for (let kill = 0; kill < 2; kill++) {
      const { onProgress, captured } = capturing(source, folder)
      onProgress(/users/, () => {
        database.cluster.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database.name}' AND pid <> pg_backend_pid()`,
        )
      })
      const problem = await problemOf(captured())
      expect(problem).toMatchObject({ code: 'database_lost', path: 'source.streams.users' })
      expect(problem.hint).toContain('from the beginning')
      database.sql('DELETE FROM users WHERE id % 2 = 0; UPDATE users SET id = id / 2 + 1')
      database.sql(`INSERT INTO users SELECT n, 'new' FROM generate_series(30001, 30100) AS n`)
      database.sql('UPDATE users SET id = id + 100000')
    }
    const { snapshot, warnings } = await capture(source, { folder })
    expect(warnings.map(({ code }) => code)).toEqual(['reading_begun_anew'])
    const ids: number[] = []
    for await (const rows of snapshot.read('users')) ids.push(...rows.map(({ data }) => Number(data.id)))
    expect(ids).toEqual(database.sql('SELECT id FROM users ORDER BY id').split('\n').map(Number))
  })

  test('that the user aborts ends at once, even while the server is busy', async () => {
    const database = await newDatabase(TEAMS)
    const controller = new AbortController()
    const source = usersOf(database, { query: 'select id, pg_sleep(60)::text as s from users', key: 'id' })
    const ending = capture(source, {
      signal: controller.signal,
      onStep: () => setTimeout(() => controller.abort(), 200),
    })
    expect(await problemOf(ending)).toMatchObject({
      code: 'interrupted',
      hint: 'run the same command again; it reads the source from the beginning',
    })
  })
})

describe.skipIf(postgresPrograms === undefined)('keys and counts', () => {
  test('a row without a key is rejected, with its number and its other key columns', async () => {
    const database = await newDatabase(`CREATE TABLE members (team text, user_id int);
      INSERT INTO members VALUES ('a', 1), ('b', NULL)`)
    expect(await problemOf(read(usersOf(database, { table: 'members', key: ['team', 'user_id'] })))).toMatchObject({
      code: 'null_key',
      message: 'row 2 of members (team = b, user_id = NULL) has no value in user_id, which is part of the key',
      path: 'source.streams.users.key',
    })
  })

  test.each([
    ['int', '7', '7'],
    ['citext', "'a', 'A', 'a'", 'a'],
    ['numeric', '1.0, 1.00, 1.0', '1.0'],
    ['text COLLATE nocase', "'a', 'A', 'a'", 'a'],
  ])('two rows with the same key are rejected, with the key: %s', async (type, values, shown) => {
    const rows = values.includes(',') ? values.split(', ') : [values, values]
    const database = await newDatabase(`CREATE EXTENSION citext;
      CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE users (id ${type}); INSERT INTO users VALUES ${rows.map((value) => `(${value})`).join(', ')}`)
    expect(await problemOf(read(usersOf(database, { table: 'users', key: 'id' })))).toMatchObject({
      code: 'duplicate_key',
      message: `two rows of users have the same key: id = ${shown}`,
    })
  })

  test('keys that differ as text are distinct, although the database treats them as equal', async () => {
    const database = await newDatabase(`CREATE EXTENSION citext; CREATE TABLE users (id citext);
      INSERT INTO users VALUES ('a'), ('A'), ('b')`)
    const { records } = await read(usersOf(database, { table: 'users', key: 'id' }))
    expect(records.map(({ data }) => data.id)).toEqual(['A', 'a', 'b'])
  })

  test('a query that returns different rows each time is rejected', async () => {
    const database = await newDatabase('CREATE TABLE users AS SELECT n AS id FROM generate_series(1, 1000) AS n')
    // A setting of the session counts how often the query ran; each time it returns one row more.
    const query = `with run as materialized (
      select set_config('t.runs', (coalesce(nullif(current_setting('t.runs', true), ''), '0')::int + 1)::text, false) as n
    ) select id from users, run where id <= 500 + run.n::int`
    const problem = await problemOf(read(usersOf(database, { query, key: 'id' })))
    expect(problem).toMatchObject({ code: 'count_mismatch', path: 'source.streams.users' })
  })

  test('duplicate and missing columns are rejected before the first row', async () => {
    const database = await newDatabase(TEAMS)
    const query = 'select u.*, m.user_id as id from users u join members m on m.user_id = u.id'
    expect(await problemOf(read(usersOf(database, { query, key: 'id' })))).toMatchObject({
      code: 'duplicate_column',
      message: 'users has two columns named id; a record can have only one',
    })
    expect(await problemOf(read(usersOf(database, { table: 'users', key: 'idd' })))).toMatchObject({
      code: 'no_such_column',
      hint: 'did you mean id? columns: id, email and updated_at',
      path: 'source.streams.users.key',
    })
    const wrong = { table: 'users', key: 'id', updatedAt: 'email' }
    expect(await problemOf(read(usersOf(database, wrong)))).toMatchObject({ code: 'updated_at_is_no_time' })
  })
})

describe.skipIf(postgresPrograms === undefined)('updatedSince', () => {
  const since = { updatedSince: '2026-02-01T00:00:00Z' }

  async function changed(statements: string, streams: object = STREAMS) {
    const database = await newDatabase(`${TEAMS} ${statements}`)
    const source = sourceOf(database, streams, since)
    const { folder, snapshot, warnings: captureWarnings } = await capture(source)
    const reading = await readAll(source, folder, 1000, snapshot)
    const ids = reading.records.map(({ data }) => data.id)
    return { ...reading, ids, captureWarnings, streams: snapshot.streams.map(({ name, records }) => [name, records]) }
  }

  test('reads changed records and their joined rows, and nothing else', async () => {
    const { ids, records, rejected, streams } = await changed(`
      UPDATE users SET updated_at = '2026-02-01 00:00:00+00' WHERE id = 3;
      UPDATE users SET updated_at = '2026-01-31 23:59:59.999+00' WHERE id = 4;
      UPDATE users SET updated_at = NULL WHERE id = 5;
      INSERT INTO members VALUES ('team 9', 3, 'owner', '2020-01-01')`)
    expect(ids).toEqual([3, 5])
    expect(records[0]?.data.memberships).toMatchObject([{ team: 'team 1' }, { team: 'team 9' }])
    expect([rejected, streams]).toEqual([
      [],
      [
        ['users', 2],
        ['memberships', 3],
      ],
    ])
  })

  test('reads records whose joined rows changed, at any depth, with all of their rows', async () => {
    const { ids, records } = await changed(
      `UPDATE members SET changed = '2026-03-01' WHERE user_id = 7;
       INSERT INTO members VALUES ('team 5', 7, 'old', '2020-01-01'), ('deep', 8, 'x', '2020-01-01');
       CREATE TABLE badges (id int PRIMARY KEY, team text, at timestamp);
       INSERT INTO badges VALUES (1, 'deep', '2026-05-05'), (2, 'team 0', '2020-01-01')`,
      {
        ...STREAMS,
        badges: { table: 'badges', key: 'id', updatedAt: 'at', join: { into: 'memberships', key: 'team', to: 'team' } },
      },
    )
    expect(ids).toEqual([7, 8])
    expect(records[0]?.data.memberships).toMatchObject([{ team: 'team 1' }, { team: 'team 5' }])
  })

  test('rejects a date without a time, which would miss later changes of the day', async () => {
    const ending = changed('ALTER TABLE users ALTER updated_at TYPE date')
    expect(await problemOf(ending)).toMatchObject({
      code: 'updated_at_is_no_time',
      message: 'the column updated_at of users has the type date; updatedAt needs a timestamp',
    })
  })

  test('finds changes below a stream that has no updatedAt', async () => {
    const { updatedAt: _, ...memberships } = STREAMS.memberships
    const { ids } = await changed(
      `INSERT INTO members VALUES ('deep', 8, 'x', '2020-01-01'); CREATE TABLE badges (id int PRIMARY KEY, team text, at timestamp);
       INSERT INTO badges VALUES (1, 'deep', '2026-05-05')`,
      {
        users: STREAMS.users,
        memberships,
        badges: { table: 'badges', key: 'id', updatedAt: 'at', join: { into: 'memberships', key: 'team', to: 'team' } },
      },
    )
    expect(ids).toEqual([8])
  })

  test('ignores rows of unchanged records when the join is an expression', async () => {
    const { updatedAt: _, ...memberships } = STREAMS.memberships
    const { ids, counts, rejected, captureWarnings } = await changed(
      `UPDATE users SET updated_at = '2026-02-02' WHERE id = 3`,
      {
        users: STREAMS.users,
        memberships: { ...memberships, join: { key: "'' & user_id", to: 'id' } },
      },
    )
    expect([ids, rejected]).toEqual([[3], []])
    expect(counts[1]).toMatchObject({ read: 10, passed: 1, ignored: 9 })
    expect(captureWarnings).toMatchObject([{ code: 'changes_unseen', path: 'source.streams.memberships' }])
  })

  test('rejects streams whose changes cannot be found', async () => {
    const database = await newDatabase(TEAMS)
    const byExpression = { ...STREAMS.memberships, join: { key: "'' & user_id", to: 'id' } }
    expect(
      await problemOf(capture(sourceOf(database, { ...STREAMS, memberships: byExpression }, since))),
    ).toMatchObject({ code: 'since_by_expression', path: 'source.streams.memberships.join.key' })
    expect(await problemOf(capture(sourceOf(database, { users: { table: 'users', key: 'id' } }, since)))).toMatchObject(
      { code: 'since_without_column' },
    )
  })
})

test.skipIf(postgresPrograms === undefined)(
  'a snapshot of other tables or of another database is never used',
  async () => {
    const database = await newDatabase(TEAMS)
    const folder = folderWith({})
    const users = { table: 'users', key: 'id' }
    await capture(usersOf(database, users), { folder })
    const others: SourceConfig[] = [
      usersOf(database, { ...users, key: 'email' }),
      usersOf(database, { query: 'select * from users', key: 'id' }),
      { ...usersOf(database, users), url: database.url().replace(/\/[^/]*$/, '/other') },
    ]
    for (const other of others) {
      const problem = await problemOf(capture(other, { folder }))
      expect(problem.code).toBe('snapshot_of_another_source')
    }
    const again = await capture(usersOf(database, { ...users, join: undefined }), { folder })
    expect(JSON.stringify(again.snapshot.identity)).not.toContain('tester@')
  },
)
