import { randomUUID } from 'node:crypto'
import { StateError } from '../../diagnostics/errors.ts'
import type { RejectedItem } from '../../rundb/rejects.ts'
import type { LockRequest } from '../holder.ts'
import type {
  Address,
  Batch,
  Binding,
  Failure,
  Intent,
  OpenState,
  Run,
  RunOutcome,
  StartedRun,
  StateContent,
  StateResource,
} from '../store.ts'
import type { Connection, Row } from './connection.ts'
import { entriesOf, replaceEntries } from './content.ts'
import { copyState } from './copy.ts'
import { explained } from './errors.ts'
import { giveBack, type Held, holderOf, holdingFor, type Lockable, takeLock, takenOver } from './lock.ts'
import { BY_ID, intentFromRow, partsOf, resourceFromRow, rowOfAddress, writePart } from './rows.ts'
import { RunLog } from './runs.ts'
import { Session, type SessionOptions } from './session.ts'
import { fromStored, toStored } from './text.ts'

const PAGE = 1000

/** The row of a state. */
export interface Kept {
  state: number
  lineage: string
  serial: number
  /** The commit of the serial. */
  mark: string | null
  digestKey: Uint8Array
  binding: Binding | undefined
}

/** Identifies a state in a schema. */
export interface Which {
  name: string
  environment: string | null
}

export async function readKept(connection: Connection, { name, environment }: Which): Promise<Kept | undefined> {
  const [row] = await connection.query(
    'SELECT state, lineage, serial, mark, digest_key, binding FROM states WHERE name = $1 AND environment = $2',
    toStored(name),
    toStored(environment ?? ''),
  )
  return row && keptFrom(row)
}

function keptFrom(row: Row): Kept {
  return {
    state: Number(row.state),
    lineage: String(row.lineage),
    serial: Number(row.serial),
    mark: row.mark === null ? null : String(row.mark),
    digestKey: Buffer.from(String(row.digest_key), 'hex'),
    binding: typeof row.binding === 'string' ? JSON.parse(row.binding) : undefined,
  }
}

export interface StoreOptions extends Which {
  schema: string
  place: string
  dial: SessionOptions['dial']
  interrupted: AbortSignal | undefined
  /** Writes a copy into a SQLite file. */
  writeCopy(content: StateContent, file: string): Promise<void>
}

/** The state in PostgreSQL. */
export class PostgresStateStore implements OpenState {
  readonly location: string
  readonly #options: StoreOptions
  readonly #session: Session
  readonly #runs: RunLog
  #kept: Kept
  #held: Held | undefined
  /** The commit in progress. */
  #pending: string | undefined
  #lookups = new Map<string, Lookup>()

  constructor(connection: Connection, kept: Kept, options: StoreOptions) {
    const { place, dial, interrupted } = options
    this.location = place
    this.#options = options
    this.#kept = kept
    const resume = (renewed: Connection) => this.#resume(renewed)
    this.#session = new Session(connection, { place, dial, interrupted, resume })
    this.#runs = new RunLog(kept.state)
  }

  get lineage(): string {
    return this.#kept.lineage
  }

  get serial(): number {
    return this.#kept.serial
  }

  get digestKey(): Uint8Array {
    return this.#kept.digestKey
  }

  get binding(): Binding | undefined {
    return this.#kept.binding
  }

  async bind(binding: Binding): Promise<void> {
    await this.#write((connection) =>
      connection.query('UPDATE states SET binding = $2 WHERE state = $1', this.#kept.state, JSON.stringify(binding)),
    )
    this.#kept.binding = binding
  }

  async count(kind: string): Promise<number> {
    const [row] = await this.#ask('SELECT count(*)::int AS n FROM resources WHERE state = $1 AND kind = $2', kind)
    return Number(row?.n)
  }

  async inFile<T>(folder: string | undefined, read: (file: string) => T | Promise<T>): Promise<T | undefined> {
    if (folder === undefined) return undefined
    const { state, lineage } = this.#kept
    return this.#session.run((connection) => copyState(connection, { state, lineage, folder }, read))
  }

  async *resources(kind: string): AsyncGenerator<StateResource[]> {
    const sql = `SELECT * FROM resources WHERE state = $1 AND kind = $2 AND key > $3 ORDER BY key LIMIT ${PAGE}`
    for (let after = ''; ; ) {
      const batch = (await this.#ask(sql, kind, toStored(after))).map(resourceFromRow)
      const last = batch.at(-1)
      if (last === undefined) return
      yield batch
      after = last.key
    }
  }

  /** Concurrent lookups are combined into one query to save round trips. */
  get(kind: string, key: string): Promise<StateResource | undefined> {
    const name = `${kind}:${key}`
    let lookup = this.#lookups.get(name)
    if (lookup === undefined) {
      if (this.#lookups.size === 0) setImmediate(() => this.#lookUp())
      lookup = { address: { kind, key }, ...Promise.withResolvers<StateResource | undefined>() }
      this.#lookups.set(name, lookup)
    }
    return lookup.promise
  }

  async #lookUp(): Promise<void> {
    const lookups = this.#lookups
    this.#lookups = new Map()
    try {
      const wanted = JSON.stringify([...lookups.values()].map(({ address }) => rowOfAddress(address)))
      // As in `placesOf`: each by its key.
      const sql = `SELECT k.* FROM json_to_recordset($2::json) AS w(kind text, key text) CROSS JOIN LATERAL
        (SELECT * FROM resources r WHERE r.state = $1 AND r.kind = w.kind AND r.key = w.key LIMIT 1) k`
      const found = (await this.#ask(sql, wanted)).map(resourceFromRow)
      const byName = new Map(found.map((resource) => [`${resource.kind}:${resource.key}`, resource]))
      for (const [name, { resolve }] of lookups) resolve(byName.get(name))
    } catch (error) {
      for (const { reject } of lookups.values()) reject(error)
    }
  }

  async idOf(kind: string, key: string): Promise<string | undefined> {
    return (await this.get(kind, key))?.id
  }

  async keyOf(kind: string, id: string): Promise<string | undefined> {
    const sql = `SELECT min(o.key) AS key FROM resources o WHERE ${BY_ID('$1', '$2', '$3')}`
    const [row] = await this.#ask(sql, kind, toStored(id))
    return typeof row?.key === 'string' ? fromStored(row.key) : undefined
  }

  async intents(): Promise<Intent[]> {
    return (await this.#ask('SELECT * FROM intents WHERE state = $1 ORDER BY started_at, kind, key')).map(intentFromRow)
  }

  /** Resolves when the server has written it to disk: `synchronous_commit` is on. */
  async commit(batch: Batch): Promise<void> {
    const parts = partsOf(batch)
    const mark = randomUUID()
    await this.#session.run(async (connection) => {
      const expected = this.#kept.serial
      // The connection was lost after the server had committed: see resume.
      if (this.#kept.mark === mark) return
      this.#pending = mark
      const { state } = this.#kept
      const token = this.#held?.token ?? ''
      const write = async () => {
        for (const [index, part] of parts.entries()) {
          const counts = index === parts.length - 1
          const written = await writePart(connection, { state, token }, { part, serial: expected, mark, counts })
          if (!written) throw await this.#lostLock(connection)
        }
      }
      await (parts.length === 1 ? write() : connection.transaction(write))
      this.#pending = undefined
      this.#kept.serial = expected + 1
      this.#kept.mark = mark
    })
  }

  async startRun(run: StartedRun): Promise<number> {
    const number = await this.#session.run((connection) => this.#runs.next(connection))
    if (this.#held !== undefined) this.#held.holder.run = number
    await this.#write(async (connection) => {
      await this.#runs.start(connection, number, run)
      const sql = 'UPDATE states SET holder = $2 WHERE state = $1'
      await connection.query(sql, this.#kept.state, JSON.stringify(this.#held?.holder))
    })
    return number
  }

  async finishRun(run: number, finishedAt: string, outcome: RunOutcome, counts: Record<string, number>): Promise<void> {
    await this.#write((connection) => this.#runs.finish(connection, run, { finishedAt, outcome, counts }))
  }

  async recordFailures(run: number, failures: Failure[]): Promise<void> {
    await this.#write((connection) => this.#runs.addFailures(connection, run, failures))
  }

  async recordRejects(run: number, rejects: RejectedItem[]): Promise<void> {
    const before = await this.#session.run((connection) => this.#runs.rejectsOf(connection, run))
    await this.#write((connection) => this.#runs.addRejects(connection, run, { rejects, before }))
  }

  async runs(): Promise<Run[]> {
    return this.#session.run((connection) => this.#runs.all(connection))
  }

  async *failures(run: number): AsyncGenerator<Failure[]> {
    for (let after: Address = { kind: '', key: '' }; ; ) {
      const batch = await this.#session.run((connection) => this.#runs.failuresAfter(connection, run, after))
      const last = batch.at(-1)
      if (last === undefined) return
      yield batch
      after = last
    }
  }

  async *rejects(run: number): AsyncGenerator<RejectedItem[]> {
    for (let after = 0; ; ) {
      const batch = await this.#session.run((connection) => this.#runs.rejectsAfter(connection, run, after))
      if (batch.length === 0) return
      yield batch
      after += batch.length
    }
  }

  async lock(request: LockRequest): Promise<() => Promise<void>> {
    const held = holdingFor(request)
    await this.#session.run(async (connection) => {
      await takeLock(connection, this.#lockable, held)
      // Another command might have written until then.
      this.#kept = (await readKept(connection, this.#options)) ?? this.#kept
      this.#held = held
    })
    return async () => {
      if (this.#held !== held) return
      await this.#session.run((connection) => giveBack(connection, this.#lockable, held))
      this.#held = undefined
    }
  }

  async sound(): Promise<void> {
    if (this.#held !== undefined) await this.#session.sound()
  }

  /** Each commit has checked the session, the lock and the serial. */
  async checkPlace(): Promise<void> {}

  /** On a separate connection, so that a run can continue meanwhile. */
  async withContent<T>(work: (content: StateContent) => Promise<T>): Promise<T> {
    const connection = await this.#options.dial()
    try {
      return await connection.transaction(async () => {
        const kept = await readKept(connection, this.#options)
        if (kept === undefined) throw changed(this.location, 'it no longer exists')
        const { state, lineage, serial, digestKey, binding } = kept
        const identity = { lineage, serial, digestKey, binding }
        return work({ identity, entries: () => entriesOf(connection, state) })
      }, 'ISOLATION LEVEL REPEATABLE READ READ ONLY')
    } catch (error) {
      throw explained(this.location, error)
    } finally {
      await connection.close()
    }
  }

  async replace(content: StateContent): Promise<void> {
    const { lineage, serial, digestKey, binding } = content.identity
    const mark = randomUUID()
    await this.#write(async (connection) => {
      const { state } = this.#kept
      await replaceEntries(connection, state, content)
      await connection.query(
        'UPDATE states SET lineage = $2, serial = $3, digest_key = $4, binding = $5, mark = $6 WHERE state = $1',
        state,
        lineage,
        serial,
        Buffer.from(digestKey).toString('hex'),
        binding === undefined ? null : JSON.stringify(binding),
        mark,
      )
    })
    this.#kept = { ...this.#kept, ...content.identity, mark }
  }

  async backUp(file: string): Promise<void> {
    await this.withContent((content) => this.#options.writeCopy(content, file))
  }

  /** The lock ends with the session. Releasing it first helps commands that wait. */
  async close(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) {
      await this.#session.run((connection) => giveBack(connection, this.#lockable, held)).catch(() => {})
    }
    await this.#session.close()
  }

  get #lockable(): Lockable {
    return { state: this.#kept.state, schema: this.#options.schema, place: this.location }
  }

  #ask(sql: string, ...values: unknown[]): Promise<Row[]> {
    return this.#session.run((connection) => connection.query(sql, this.#kept.state, ...values))
  }

  /** Writes outside the journal, whole or not at all, only as lock holder. Can be repeated. */
  async #write(work: (connection: Connection) => Promise<unknown>): Promise<void> {
    await this.#session.run((connection) =>
      connection.transaction(async () => {
        const sql = `SELECT 1 FROM states
          WHERE state = $1 AND holder_token = $2 AND holder_backend = pg_backend_pid() FOR UPDATE`
        const held = await connection.query(sql, this.#kept.state, this.#held?.token ?? '')
        if (held.length === 0) throw await this.#lostLock(connection)
        await work(connection)
      }),
    )
  }

  async #lostLock(connection: Connection): Promise<Error> {
    if (this.#held === undefined) return new RangeError('the state was written to without its lock')
    return takenOver(this.location, (await holderOf(connection, this.#lockable))?.holder)
  }

  /**
   * Checks a new connection before anything is sent: takes the lock again, which ended with the old
   * connection, and compares the state with this process. The mark shows whether a commit without a
   * response took effect.
   */
  async #resume(connection: Connection): Promise<void> {
    if (this.#held !== undefined) await takeLock(connection, this.#lockable, this.#held)
    const now = await readKept(connection, this.#options)
    const then = this.#kept
    if (now === undefined || now.lineage !== then.lineage) throw changed(this.location, 'it is now another state')
    if (this.#held === undefined) return
    if (now.serial === then.serial && now.mark === then.mark) return
    if (now.serial === then.serial + 1 && now.mark === this.#pending) {
      this.#kept = { ...then, serial: now.serial, mark: now.mark }
      return
    }
    const words = `this run left it at serial ${then.serial}, but it is now at serial ${now.serial}`
    throw changed(this.location, now.serial < then.serial ? `it lost committed changes: ${words}` : words)
  }
}

interface Lookup {
  address: Address
  promise: Promise<StateResource | undefined>
  resolve(found: StateResource | undefined): void
  reject(error: unknown): void
}

/** The state changed between two connections: another command used it, or it is an older copy. */
function changed(place: string, what: string): StateError {
  return new StateError({
    code: 'state_changed',
    message: `the state changed while the connection to ${place} was lost: ${what}`,
    hint: 'make a new plan, which first looks up what the interrupted run left open; nothing more was sent to WorkOS',
  })
}
