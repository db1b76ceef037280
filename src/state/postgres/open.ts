import { randomBytes, randomUUID } from 'node:crypto'
import { StateError } from '../../diagnostics/errors.ts'
import { ConnectionLost } from '../../postgres/errors.ts'
import type { LockHolder, LockRequest } from '../holder.ts'
import type { PostgresLocation } from '../location.ts'
import type { OpenState, StateGlance } from '../store.ts'
import { Connection } from './connection.ts'
import { describeLocation, endpointOf } from './endpoint.ts'
import { explained, readOnly, unreachable } from './errors.ts'
import { holderOf } from './lock.ts'
import { migrate, migrations, stepsTaken } from './migrations.ts'
import { refusePooler } from './pooler.ts'
import { type Kept, PostgresStateStore, readKept, type StoreOptions } from './store.ts'
import { toStored } from './text.ts'

/** Opens states in PostgreSQL. In: a location. Out: a PostgresStateStore, or its basic facts. */

interface Opening {
  interrupted?: AbortSignal
  writeCopy: StoreOptions['writeCopy']
}

/** The oldest version of the server with the features used here. */
const OLDEST_SERVER = 120_000

/** A database that responds, and a function to open further connections. */
interface Reached {
  connection: Connection
  dial(): Promise<Connection>
  place: string
}

async function reach(location: PostgresLocation): Promise<Reached> {
  const place = describeLocation(location)
  const client = endpointOf(location)
  const dial = async () => {
    const connection = await Connection.open(client, location.schema)
    try {
      await refusePooler(connection, () => Connection.open(client, location.schema))
      await checkServer(connection, place)
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }
  try {
    return { connection: await dial(), dial, place }
  } catch (error) {
    throw inWords(place, error)
  }
}

function inWords(place: string, error: unknown): unknown {
  const cause = error instanceof ConnectionLost ? error.cause : error
  const told = explained(place, cause)
  return told === cause && error instanceof ConnectionLost ? unreachable(place, cause) : told
}

async function checkServer(connection: Connection, place: string): Promise<void> {
  const [server] = await connection.query(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding`,
  )
  const refuse = (message: string, hint: string) => new StateError({ code: 'state_server', message, hint })
  if (Number(server?.version) < OLDEST_SERVER) {
    throw refuse(`${place} has a version before 12`, 'use PostgreSQL 12 or later')
  }
  if (server?.encoding !== 'UTF8') {
    const hint = "create it with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
    throw refuse(`${place} has the encoding ${server?.encoding}, but a state needs UTF8`, hint)
  }
}

/** Closes the connection if the work fails. */
async function orClose<T>({ connection, place }: Reached, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await connection.close()
    throw inWords(place, error)
  }
}

function storeOf(location: PostgresLocation, { connection, dial, place }: Reached, kept: Kept, opening: Opening) {
  const { schema, name, environment } = location
  const { interrupted, writeCopy } = opening
  const options = { schema, name, environment, place, dial, interrupted, writeCopy }
  return new PostgresStateStore(connection, kept, options)
}

/** See `openState`. */
export async function makePostgresState(
  location: PostgresLocation,
  lock: LockRequest,
  opening: Opening,
): Promise<OpenState> {
  const reached = await reach(location)
  const { connection, place } = reached
  return orClose(reached, async () => {
    const [server] = await connection.query(
      `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS locked`,
    )
    if (server?.locked === true) throw readOnly(place)
    const taken = await stepsTaken(connection, location.schema, place)
    if (taken !== migrations.length) await migrate(connection, location.schema, place)
    const kept = (await readKept(connection, location)) ?? (await makeState(connection, location))
    const store = storeOf(location, reached, kept, opening)
    await store.lock(lock)
    return store
  })
}

async function makeState(connection: Connection, { name, environment }: PostgresLocation): Promise<Kept> {
  await connection.query(
    'INSERT INTO states (name, environment, lineage, digest_key) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    toStored(name),
    toStored(environment ?? ''),
    randomUUID(),
    randomBytes(32).toString('hex'),
  )
  const kept = await readKept(connection, { name, environment })
  if (kept === undefined) throw new RangeError('the state that was just created is missing')
  return kept
}

/** See `findState`. */
export async function findPostgresState(
  location: PostgresLocation,
  lock: LockRequest | undefined,
  opening: Opening,
): Promise<OpenState | undefined> {
  const reached = await reach(location)
  const { connection, place } = reached
  return orClose(reached, async () => {
    const taken = await stepsTaken(connection, location.schema, place)
    if (taken !== undefined && taken < migrations.length) await migrate(connection, location.schema, place)
    const kept = taken === undefined ? undefined : await readKept(connection, location)
    if (kept === undefined) {
      await connection.close()
      return undefined
    }
    const store = storeOf(location, reached, kept, opening)
    if (lock !== undefined) await store.lock(lock)
    return store
  })
}

/** Reads a state and closes it again. Undefined: there is no such state. */
async function glance<T>(
  location: PostgresLocation,
  look: (connection: Connection, kept: Kept) => Promise<T>,
): Promise<T | undefined> {
  const reached = await reach(location)
  const { connection, place } = reached
  return orClose(reached, async () => {
    const taken = await stepsTaken(connection, location.schema, place)
    const kept = taken === undefined ? undefined : await readKept(connection, location)
    const seen = kept === undefined ? undefined : await look(connection, kept)
    await connection.close()
    return seen
  })
}

/** See `glanceAtState`. */
export function glanceAtPostgres(location: PostgresLocation): Promise<StateGlance | undefined> {
  return glance(location, async (connection, { state, serial, binding }) => {
    const [counts] = await connection.query(
      `SELECT (SELECT count(*)::int FROM resources WHERE state = $1) AS resources,
         (SELECT count(*)::int FROM intents WHERE state = $1) AS intents`,
      state,
    )
    return { serial, resources: Number(counts?.resources), openWrites: Number(counts?.intents), binding }
  })
}

/** See `glanceAtLock`. */
export async function glanceAtPostgresLock(
  location: PostgresLocation,
): Promise<{ held: boolean; holder?: LockHolder }> {
  const found = await glance(location, (connection, { state }) =>
    holderOf(connection, { state, schema: location.schema, place: describeLocation(location) }),
  )
  if (found === undefined) return { held: false }
  return { held: true, ...(found.holder !== undefined && { holder: found.holder }) }
}
