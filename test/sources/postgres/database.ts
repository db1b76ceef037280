import { randomUUID } from 'node:crypto'
import { type Cluster, sharedCluster } from '../../postgres.ts'

/** A database of its own on the server that the tests share. */
export interface TestDatabase {
  cluster: Cluster
  name: string
  /** @param user default: the owner */
  url(user?: string): string
  sql(text: string): string
}

export async function newDatabase(statements: string, options = ''): Promise<TestDatabase> {
  const cluster = await sharedCluster()
  const name = `d_${randomUUID().replaceAll('-', '')}`
  cluster.sql(`CREATE DATABASE ${name} ${options}`)
  const sql = (text: string) => cluster.sql(text, { database: name })
  sql(statements)
  return { cluster, name, url: (user = 'tester') => cluster.url(user, name), sql }
}
