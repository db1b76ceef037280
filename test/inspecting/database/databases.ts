import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import type { Ask, Dialect } from '../../../src/inspecting/database/catalog.ts'
import { openDatabase } from '../../../src/inspecting/database/session.ts'
import { newMariaDatabase, TESTER_PASSWORD } from '../../mariadb.ts'
import { sharedCluster } from '../../postgres.ts'

/**
 * A separate database on the test server. `$DB` in statements and names of roles is replaced with
 * its name.
 */
export async function postgresDatabase(sql: string): Promise<{ name: string; url: (role?: string) => string }> {
  const cluster = await sharedCluster()
  const name = `d_${randomUUID().replaceAll('-', '')}`
  const url = (role = 'tester') => cluster.url(role.replaceAll('$DB', name), name)
  await withClient(cluster.url(), (client) => client.query(`CREATE DATABASE ${name}`))
  await withClient(url(), (client) => client.query(sql.replaceAll('$DB', name)))
  return { name, url }
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Runs statements in a separate database with these tables, as this role. */
export async function askPostgres(sql: string, role = 'tester'): Promise<Ask> {
  const { url } = await postgresDatabase(sql)
  return asking('postgres', url(role))
}

/**
 * Runs statements in a separate database on the shared MariaDB.
 * @param grants privileges of another user on `$DB`; if set, that user runs the statements
 */
export async function askMaria(sql: string, grants?: readonly string[]): Promise<Ask> {
  const { server, name, url } = await newMariaDatabase(sql)
  if (grants === undefined) return asking('mysql', url)
  const reader = `r${name.slice(2)}`
  server.sql(`CREATE USER ${reader} IDENTIFIED BY '${TESTER_PASSWORD}'`)
  for (const grant of grants) server.sql(`GRANT ${grant.replaceAll('$DB', name)} TO ${reader}`)
  return asking('mysql', server.url(name, reader))
}

async function asking(type: Dialect, url: string): Promise<Ask> {
  const { ask, close } = await openDatabase(type, url)
  onTestFinished(close)
  return ask
}
