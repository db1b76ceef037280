import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { Connection } from '../../../src/sources/mysql/connection.ts'
import { endpointOf } from '../../../src/sources/mysql/endpoint.ts'
import { rowReader, type ZeroDates } from '../../../src/sources/mysql/values.ts'
import { mariaPrograms, newMariaDatabase } from '../../mariadb.ts'

describe.skipIf(mariaPrograms === undefined)('values of MariaDB', () => {
  let connection: Connection

  beforeAll(async () => {
    const { url } = await newMariaDatabase()
    connection = await Connection.open(endpointOf(url), { statementTimeout: undefined })
  })

  afterAll(async () => connection?.close())

  let tables = 0

  /** Stores each value in a row with a column of the type, and returns the values as read. */
  async function read(type: string, ...values: string[]): Promise<{ values: unknown[]; zeroDates: ZeroDates }> {
    const table = `t${tables++}`
    await connection.run("SET sql_mode = ''")
    await connection.run(`CREATE TABLE ${table} (n int auto_increment primary key, v ${type})`)
    await connection.run(`INSERT INTO ${table} (v) VALUES ${values.map((value) => `(${value})`).join(', ')}`)
    const zeroDates: ZeroDates = new Map()
    const rows: JsonObject[] = []
    for await (const batch of connection.stream(`SELECT v FROM ${table} ORDER BY n`, zeroDates)) rows.push(...batch)
    return { values: rows.map((row) => ('v' in row ? row.v : 'absent')), zeroDates }
  }

  const unicode = "'Zoë 🙂 Ärger \\\\ \\' \" 漢字'"

  test.each<[type: string, written: string[], read: unknown[]]>([
    ['tinyint(1)', ['0', '1', '-128'], [0, 1, -128]],
    ['boolean', ['true', 'false', 'NULL'], [1, 0, 'absent']],
    ['smallint unsigned', ['65535'], [65_535]],
    ['mediumint', ['-8388608'], [-8_388_608]],
    ['int', ['-2147483648', '2147483647'], [-2_147_483_648, 2_147_483_647]],
    ['int(8) zerofill', ['42'], [42]],
    ['bigint', ['-9223372036854775808', '5'], ['-9223372036854775808', '5']],
    ['bigint unsigned', ['18446744073709551615', '9007199254740993'], ['18446744073709551615', '9007199254740993']],
    ['bigint(10) zerofill', ['42', '0'], ['42', '0']],
    ['decimal(40,10)', ['123456789012345678901234567890.0123456789'], ['123456789012345678901234567890.0123456789']],
    ['decimal(10,2)', ['-0.10'], ['-0.10']],
    ['double', ['0.1', '1.7976931348623157e308', '16777217'], [0.1, 1.7976931348623157e308, 16_777_217]],
    ['float', ['1.5', '-0.25'], [1.5, -0.25]],
    ['year', ['2026', '1901'], [2026, 1901]],
    ['date', ["'2026-01-02'", "'2026-00-00'"], ['2026-01-02', '2026-00-00']],
    ['datetime', ["'2026-01-02 03:04:05'"], ['2026-01-02 03:04:05']],
    ['datetime(6)', ["'2026-01-02 03:04:05.123456'"], ['2026-01-02 03:04:05.123456']],
    ['timestamp(3)', ["'2026-01-02 03:04:05.120'"], ['2026-01-02T03:04:05.120Z']],
    ['time', ["'838:59:59'", "'-01:02:03'"], ['838:59:59', '-01:02:03']],
    ['time(2)', ["'25:00:00.50'"], ['25:00:00.50']],
    ['bit(1)', ["b'1'", "b'0'"], [1, 0]],
    ['bit(9)', ["b'101'", "b'100000000'"], ['000000101', '100000000']],
    ['bit(64)', ['18446744073709551615'], ['1'.repeat(64)]],
    ['char(10)', ["'ab  '"], ['ab']],
    ['varchar(10)', ["'ab  '", "''"], ['ab  ', '']],
    ['varchar(40)', [unicode], ['Zoë 🙂 Ärger \\ \' " 漢字']],
    ['longtext', [unicode], ['Zoë 🙂 Ärger \\ \' " 漢字']],
    ['varchar(20) character set latin1', ["'Zoë ß €'"], ['Zoë ß €']],
    ['text character set utf16', ["'Zoë 🙂'"], ['Zoë 🙂']],
    ['varchar(20) character set utf8mb3', ["'Zoë'"], ['Zoë']],
    ['varbinary(10)', ["X'00FF'"], ['00ff']],
    ['binary(4)', ["'ab'"], ['61620000']],
    ['blob', ["X'00FF80'", "''"], ['00ff80', '']],
    ['longblob', ["X'24'"], ['24']],
    ["enum('a', 'ü')", ["'ü'", 'NULL'], ['ü', 'absent']],
    ["set('x', 'y')", ["'x,y'", "''"], ['x,y', '']],
    [
      'json',
      ['\'{"id": 12345678901234567890, "list": [1, null, "ü"]}\'', "'null'", "'[]'", "'7'", 'NULL'],
      [{ id: '12345678901234567890', list: [1, null, 'ü'] }, null, [], 7, 'absent'],
    ],
    ['uuid', ["'123e4567-e89b-12d3-a456-426655440000'"], ['123e4567-e89b-12d3-a456-426655440000']],
    ['inet6', ["'2001:db8::1'"], ['2001:db8::1']],
    ['point', ['point(1, 2)'], ['000000000101000000000000000000f03f0000000000000040']],
  ])('%s is read without loss', async (type, written, expected) => {
    const { values, zeroDates } = await read(type, ...written)
    expect(values).toEqual(expected)
    expect(zeroDates.size).toBe(0)
  })

  test.each([
    'date',
    'datetime',
    'datetime(3)',
    'timestamp null',
  ])('a zero date of type %s is absent, and counted', async (type) => {
    const { values, zeroDates } = await read(type, "'0000-00-00'", "'2026-01-02'", "'0000-00-00'")
    expect(values.map((value) => value === 'absent')).toEqual([true, false, true])
    expect(zeroDates).toEqual(new Map([['v', 2]]))
  })

  test('JSON from a query or a derived table is an object', async () => {
    await connection.run(`CREATE TABLE made (id int, j json)`)
    await connection.run(`INSERT INTO made VALUES (1, '{"a": [1]}')`)
    const [row] = await connection.rows(
      "SELECT * FROM (SELECT j, json_object('b', id) AS o, max(id) AS m, count(*) AS n FROM made GROUP BY id) AS q ORDER BY n",
    )
    expect(row).toEqual({ j: { a: [1] }, o: { b: 1 }, m: 1, n: '1' })
  })

  test('times are in UTC in every time zone of the server', async () => {
    const { url, server } = await newMariaDatabase(
      "SET time_zone = '+05:30'; CREATE TABLE t (at timestamp); INSERT INTO t VALUES ('2026-01-02 05:30:00')",
    )
    server.sql("SET GLOBAL time_zone = '-08:00'")
    const other = await Connection.open(endpointOf(url), { statementTimeout: undefined })
    server.sql("SET GLOBAL time_zone = 'SYSTEM'")
    expect(await other.rows('SELECT at FROM t')).toEqual([{ at: '2026-01-02T00:00:00Z' }])
    await other.close()
  })

  test('limits of the server do not cut off values', async () => {
    const { url, server } = await newMariaDatabase()
    server.sql('SET GLOBAL sql_select_limit = 10; SET GLOBAL group_concat_max_len = 10')
    const other = await Connection.open(endpointOf(url), { statementTimeout: undefined })
    server.sql('SET GLOBAL sql_select_limit = DEFAULT; SET GLOBAL group_concat_max_len = DEFAULT')
    expect(await other.rows('SELECT seq FROM seq_1_to_2500')).toHaveLength(2500)
    const [row] = await other.rows('SELECT GROUP_CONCAT(seq) AS all_of_them FROM seq_1_to_1000')
    expect(String(row?.all_of_them).split(',')).toHaveLength(1000)
    await other.close()
  })

  test('a row in several packets arrives complete', async () => {
    await connection.run('CREATE TABLE large (a longtext, b longtext, c int)')
    await connection.run("INSERT INTO large VALUES (REPEAT('ü', 6000000), REPEAT('b', 12000000), 1)")
    const rows = await connection.rows('SELECT * FROM large UNION ALL SELECT 1, 2, 3')
    expect(rows.map(({ a, b, c }) => [String(a).length, String(b).length, c])).toEqual([
      [6_000_000, 12_000_000, 1],
      [1, 1, 3],
    ])
  })

  test("the server's warnings about cut-off values are read", async () => {
    expect(await connection.rows("SELECT REPEAT('ü', 9000000) AS large")).toEqual([{}])
    expect(await connection.warnings()).toEqual([1301])
    expect(await connection.rows('SELECT seq FROM seq_1_to_1')).toEqual([{ seq: '1' }])
    expect(await connection.warnings()).toEqual([])
  })
})

test("MySQL's JSON, which it reports as binary, is an object; text that is not JSON stays text", () => {
  const shape = { name: 'j', type: 245, charset: 63, length: 0, isPrimary: false, isJson: false }
  const read = rowReader([shape], new Map())
  expect(read([Buffer.from('{"größe": 1.50}')])).toEqual({ j: { größe: '1.50' } })
  expect(read([Buffer.from('{"a"')])).toEqual({ j: '{"a"' })
  expect(read([null])).toEqual({})
})

test('a column can have any name', () => {
  const shape = { name: '__proto__', type: 3, charset: 63, length: 0, isPrimary: false, isJson: false }
  expect(Object.entries(rowReader([shape], new Map())([Buffer.from('1')]))).toEqual([['__proto__', 1]])
})
