import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { test } from 'vitest'
import { mariaPrograms, newMariaDatabase } from '../mariadb.ts'
import { postgresPrograms, sharedCluster } from '../postgres.ts'

export type Dialect = 'postgres' | 'mysql'

const PROGRAMS: Record<Dialect, unknown> = { postgres: postgresPrograms, mysql: mariaPrograms }

/** A test against a real server. It is left out where there is none, of which the set-up tells. */
export function testWith(dialect: Dialect): typeof test.skip {
  return PROGRAMS[dialect] === undefined ? test.skip : test
}

/**
 * A database of its own with the tables and the people of a sample.
 * @param schema file of statements, from the folder of the examples
 * @returns its address
 */
export async function databaseOf(dialect: Dialect, schema: string): Promise<string> {
  const statements = readFileSync(fileURLToPath(new URL(`../../examples/${schema}`, import.meta.url)), 'utf8')
  if (dialect === 'mysql') return (await newMariaDatabase(statements)).url
  const name = `t_${randomUUID().replaceAll('-', '')}`
  const cluster = await sharedCluster()
  cluster.sql(`CREATE DATABASE ${name}`)
  const url = cluster.url('tester', name)
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statements)
  } finally {
    await client.end()
  }
  return url
}
