import { createConnection } from 'mysql2/promise'
import { expect, test } from 'vitest'
import { mariaPrograms, newMariaDatabase } from '../../mariadb.ts'

test.skipIf(mariaPrograms === undefined)('tests have separate databases on one MariaDB server', async () => {
  const sql = "CREATE TABLE t (name text); INSERT INTO t VALUES ('Zoë 🙂')"
  const [one, other] = await Promise.all([newMariaDatabase(sql), newMariaDatabase()])
  expect(one.server.socket).toBe(other.server.socket)
  const connection = await createConnection({ uri: one.url })
  const [rows] = await connection.query('SELECT name FROM t')
  await connection.end()
  expect(rows).toEqual([{ name: 'Zoë 🙂' }])
  expect(one.sql('SELECT name FROM t')).toBe('Zoë 🙂')
  expect(other.sql('SHOW TABLES')).toBe('')
})
