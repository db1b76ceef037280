import { afterEach, describe, expect, test } from 'vitest'
import { OperatorError } from '../../../src/diagnostics/errors.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import type { JsonObject } from '../../../src/json.ts'
import type { Asked, Session } from '../../../src/sources/database/driver.ts'
import { Connection } from '../../../src/sources/mysql/connection.ts'
import { endpointOf } from '../../../src/sources/mysql/endpoint.ts'
import { explained } from '../../../src/sources/mysql/errors.ts'
import { mysqlDriver } from '../../../src/sources/mysql/open.ts'
import { type MariaDatabase, mariaPrograms, newMariaDatabase } from '../../mariadb.ts'

const { name, table, text, moment } = mysqlDriver.dialect

describe.skipIf(mariaPrograms === undefined)('a session of MariaDB', () => {
  const open: Session[] = []
  const warnings: Problem[] = []

  afterEach(async () => {
    for (const session of open.splice(0)) await session.close()
    warnings.length = 0
  })

  async function session(url: string, statementTimeout = 60_000): Promise<Session> {
    const options = { url, ca: undefined, statementTimeout }
    const connected = await mysqlDriver.connect(options, { warn: (problem) => warnings.push(problem) })
    open.push(connected)
    return connected
  }

  const asked = (written?: string): Asked => ({
    path: 'source.streams.users',
    table: written,
    place: written ?? 'users',
  })

  async function rowsOf(of: Session, written: string, order = 'id'): Promise<JsonObject[]> {
    const about = asked(written)
    const columns = await of.columns(`SELECT * FROM ${table(written)} AS r`, about)
    const selected = columns.map((column) => column.read ?? `r.${name(column.name)}`)
    const ordered = columns.find((column) => column.name === order)?.order ?? [name(order)]
    const all: JsonObject[] = []
    const sql = `SELECT ${selected.join(', ')} FROM ${table(written)} AS r ORDER BY ${ordered.join(', ')}`
    for await (const rows of of.rows(sql, columns, about)) all.push(...rows)
    return all
  }

  /** Runs a statement of a stream and returns its problem. */
  async function problemOf({ url }: MariaDatabase, statement: string, written?: string): Promise<Problem> {
    const of = await session(url)
    const error = await of.columns(statement, asked(written)).catch((thrown: unknown) => thrown)
    if (!(error instanceof OperatorError) || error.problems[0] === undefined) throw new Error(`no problem: ${error}`)
    return error.problems[0]
  }

  test('sees one moment, despite concurrent writes', async () => {
    const database = await newMariaDatabase('CREATE TABLE t (id int primary key); INSERT INTO t VALUES (1), (2)')
    const of = await session(database.url)
    database.sql('INSERT INTO t VALUES (3); DELETE FROM t WHERE id = 1; CREATE TABLE later (id int)')
    expect(await of.count('SELECT count(*) FROM t', asked('t'))).toBe(2)
    expect(await rowsOf(of, 't')).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('cannot write', async () => {
    const database = await newMariaDatabase(`CREATE TABLE t (id int primary key);
      DELIMITER //
      CREATE FUNCTION adds() RETURNS int BEGIN INSERT INTO t VALUES (9); RETURN 1; END //`)
    const two = 'INSERT INTO t VALUES (1); SELECT 1'
    expect(await problemOf(database, two)).toMatchObject({ code: 'bad_query' })
    const of = await session(database.url)
    await expect(of.count('SELECT adds()', asked())).rejects.toMatchObject({
      code: 'bad_query',
      message: 'the query of users changes data, but a source can only read',
    })
    expect(database.sql('SELECT count(*) FROM t')).toBe('0')
  })

  test('reads FLOAT values exactly, as the shortest number', async () => {
    const { url } = await newMariaDatabase(
      'CREATE TABLE t (id int primary key, v float); INSERT INTO t VALUES (1, 16777216), (2, 0.1), (3, 1.17549e-38), (4, NULL), (5, 123.4567)',
    )
    const rows = await rowsOf(await session(url), 't')
    expect(rows.map(({ v }) => v)).toEqual([16_777_216, 0.1, 1.17549e-38, undefined, 123.4567])
  })

  test('warns about zero dates once for each column', async () => {
    const { url } = await newMariaDatabase(
      "SET sql_mode = ''; CREATE TABLE t (id int primary key, at datetime, d date); INSERT INTO t VALUES (1, 0, 0), (2, 0, '2026-01-02')",
    )
    expect(await rowsOf(await session(url), 't')).toEqual([{ id: 1 }, { id: 2, d: '2026-01-02' }])
    expect(warnings.map(({ message }) => message)).toEqual([
      't: at is 0000-00-00 in 2 rows; their records have no date',
      't: d is 0000-00-00 in 1 row; its record has no date',
    ])
  })

  test('warns of tables without a snapshot, named or in a query', async () => {
    const { url } = await newMariaDatabase(
      'CREATE TABLE old (id int primary key) ENGINE = MyISAM; CREATE TABLE older (id int primary key) ENGINE = Aria; CREATE TABLE t (id int primary key)',
    )
    const of = await session(url)
    await of.columns('SELECT * FROM t AS r', asked('t'))
    expect(warnings).toEqual([])
    await of.columns('SELECT * FROM old AS r', asked('old'))
    await of.columns('SELECT * FROM (SELECT t.id FROM t JOIN older USING (id)) AS r', asked())
    expect(warnings.map(({ code, message }) => `${code} ${message.split(',')[0]}`)).toEqual([
      'table_without_snapshot old reads the table old',
      'table_without_snapshot users reads the table older',
    ])
    expect(warnings[0]?.hint).toContain('ALTER TABLE `old` ENGINE = InnoDB')
  })

  test('reports values that the server cut off', async () => {
    const { url } = await newMariaDatabase('CREATE TABLE t (id int primary key); INSERT INTO t VALUES (1)')
    const of = await session(url)
    const rows = of.rows("SELECT REPEAT('ü', 9000000) AS large FROM t", [], asked())
    await expect(
      (async () => {
        for await (const _ of rows);
      })(),
    ).rejects.toMatchObject({ code: 'value_cut_off' })
  })

  test('suggests a similar name', async () => {
    const database = await newMariaDatabase('CREATE TABLE users (id int primary key, email text)')
    const { name: own } = database
    expect(await problemOf(database, 'SELECT * FROM user_s AS r', 'user_s')).toEqual({
      code: 'no_such_table',
      message: expect.stringMatching(`^there is no table ${own}.user_s in the MySQL database ${own} at `),
      hint: 'did you mean users?',
      path: 'source.streams.users.table',
    })
    expect(await problemOf(database, `SELECT * FROM (SELECT id FROM ${own}.nothing_like_it) AS r`)).toMatchObject({
      hint: 'choose one that the user can read: users',
      path: 'source.streams.users.query',
    })
    expect(await problemOf(database, 'SELECT * FROM (SELECT emial FROM users) AS r')).toMatchObject({
      code: 'no_such_column',
      message: 'the query of users uses a column that does not exist: emial',
    })
    expect(await problemOf(database, 'SELECT * FROM (SELECT id FRM users) AS r')).toMatchObject({
      code: 'bad_query',
      message: expect.stringContaining('syntax error near'),
    })
    expect(await problemOf(database, 'SELECT * FROM (SELECT id, email AS id FROM users) AS r')).toMatchObject({
      code: 'duplicate_column',
      message: 'the query of users has two columns named id',
    })
  })

  test('shows the GRANT that the user needs', async () => {
    const database = await newMariaDatabase('CREATE TABLE users (id int, email text); CREATE TABLE teams (id int)')
    const { name: own, server, sql } = database
    const reader = `r_${own.slice(2, 12)}`
    sql(`CREATE USER ${reader} IDENTIFIED BY 'pw-reader'; GRANT SELECT (id) ON ${own}.users TO ${reader}`)
    const as = { ...database, url: server.url(own, reader, 'pw-reader') }
    expect(await problemOf(as, 'SELECT * FROM teams AS r', 'teams')).toMatchObject({
      code: 'database_forbidden',
      message: expect.stringContaining(`the user ${reader} is not allowed to read the table ${own}.teams in`),
      hint: `have an administrator run: GRANT SELECT ON \`${own}\`.\`teams\` TO '${reader}'@'%'`,
    })
    const column = await problemOf(as, 'SELECT * FROM (SELECT email FROM users) AS r')
    expect(column).toMatchObject({
      code: 'database_forbidden',
      message: expect.stringContaining('is not allowed to read the column email of users'),
      hint: `have an administrator run: GRANT SELECT (\`email\`) ON \`users\` TO '${reader}'@'%'`,
    })
  })

  test('without a database in the URL, requires tables with a database name', async () => {
    const database = await newMariaDatabase('CREATE TABLE users (id int primary key); INSERT INTO users VALUES (7)')
    const { name: own, server } = database
    const nowhere = { ...database, url: server.url('') }
    expect(await problemOf(nowhere, 'SELECT * FROM users AS r', 'users')).toMatchObject({ code: 'no_database' })
    expect(await rowsOf(await session(nowhere.url), `${own}.users`)).toEqual([{ id: 7 }])
  })

  test('ends a statement that exceeds the timeout', async () => {
    const { url } = await newMariaDatabase()
    const of = await session(url, 500)
    await expect(of.count('SELECT SLEEP(200)', asked())).rejects.toMatchObject({
      code: 'database_slow',
      message: expect.stringContaining('the query of users took longer than source.statementTimeout allows (0.5 s)'),
    })
    expect(await of.count('SELECT 5', asked())).toBe(5)
  })

  test('reports a killed statement, and an altered table', async () => {
    const { url, server, sql } = await newMariaDatabase('CREATE TABLE t (id int primary key)')
    const of = await session(url)
    const id = await of.count('SELECT CONNECTION_ID()', asked())
    const sleeping = of.count('SELECT SLEEP(200) + count(*) FROM seq_1_to_3', asked())
    const working = () =>
      server.sql(`SELECT count(*) FROM information_schema.processlist WHERE id = ${id} AND state = 'User sleep'`)
    const check = expect(sleeping).rejects.toMatchObject({
      code: 'database_interrupted',
      message: expect.stringContaining('(KILL QUERY)'),
    })
    await expect.poll(working, { timeout: 60_000 }).toBe('1')
    server.sql(`KILL QUERY ${id}`)
    await check
    sql('ALTER TABLE t FORCE')
    await expect(of.count('SELECT count(*) FROM t', asked('t'))).rejects.toMatchObject({
      code: 'database_changed',
      message: expect.stringContaining('the table t was altered during the reading'),
    })
  })

  test('reports a table that another connection locked', async () => {
    const { url } = await newMariaDatabase('CREATE TABLE t (id int primary key)')
    const endpoint = endpointOf(url)
    const [holder, connection] = [
      await Connection.open(endpoint, { statementTimeout: undefined }),
      await Connection.open(endpoint, { statementTimeout: undefined }),
    ]
    await holder.run('LOCK TABLES t WRITE')
    await connection.run('SET SESSION lock_wait_timeout = 1')
    const error = await connection.rows('SELECT * FROM t').catch((thrown: unknown) => thrown)
    const about = { endpoint, connection, asked: asked('t'), statementTimeout: 60_000 }
    expect(await explained(about, error)).toMatchObject({
      code: 'database_slow',
      message: 'the table t is locked by another connection, for example by ALTER TABLE',
    })
    await holder.close()
    await connection.close()
  })

  test('explains a connection lost during a reading, and stays closed', async () => {
    const { url, server } = await newMariaDatabase()
    const of = await session(url)
    const id = await of.count('SELECT CONNECTION_ID()', asked())
    let read = 0
    const reading = async () => {
      for await (const rows of of.rows('SELECT seq FROM seq_1_to_100000000', [], asked())) {
        if (read === 0) server.sql(`KILL CONNECTION ${id}`)
        read += rows.length
      }
    }
    const lost = {
      code: 'database_lost',
      message: expect.stringMatching(/^the connection to the MySQL database \w+ at 127.0.0.1:\d+ was lost: /),
    }
    await expect(reading()).rejects.toMatchObject(lost)
    expect(read).toBeGreaterThan(0)
    await expect(of.count('SELECT 1', asked())).rejects.toMatchObject(lost)
  })

  test('reports a view whose definer does not exist', async () => {
    const database = await newMariaDatabase(
      "CREATE TABLE t (id int); CREATE DEFINER = 'nobody'@'nowhere' VIEW v AS SELECT * FROM t",
    )
    expect(await problemOf(database, 'SELECT * FROM v AS r', 'v')).toMatchObject({
      code: 'database_forbidden',
      message: expect.stringContaining('the table v uses a view'),
    })
  })

  test('makes equal texts adjacent, and reads keys without sorting', async () => {
    const { url } = await newMariaDatabase(
      "CREATE TABLE t (id varchar(9) primary key, n varchar(9)); INSERT INTO t VALUES ('1', 'a'), ('2', 'A'), ('3', 'a'), ('4', 'b')",
    )
    const of = await session(url)
    const columns = await of.columns('SELECT * FROM t AS r', asked('t'))
    expect(columns.find((column) => column.name === 'id')?.order).toBeUndefined()
    expect((await rowsOf(of, 't', 'n')).map(({ n }) => n)).toEqual(['A', 'a', 'a', 'b'])
    // A column of a query can have equal values.
    const [id] = await of.columns('SELECT * FROM (SELECT id FROM t) AS r', asked())
    expect(id?.order).toHaveLength(2)
  })

  test('compares keys of any types exactly', async () => {
    const { url } = await newMariaDatabase(`
      CREATE TABLE t (id int, n bigint unsigned, s varchar(20), l varchar(20) character set latin1, b varbinary(8));
      INSERT INTO t VALUES (1, 5, '5', 'é', X'FF'), (2, 6, 'é', 'É', X'FF')`)
    const of = await session(url)
    const same = (a: string, b: string) =>
      of.count(`SELECT count(*) FROM t AS x JOIN t AS y ON ${text(`x.${a}`)} = ${text(`y.${b}`)}`, asked())
    expect(await same('n', 's')).toBe(1)
    expect(await same('s', 'l')).toBe(1)
    expect(await same('b', 'b')).toBe(4)
  })

  test('finds long keys in another table without scanning it for each row', async () => {
    const { url } = await newMariaDatabase(`
      CREATE TABLE a (id varchar(255) primary key, at int) AS SELECT CONCAT('user_', seq) AS id, 1 AS at FROM seq_1_to_3000;
      CREATE TABLE b (id varchar(255) primary key, at int) AS SELECT CONCAT('user_', seq) AS id, 1 AS at FROM seq_1_to_3000`)
    const of = await session(url)
    const found = `SELECT count(*) FROM a WHERE a.at > 1 OR ${text('a.id')} IN (SELECT ${text('b.id')} FROM b WHERE b.at > 0)`
    expect(await of.count(found, asked())).toBe(3000)
    const steps: JsonObject[] = []
    for await (const rows of of.rows(`EXPLAIN ${found}`, [], asked())) steps.push(...rows)
    expect(steps.map(({ select_type }) => select_type)).toEqual(['PRIMARY', 'MATERIALIZED'])
  })

  test('compares times in UTC', async () => {
    const { url } = await newMariaDatabase(
      "SET time_zone = '+02:00'; CREATE TABLE t (at timestamp(3)); INSERT INTO t VALUES ('2026-01-02 03:04:05.120')",
    )
    const of = await session(url)
    const since = (iso: string) => of.count(`SELECT count(*) FROM t WHERE at >= ${moment(iso)}`, asked())
    expect(await since('2026-01-02T01:04:05.120Z')).toBe(1)
    expect(await since('2026-01-02T01:04:05.121Z')).toBe(0)
  })

  test('recognizes times by their types', async () => {
    const { url } = await newMariaDatabase(
      'CREATE TABLE t (a datetime, b timestamp, c date, d int, e varchar(20), f json)',
    )
    const columns = await (await session(url)).columns('SELECT * FROM t AS r', asked('t'))
    expect(columns.map(({ type, isTime }) => [type, isTime])).toEqual([
      ['datetime', true],
      ['timestamp', true],
      ['date', false],
      ['int', false],
      ['varchar', false],
      ['json', false],
    ])
  })
})

describe('names', () => {
  test.each([
    ['users', '`users`'],
    ['auth.users', '`auth`.`users`'],
    ['`odd.name`', '`odd.name`'],
    ['`my``db`.`odd.name`', '`my``db`.`odd.name`'],
    ['Ünïcode.wp-users', '`Ünïcode`.`wp-users`'],
    ['x` ; drop table y', expect.stringMatching(/^`x`\.?`/)],
  ])('%s is quoted', (written, quoted) => {
    expect(table(written)).toEqual(quoted)
  })

  test('of a database consist of host, port and name', () => {
    expect(mysqlDriver.address('mysql://u:p@db.example.com/shop')).toEqual({
      host: 'db.example.com',
      port: 3306,
      database: 'shop',
    })
  })
})
