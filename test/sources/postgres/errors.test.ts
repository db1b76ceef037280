import { describe, expect, test } from 'vitest'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import { sourceDefinition } from '../../../src/sources/registry.ts'
import { postgresPrograms } from '../../postgres.ts'
import { canSecure, startSecuredPostgres } from '../../secured-postgres.ts'
import { problemOf, read } from './capturing.ts'
import { newDatabase, type TestDatabase } from './database.ts'

const users = { table: 'users', key: 'id' }

const at = (url: string, stream: object = users, more: object = {}): SourceConfig => ({
  type: 'postgres',
  url,
  streams: { users: stream },
  ...more,
})

describe.skipIf(postgresPrograms === undefined)('an error of the database is explained', () => {
  const TABLES = `CREATE SCHEMA auth; CREATE TABLE auth.users (id int PRIMARY KEY); CREATE TABLE auth.sessions (id int);
    CREATE TABLE accounts (id int PRIMARY KEY, name text); INSERT INTO accounts VALUES (1, 'secret value');`

  test.each<[string, object, object]>([
    [
      'a misspelled table',
      { table: 'acounts', key: 'id' },
      { code: 'no_such_table', hint: 'did you mean accounts?', path: 'source.streams.users.table' },
    ],
    [
      'a table in another schema',
      { table: 'users', key: 'id' },
      { code: 'no_such_table', hint: 'did you mean auth.users?' },
    ],
    ['a table with different case', { table: 'Accounts', key: 'id' }, { hint: 'did you mean accounts?' }],
    ['a table with its schema', { table: 'auth.usres', key: 'id' }, { hint: 'did you mean auth.users?' }],
    ['a misspelled schema', { table: 'aut.users', key: 'id' }, { hint: 'did you mean auth.users?' }],
    [
      'a table in a query',
      { query: 'select * from acounts', key: 'id' },
      { code: 'no_such_table', hint: 'did you mean accounts?', path: 'source.streams.users.query' },
    ],
    [
      'a column in a query',
      { query: 'select nam from accounts', key: 'id' },
      { code: 'no_such_column', message: expect.stringContaining('column "nam" does not exist') },
    ],
    [
      'an invalid query',
      { query: 'select from from accounts', key: 'id' },
      { code: 'bad_query', message: expect.stringContaining('syntax error') },
    ],
    [
      'a query that writes',
      { query: "select nextval('s') as id", key: 'id' },
      { code: 'bad_query', message: expect.stringContaining('changes data, but a source can only read') },
    ],
    [
      'a value that a query cannot convert, which is not shown',
      { query: 'select id, name::int from accounts', key: 'id' },
      { code: 'query_failed', message: expect.not.stringContaining('secret value') },
    ],
    [
      'a statement that takes too long',
      { query: 'select 1 as id from (select pg_sleep(30)) as s', key: 'id' },
      {
        code: 'database_slow',
        message: 'the query of users took longer than source.statementTimeout allows (1 s)',
        path: 'source.streams.users',
      },
    ],
  ])('%s', async (_what, stream, problem) => {
    const database = await newDatabase(`${TABLES} CREATE SEQUENCE s`)
    expect(await problemOf(read(at(database.url(), stream, { statementTimeout: '1s' })))).toMatchObject(problem)
  })

  /** The statement that a hint recommends. */
  const statementIn = (hint = '') => /run: (.*)$/.exec(hint)?.[1] ?? ''

  async function withReader(statements: string): Promise<TestDatabase & { reader: string }> {
    const database = await newDatabase(`${TABLES} INSERT INTO auth.users VALUES (1), (2); ${statements}`)
    const reader = `reader_${database.name}`
    database.sql(`CREATE ROLE "${reader}" LOGIN`)
    return { ...database, reader }
  }

  test('a missing privilege, with the GRANT for it', async () => {
    const database = await withReader('')
    const reading = () => read(at(database.url(database.reader), { table: 'auth.users', key: 'id' }))
    const schema = await problemOf(reading())
    expect(schema).toMatchObject({ code: 'database_forbidden', path: 'source.streams.users' })
    expect(statementIn(schema.hint)).toBe(`GRANT USAGE ON SCHEMA "auth" TO "${database.reader}"`)
    database.sql(statementIn(schema.hint))
    const table = await problemOf(reading())
    expect(statementIn(table.hint)).toBe(`GRANT SELECT ON "auth"."users" TO "${database.reader}"`)
    database.sql(statementIn(table.hint))
    expect((await reading()).records).toHaveLength(2)
  })

  test('a missing privilege for a query', async () => {
    const database = await withReader('')
    const query = 'select * from accounts'
    const problem = await problemOf(read(at(database.url(database.reader), { query, key: 'id' })))
    database.sql(statementIn(problem.hint))
    expect((await read(at(database.url(database.reader), { query, key: 'id' }))).records).toHaveLength(1)
  })

  test('row-level security that would hide rows', async () => {
    const database = await withReader(`ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
      CREATE POLICY part ON auth.users USING (id = 1); GRANT USAGE ON SCHEMA auth TO public; GRANT SELECT ON auth.users TO public`)
    const reading = () => read(at(database.url(database.reader), { table: 'auth.users', key: 'id' }))
    const problem = await problemOf(reading())
    expect(problem).toMatchObject({
      code: 'database_forbidden',
      message: expect.stringContaining('row-level security'),
    })
    expect(statementIn(problem.hint)).toBe(`ALTER ROLE "${database.reader}" BYPASSRLS`)
    database.sql(statementIn(problem.hint))
    expect((await reading()).records).toHaveLength(2)
  })

  test('invalid text in a database without an encoding', async () => {
    const database = await newDatabase(
      `CREATE TABLE users (id int, name text); INSERT INTO users VALUES (1, 'ok'), (2, E'caf\\xe9')`,
      `ENCODING 'SQL_ASCII' TEMPLATE template0`,
    )
    const problem = await problemOf(read(at(database.url())))
    expect(problem).toMatchObject({ code: 'not_utf8', path: 'source.streams.users.table' })
    const query = `select id, ${/in a query: (.*), with/.exec(problem.hint ?? '')?.[1]} from users`
    const { records } = await read(at(database.url(), { query, key: 'id' }))
    expect(records.map(({ data }) => data.name)).toEqual(['ok', 'café'])
  })

  test('a database that does not exist', async () => {
    const database = await newDatabase(TABLES)
    const url = database.url().replace(database.name, 'nowhere')
    expect(await problemOf(read(at(url)))).toMatchObject({ code: 'no_such_database', path: 'source.url' })
  })

  test('a server that does not exist', async () => {
    expect(await problemOf(read(at('postgres://me:hunter2@127.0.0.1:1/app')))).toMatchObject({
      code: 'database_unreachable',
      message: expect.not.stringContaining('hunter2'),
    })
  })
})

describe.skipIf(!canSecure)('TLS and passwords', () => {
  test('a server is verified, and one that cannot be verified is rejected with an explanation', async () => {
    const { cluster, port, url, ca } = await startSecuredPostgres()
    cluster.sql('CREATE TABLE users (id int PRIMARY KEY); GRANT SELECT ON users TO migrator', { port })
    for (const good of [
      at(url('?sslmode=verify-full'), users, { ca }),
      at(url('?sslmode=require')),
      at(url(`?sslmode=verify-ca&sslrootcert=${encodeURIComponent(ca)}`)),
    ]) {
      expect((await read(good)).records).toEqual([])
    }
    const cases: [SourceConfig, object][] = [
      [at(url('?sslmode=verify-full')), { code: 'database_untrusted', hint: expect.stringContaining('source.ca') }],
      [at(url('?sslmode=verify-full'), users, { ca: 'missing.pem' }), { code: 'database_ca_unreadable' }],
      [at(url('?sslmode=disable')), { code: 'credentials_refused', message: expect.stringContaining('no encryption') }],
      [at(url('?sslmode=require', 'wrong one')), { code: 'credentials_refused', path: 'source.url' }],
      [at(url('?sslmode=require', '')), { code: 'credentials_refused' }],
      [at(url('?sslmode=prefer')), { code: 'bad_database_url', message: expect.stringContaining('plain text') }],
    ]
    for (const [source, problem] of cases) {
      const told = await problemOf(read(source))
      expect(told).toMatchObject(problem)
      expect(JSON.stringify(told)).not.toMatch(/hunter2|wrong one/)
    }
  })
})

describe('options are checked before connecting', () => {
  test.each<[string, object, object]>([
    ['a stream without a table or query', { key: 'id' }, { code: 'no_table', path: 'source.streams.users' }],
    ['a stream with a table and a query', { table: 'a', query: 'select 1', key: 'id' }, { code: 'table_and_query' }],
    ['a query that is not a SELECT', { query: 'delete from users', key: 'id' }, { code: 'no_select' }],
    ['an invalid time', { table: 'a', key: 'id', updatedAt: 'at' }, { code: 'bad_value' }],
  ])('%s', async (_what, stream, problem) => {
    const { check } = await sourceDefinition({ type: 'postgres' })
    const { type: _type, ...options } = at('postgres://me@db.example.com/app', stream, { updatedSince: '2026-02-30' })
    expect(await check(options, '.')).toContainEqual(expect.objectContaining(problem))
  })

  test('a URL whose password is not encoded is rejected without showing the password', async () => {
    const { check } = await sourceDefinition({ type: 'postgres' })
    const { type: _type, ...options } = at('postgres://me:hun@ter/2@db.example.com/app')
    const problems = await check(options, '.')
    expect(problems).toMatchObject([{ code: 'bad_database_url', path: 'source.url' }])
    expect(JSON.stringify(problems)).not.toMatch(/hun|ter\/2/)
  })

  test('a URL that is not set yet is accepted', async () => {
    const { check } = await sourceDefinition({ type: 'postgres' })
    const { type: _type, ...options } = at('${DATABASE_URL}')
    expect(await check(options, '.')).toEqual([])
  })
})
