import { randomUUID } from 'node:crypto'
import { type Cluster, sharedCluster } from '../../postgres.ts'

/** A separate database on the shared test server. */
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
