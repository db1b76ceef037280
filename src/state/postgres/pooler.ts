import { randomUUID } from 'node:crypto'
import type { Connection } from './connection.ts'
import { pooled } from './endpoint.ts'

/**
 * Tells a transaction pooler from the server, and from a pooler that keeps one session for each
 * client. In: a fresh connection, and a way to make another. Out: nothing, or the StateError that
 * refuses it.
 *
 * The server tells each client which process serves it. A pooler tells something else: it has many
 * clients on few sessions. Then others come in between on purpose: where a session is given to them
 * while this client has nothing open, what the session holds (a lock) is theirs.
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
      if ((await backendOf(other)) === own) throw pooled('it gave the session of one connection to another')
      const kept = await connection.simple(`SELECT current_setting('workos_migrate.session', true) AS mark`)
      if (kept[0]?.mark !== mark || (await backendOf(connection)) !== own) {
        throw pooled('the session changed between two statements')
      }
    }
  } finally {
    await Promise.all(others.map((other) => other.close()))
  }
}

/**
 * From here on it keeps the session that it gets. PgBouncer refuses that where it gives one for
 * each statement.
 */
async function begin(connection: Connection): Promise<void> {
  try {
    await connection.exec('BEGIN')
  } catch (error) {
    if (error instanceof Error && /pooling mode/.test(error.message)) throw pooled(error.message)
    throw error
  }
}

/** A pooler that gives sessions in turn has come round by then. */
const ROUNDS = 4

async function backendOf(connection: Connection): Promise<number> {
  return Number((await connection.simple('SELECT pg_backend_pid() AS pid'))[0]?.pid)
}
