import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DialectName } from '../../src/exporting/dialects.ts'
import { SqlWriter, type StatementRule } from '../../src/exporting/statements.ts'
import { isMistake, readTemplate } from '../../src/exporting/template.ts'
import type { StateResource } from '../../src/state/store.ts'
import { mariaPrograms, newMariaDatabase } from '../mariadb.ts'
import { postgresPrograms, sharedCluster } from '../postgres.ts'
import { user } from '../state/resources.ts'
import { hostileKeys } from './hostile.ts'

const UPDATE: StatementRule = { table: ['people'], set: { workos_id: 'workos_id' }, where: { id: 'key' } }

function sqlOf(dialect: DialectName, resources: readonly StateResource[], rule = UPDATE, batch = 7): string {
  const writer = new SqlWriter({ dialect, batch, rules: new Map([['user', rule]]) })
  const body = resources.map((resource) => writer.add(resource)).join('')
  return writer.start({ lineage: 'abc', serial: 1 }) + body + writer.end()
}

/**
 * The content of a table afterwards: WorkOS IDs by key, both in hex so that no client changes them.
 */
const asExpected = (keys: readonly string[]) =>
  Object.fromEntries(keys.map((key, index) => [hex(key), hex(`wos_${index}`)]))

const people = (keys: readonly string[]) => keys.map((key, index) => user(key, { id: `wos_${index}` }))

function hex(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex')
}

function fromRows(rows: string): Record<string, string> {
  const lines = rows.split('\n').filter((line) => line !== '')
  return Object.fromEntries(lines.map((line) => line.toLowerCase().split('|')))
}

describe('keys that look like SQL stay text', () => {
  test('in SQLite', () => {
    fc.assert(
      fc.property(hostileKeys, fc.boolean(), (keys, nul) => {
        const all = nul ? [...new Set([...keys, 'a\0b', '\0', "a\0'"])] : keys
        const db = new DatabaseSync(':memory:')
        db.exec('CREATE TABLE people (id TEXT COLLATE NOCASE, workos_id TEXT)')
        const insert = db.prepare("INSERT INTO people VALUES (CAST(unhex(?) AS TEXT), 'none')")
        for (const key of all) insert.run(hex(key))
        db.exec(sqlOf('sqlite', people(all)))
        const rows = db.prepare('SELECT hex(id) AS id, hex(workos_id) AS workos_id FROM people').all()
        expect(fromRows(rows.map(({ id, workos_id }) => `${id}|${workos_id}`).join('\n'))).toEqual(asExpected(all))
        db.close()
      }),
      { numRuns: 40 },
    )
  })

  test.skipIf(postgresPrograms === undefined)('in PostgreSQL, with all string settings', async () => {
    const { folder } = await sharedCluster()
    const settings = [fc.constantFrom('on', 'off'), fc.constantFrom('UTF8', 'LATIN1')] as const
    fc.assert(
      fc.property(hostileKeys, ...settings, (all, strings, encoding) => {
        const keys = all.filter((key) => !key.includes('\0'))
        const script = [
          'CREATE TEMP TABLE people (id text, workos_id text);',
          ...keys.map(
            (key) => `INSERT INTO people VALUES (convert_from(decode('${hex(key)}', 'hex'), 'UTF8'), 'none');`,
          ),
          `SET standard_conforming_strings = ${strings}; SET client_encoding = '${encoding}';`,
          sqlOf('postgres', people(keys)),
          `SELECT encode(convert_to(id, 'UTF8'), 'hex') || '|' || encode(convert_to(workos_id, 'UTF8'), 'hex') FROM people;`,
        ]
        expect(fromRows(psql(folder, script.join('\n')))).toEqual(asExpected(keys))
      }),
      { numRuns: 6 },
    )
  })

  test.skipIf(mariaPrograms === undefined)('in MariaDB, in all SQL modes', async () => {
    const database = await newMariaDatabase()
    const modes = ['', 'STRICT_ALL_TABLES', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES', 'ANSI,NO_BACKSLASH_ESCAPES']
    fc.assert(
      fc.property(hostileKeys, fc.constantFrom(...modes), (keys, mode) => {
        const script = [
          'CREATE OR REPLACE TABLE people (id varchar(200) COLLATE utf8mb4_general_ci, workos_id varchar(60));',
          ...keys.map((key) => `INSERT INTO people VALUES (_utf8mb4 x'${hex(key)}', 'none');`),
          `SET SESSION sql_mode = '${mode}'; SET NAMES latin1;`,
          sqlOf('mysql', people(keys)),
          "SELECT CONCAT(HEX(id), '|', HEX(workos_id)) FROM people;",
        ]
        expect(fromRows(database.sql(script.join('\n')))).toEqual(asExpected(keys))
      }),
      { numRuns: 6 },
    )
  })
})

function psql(socket: string, script: string): string {
  const program = join(postgresPrograms ?? '', 'psql')
  const place = ['-h', socket, '-U', 'tester', '-d', 'postgres']
  const args = ['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', ...place, '-f', '-']
  return execFileSync(program, args, { input: script, encoding: 'utf8', maxBuffer: 1 << 26 })
}

describe('the SQL', () => {
  test('has transactions of the batch size, in the order of the resources', () => {
    const text = sqlOf('postgres', people(['a', 'b', 'c']), UPDATE, 2)
    expect(text.split('\n').slice(1)).toEqual([
      "SET client_encoding = 'UTF8';",
      'BEGIN;',
      `UPDATE "people" SET "workos_id" = 'wos_0' WHERE "id" = 'a' AND "id"::text COLLATE "C" = 'a';`,
      `UPDATE "people" SET "workos_id" = 'wos_1' WHERE "id" = 'b' AND "id"::text COLLATE "C" = 'b';`,
      'COMMIT;',
      'BEGIN;',
      `UPDATE "people" SET "workos_id" = 'wos_2' WHERE "id" = 'c' AND "id"::text COLLATE "C" = 'c';`,
      'COMMIT;',
      '',
    ])
  })

  test('quotes names, and each part of a table separately', () => {
    const rule: StatementRule = { table: ['my schema', 'a"b`c'], set: { 'x"': 'key' }, where: { 'y`': 'workos_id' } }
    const ada = people(['ada'])
    expect(sqlOf('postgres', ada, rule)).toContain('UPDATE "my schema"."a""b`c" SET "x""" = \'ada\' WHERE "y`" =')
    expect(sqlOf('mysql', ada, rule)).toContain('UPDATE `my schema`.`a"b``c` SET `x"` = \'ada\' WHERE `y``` =')
  })

  test('counts resources without a key, gone from WorkOS, or unfit for the database', () => {
    const rule: StatementRule = { table: ['people'], set: { workos_id: 'workos_id' }, where: { id: 'external_id' } }
    const writer = new SqlWriter({ dialect: 'postgres', batch: 10, rules: new Map([['user', rule]]) })
    const has = (externalId: string) => ({ attributes: { externalId } })
    const written = [
      user('none'),
      user('none-too'),
      user('gone', { ...has('x'), gone: 3 }),
      user('nul', has('a\0b')),
      user('fine', has('b')),
    ].map((resource) => writer.add(resource))
    expect(written.filter((text) => text !== '')).toHaveLength(1)
    expect(writer.written).toBe(1)
    expect(Object.fromEntries(writer.leftOut)).toEqual({
      no_value: { count: 2, first: 'user:none' },
      gone: { count: 1, first: 'user:gone' },
      unfit: { count: 1, first: 'user:nul' },
    })
  })

  test('has NULL for missing values, in `set` and in templates', () => {
    const rule: StatementRule = { table: ['people'], set: { email: 'external_id' }, where: { id: 'key' } }
    expect(sqlOf('sqlite', [user('ada')], rule)).toContain('SET "email" = NULL WHERE')
    const template = read('select {{external_id}}, {{ key }}', 'sqlite')
    expect(sqlOf('sqlite', [user('ada')], template)).toContain("select NULL, 'ada';")
  })
})

function read(text: string, dialect: DialectName) {
  const found = readTemplate(text, dialect)
  if (isMistake(found)) throw new Error(found.message)
  return found
}

describe('a template', () => {
  test.each([
    ["set a = '{{ key }}'", 'postgres', 9, "is inside '"],
    ['set "{{ key }}" = 1', 'postgres', 5, 'is inside "'],
    ['set `{{ key }}` = 1', 'mysql', 5, 'is inside `'],
    ['set [{{ key }}] = 1', 'sqlite', 5, 'is inside ['],
    ['set a = 1 -- {{ key }}', 'sqlite', 13, 'is inside --'],
    ['set a = 1 # {{ key }}', 'mysql', 12, 'is inside #'],
    ['set a = $x$ {{ key }} $x$', 'postgres', 12, 'is inside $'],
    ["set a = 'it\\' {{ key }} '", 'mysql', 14, "is inside '"],
    ["set a = E'it\\' {{ key }} '", 'postgres', 15, "is inside '"],
    ["set a = 'open, {{ key }}", 'postgres', 8, 'is not closed'],
    ["set a = {{ key }} '", 'sqlite', 18, 'is not closed'],
    ['/* /* */ {{ key }}', 'postgres', 0, 'is not closed'],
    [' set a = {{ kye }}', 'postgres', 9, 'there is no value {{ kye }}'],
    ['set a = 1', 'postgres', 0, 'no placeholder'],
  ] as const)('that is wrong is rejected, with its position: %s (%s)', (text, dialect, offset, words) => {
    expect(readTemplate(text, dialect)).toMatchObject({ offset, message: expect.stringContaining(words) })
  })

  test.each([
    ['update t set a = {{ key }} where b = \'it\'\'s\' and c = "d""e"', 'postgres'],
    ["update t set a = {{ key }} where b = 'back\\'", 'postgres'],
    ["update t set a = {{ key }} where b = 'it\\'s'", 'mysql'],
    ["update t set a = {{ key }}::bigint, d = date'2026-01-01' /* fine */", 'postgres'],
    ['update t set a = {{ key }} where j = \'{"a":1}\'', 'sqlite'],
  ] as const)('that is right is accepted: %s (%s)', (text, dialect) => {
    expect(read(text, dialect).facts).toEqual(['key'])
  })

  test('that ends in a comment or a semicolon gets one semicolon', () => {
    const ada = [user('ada', { id: 'wos' })]
    expect(sqlOf('sqlite', ada, read(' select {{ key }}; \n', 'sqlite'))).toContain("\nselect 'ada';\n")
    expect(sqlOf('sqlite', ada, read('select {{ key }} -- why', 'sqlite'))).toContain("\nselect 'ada' -- why\n;\n")
  })

  test('does not replace placeholders inside values', () => {
    const nested = [user('{{ workos_id }}', { id: 'wos' })]
    const text = sqlOf('sqlite', nested, read('select {{ key }}, {{ workos_id }}', 'sqlite'))
    expect(text).toContain("select '{{ workos_id }}', 'wos';")
  })
})
