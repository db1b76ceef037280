import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { test } from 'vitest'
import { mariaPrograms, newMariaDatabase } from '../mariadb.ts'
import { postgresPrograms, sharedCluster } from '../postgres.ts'
import { WHOLE } from '../whole.ts'

export type Dialect = 'postgres' | 'mysql'

const PROGRAMS: Record<Dialect, unknown> = { postgres: postgresPrograms, mysql: mariaPrograms }

/** A test against a real server. Skipped without one; the test set-up reports that. */
export function testWith(dialect: Dialect): typeof test.skip {
  return PROGRAMS[dialect] === undefined ? test.skip : test
}

/**
 * Like `testWith`, for a recipe that is always tested on PostgreSQL, and on MariaDB only in full
 * runs.
 */
export function testWithEither(dialect: Dialect): typeof test.skip {
  return dialect === 'postgres' || WHOLE ? testWith(dialect) : test.skip
}

/**
 * A separate database with the tables and users of a sample.
 * @param schema file of statements, in the folder of the examples
 * @param guide page about the origin; the reader gets only the privileges of the page
 * @returns its URL
 */
export async function databaseOf(dialect: Dialect, schema: string, guide?: string): Promise<string> {
  const statements = read(`examples/${schema}`)
  const reader = guide === undefined ? undefined : rightsOf(guide)
  return dialect === 'mysql' ? mariaWith(statements, reader) : postgresWith(statements, reader)
}

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
}

interface Reader {
  user: string
  /** Statements that create the user. */
  rights: string
}

const PASSWORD = 'reader'

/**
 * The user that a guide creates, under a unique name, because a server's users are shared by its
 * databases.
 */
function rightsOf(guide: string): Reader {
  const [, rights] = /```sql\n(create (?:role|user) migration .*?)```/s.exec(read(`docs/how-to/sources/${guide}`)) ?? []
  if (rights === undefined) throw new Error(`${guide} does not say who reads`)
  const user = `reader_${randomUUID().slice(0, 8)}`
  return { user, rights: rights.replaceAll(/\bmigration\b/g, user).replace('…', PASSWORD) }
}

async function mariaWith(statements: string, reader: Reader | undefined): Promise<string> {
  const { server, name, url, sql } = await newMariaDatabase(statements)
  if (reader === undefined) return url
  sql(reader.rights.replaceAll(/(?<=grant select on )\w+/g, name))
  return server.url(name, reader.user, PASSWORD)
}

async function postgresWith(statements: string, reader: Reader | undefined): Promise<string> {
  const name = `t_${randomUUID().replaceAll('-', '')}`
  const cluster = await sharedCluster()
  cluster.sql(`CREATE DATABASE ${name}`)
  const client = new Client({ connectionString: cluster.url('tester', name) })
  await client.connect()
  try {
    await client.query(statements)
    if (reader !== undefined) await client.query(reader.rights)
  } finally {
    await client.end()
  }
  return cluster.url(reader?.user ?? 'tester', name)
}
