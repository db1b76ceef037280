import { type Connection, createServer } from 'mysql2'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import type { Asked } from '../../../src/sources/database/driver.ts'
import { mysqlDriver } from '../../../src/sources/mysql/open.ts'
import { freePort } from '../../mariadb.ts'

/** All client capabilities except TLS and compression. */
const CAPABILITIES = 0xffffff & ~0x800 & ~0x20

const TEXT = { type: 253, charset: 255 }
const BIGINT = { type: 8, charset: 63 }
// MySQL reports its JSON as binary.
const JSON_TYPE = { type: 245, charset: 63 }

/** A server that claims to be MySQL 8. It records statements and returns one row. */
async function startMySql8(): Promise<{ url: string; told: string[] }> {
  const told: string[] = []
  const answer = (connection: Connection, row: Record<string, string> | undefined, types: (typeof TEXT)[]) => {
    const columns = Object.keys(row ?? { none: '' }).map((name, index) => ({
      catalog: 'def',
      schema: 'shop',
      table: 'users',
      orgTable: 'users',
      name,
      orgName: name,
      characterSet: types[index]?.charset ?? TEXT.charset,
      columnLength: 255,
      columnType: types[index]?.type ?? TEXT.type,
      flags: 0,
      decimals: 0,
    }))
    connection.writeTextResult(row === undefined ? [] : [row], columns)
  }
  const server = createServer((connection) => {
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.36',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 255,
      capabilityFlags: CAPABILITIES,
    })
    // The server of mysql2 treats SET as preparing a statement.
    for (const event of ['query', 'stmt_prepare']) connection.on(event, (sql: string) => answerTo(connection, sql))
    connection.on('error', () => {})
  })
  const answerTo = (connection: Connection, sql: string) => {
    told.push(sql.replaceAll(/\s+/g, ' '))
    if (!/^(?:SELECT|SHOW)/.test(sql)) connection.writeOk({})
    else if (sql.includes('VERSION()')) answer(connection, { version: '8.0.36' }, [TEXT])
    else if (sql.includes('FROM users')) answer(connection, { id: '7', j: '{"größe": 1.50}' }, [BIGINT, JSON_TYPE])
    else answer(connection, undefined, [])
  }
  // It also counts the packets of the greeting, and complains about the first command.
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const port = await freePort()
  server.listen(port)
  onTestFinished(() => {
    server.close(() => {})
  })
  return { url: `mysql://reader:pw-reader@127.0.0.1:${port}/shop`, told }
}

test('MySQL 8 is read in one transaction, with its own statements', async () => {
  const { url, told } = await startMySql8()
  const asked: Asked = { path: 'source.streams.users', table: 'users', place: 'users' }
  const session = await mysqlDriver.connect({ url, ca: undefined, statementTimeout: 90_000 }, {})
  const columns = await session.columns('SELECT * FROM users AS r', asked)
  expect(columns.map(({ name, type }) => [name, type])).toEqual([
    ['id', 'bigint'],
    ['j', 'json'],
  ])
  const rows: JsonObject[] = []
  for await (const batch of session.rows('SELECT id, j FROM users AS r ORDER BY id', columns, asked))
    rows.push(...batch)
  expect(rows).toEqual([{ id: '7', j: { größe: '1.50' } }])
  await session.close()
  expect(told.filter((sql) => !/^SELECT/.test(sql))).toEqual([
    'SET NAMES utf8mb4',
    expect.stringContaining("SET SESSION time_zone = '+00:00', sql_select_limit"),
    'SET SESSION max_execution_time = 90000',
    'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
    expect.stringContaining('SHOW WARNINGS'),
  ])
})
