import { randomUUID } from 'node:crypto'
import type { Connection } from './connection.ts'
import { pooled } from './endpoint.ts'

/**
 * Detects a transaction pooler. In: a new connection, and a function to open another. Out: nothing,
 * or the StateError that rejects the pooler.
 *
 * The server reports the process that serves a client. A pooler reports another number, because it
 * has many clients on few sessions. In that case other connections are opened on purpose: if one of
 * them gets the session of this idle client, it also gets its lock.
 */
export async function refusePooler(connection: Connection, another: () => Promise<Connection>): Promise<void> {
  const own = await backendOf(connection)
  if (own === connection.greeted) return
  const mark = randomUUID()
  await connection.simple(`SELECT set_config('workos_migrate.session', '${mark}', false)`)
  const others: Connection[] = []
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const other = await another()
      others.push(other)
      await begin(other)
      if ((await backendOf(other)) === own) throw pooled('it assigned the session of one connection to another')
      const kept = await connection.simple(`SELECT current_setting('workos_migrate.session', true) AS mark`)
      if (kept[0]?.mark !== mark || (await backendOf(connection)) !== own) {
        throw pooled('the session changed between two statements')
      }
    }
  } finally {
    await Promise.all(others.map((other) => other.close()))
  }
}

/** Keeps its session from now on. PgBouncer rejects this in statement pooling mode. */
async function begin(connection: Connection): Promise<void> {
  try {
    await connection.exec('BEGIN')
  } catch (error) {
    if (error instanceof Error && /pooling mode/.test(error.message)) throw pooled(error.message)
    throw error
  }
}

/** Enough rounds for a pooler that assigns sessions in turn. */
const ROUNDS = 4

async function backendOf(connection: Connection): Promise<number> {
  return Number((await connection.simple('SELECT pg_backend_pid() AS pid'))[0]?.pid)
}
