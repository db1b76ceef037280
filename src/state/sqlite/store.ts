import { randomBytes, randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import type { RejectedItem } from '../../rundb/rejects.ts'
import type { LockRequest } from '../holder.ts'
import type {
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
import type { Connection } from './connection.ts'
import { entriesOf, replaceEntries } from './content.ts'
import { acquireLock, Claim, type StateLock } from './lock.ts'
import { intentFromRow, RunLog, resourceFromRow, writeBatch } from './rows.ts'
import { writeBackup } from './state-file.ts'

const PAGE = 1000

/** The state in one SQLite file. */
export class SqliteStateStore implements OpenState {
  readonly location: string
  readonly #db: Connection
  readonly #runs: RunLog
  #claim: Claim | undefined
  #closing = () => {}

  constructor(location: string, db: Connection) {
    this.location = location
    this.#db = db
    this.#runs = new RunLog(db)
    if (this.#meta('lineage') === undefined) {
      this.#db.transaction(() => {
        if (this.#meta('lineage') !== undefined) return
        this.#setMeta('lineage', randomUUID())
        this.#setMeta('serial', '0')
        this.#setMeta('digest_key', randomBytes(32).toString('hex'))
      })
    }
  }

  /**
   * Stores the lock holder in the state. Until the state is closed, nothing is committed that
   * another holder or the loss of the file would void. See Claim.
   * @throws LockedError if a live command uses it
   */
  claim(lock: StateLock): void {
    const claim = new Claim(this.location, this.#db, lock)
    this.#db.guardBy(() => claim.check())
    this.#claim = claim
  }

  /** Ends what `claim` began. */
  disclaim(): void {
    this.#db.guardBy(() => {})
    try {
      this.#claim?.release()
    } catch {
      // A remaining claim is no obstacle: the lock shows that it is void.
    }
    this.#claim = undefined
  }

  async lock({ command, now }: LockRequest): Promise<() => Promise<void>> {
    const lock = acquireLock(this.location, command, now)
    try {
      this.claim(lock)
    } catch (error) {
      lock()
      throw error
    }
    return async () => {
      this.disclaim()
      lock()
    }
  }

  /** The lock ends only with this process. */
  async sound(): Promise<void> {}

  /** @throws StateError if the state was claimed, and its path no longer leads to it */
  async checkPlace(): Promise<void> {
    this.#claim?.checkPlace()
  }

  get lineage(): string {
    return this.#meta('lineage') ?? ''
  }

  get serial(): number {
    return Number(this.#meta('serial') ?? 0)
  }

  get digestKey(): Uint8Array {
    return Buffer.from(this.#meta('digest_key') ?? '', 'hex')
  }

  get binding(): Binding | undefined {
    const text = this.#meta('binding')
    return text === undefined ? undefined : (JSON.parse(text) as Binding)
  }

  async bind(binding: Binding): Promise<void> {
    this.#db.transaction(() => this.#setMeta('binding', JSON.stringify(binding)))
  }

  async count(kind: string): Promise<number> {
    return Number(this.#db.get('SELECT count(*) AS n FROM resources WHERE kind = ?', kind)?.n ?? 0)
  }

  async inFile<T>(_folder: string | undefined, read: (file: string) => T | Promise<T>): Promise<T | undefined> {
    const file = this.#db.use((db) => db.location())
    // Nothing writes to it. From a file opened with `mode=ro`, SQLite would not copy rows as bytes.
    return file === null ? undefined : this.#db.lend(() => read(`${pathToFileURL(file)}?mode=rw`))
  }

  async *resources(kind: string): AsyncGenerator<StateResource[]> {
    const sql = 'SELECT * FROM resources WHERE kind = ? AND key > ? ORDER BY key LIMIT ?'
    for (let after = ''; ; ) {
      const batch = this.#db.all(sql, kind, after, PAGE).map(resourceFromRow)
      const last = batch.at(-1)
      if (last === undefined) return
      yield batch
      after = last.key
    }
  }

  async get(kind: string, key: string): Promise<StateResource | undefined> {
    const row = this.#db.get('SELECT * FROM resources WHERE kind = ? AND key = ?', kind, key)
    return row && resourceFromRow(row)
  }

  async idOf(kind: string, key: string): Promise<string | undefined> {
    const row = this.#db.get('SELECT id FROM resources WHERE kind = ? AND key = ?', kind, key)
    return row && String(row.id)
  }

  async keyOf(kind: string, id: string): Promise<string | undefined> {
    const row = this.#db.get('SELECT key FROM resources WHERE kind = ? AND id = ?', kind, id)
    return row && String(row.key)
  }

  async intents(): Promise<Intent[]> {
    return this.#db.all('SELECT * FROM intents ORDER BY started_at').map(intentFromRow)
  }

  async commit(batch: Batch): Promise<void> {
    this.#db.transaction(() => {
      writeBatch(this.#db, batch)
      this.#db.run("UPDATE meta SET value = value + 1 WHERE name = 'serial'")
    })
  }

  async startRun(run: StartedRun): Promise<number> {
    return this.#runs.start(run)
  }

  async finishRun(run: number, finishedAt: string, outcome: RunOutcome, counts: Record<string, number>): Promise<void> {
    this.#runs.finish(run, finishedAt, outcome, counts)
  }

  async recordFailures(run: number, failures: Failure[]): Promise<void> {
    this.#runs.addFailures(run, failures)
  }

  async recordRejects(run: number, rejects: RejectedItem[]): Promise<void> {
    this.#runs.addRejects(run, rejects)
  }

  async runs(): Promise<Run[]> {
    return this.#runs.all()
  }

  async *failures(run: number): AsyncGenerator<Failure[]> {
    yield* this.#runs.failures(run)
  }

  async *rejects(run: number): AsyncGenerator<RejectedItem[]> {
    yield* this.#runs.rejects(run)
  }

  withContent<T>(work: (content: StateContent) => Promise<T>): Promise<T> {
    return this.#db.lasting('', () => {
      const { lineage, serial, digestKey, binding } = this
      return work({ identity: { lineage, serial, digestKey, binding }, entries: () => entriesOf(this.#db) })
    })
  }

  async replace(content: StateContent): Promise<void> {
    const { lineage, serial, digestKey, binding } = content.identity
    await this.#db.lasting('IMMEDIATE', async () => {
      await replaceEntries(this.#db, content)
      this.#setMeta('lineage', lineage)
      this.#setMeta('serial', String(serial))
      this.#setMeta('digest_key', Buffer.from(digestKey).toString('hex'))
      if (binding === undefined) this.#db.run("DELETE FROM meta WHERE name = 'binding'")
      else this.#setMeta('binding', JSON.stringify(binding))
    })
  }

  /**
   * Copies the whole state to a new file (0600), as it is now.
   * @throws StateError if the file exists, or the state is damaged
   */
  async backUp(file: string): Promise<void> {
    this.#db.use((db) => writeBackup(db, file))
  }

  /** Calls `closing` once the state is closed. */
  onClose(closing: () => void): void {
    this.#closing = closing
  }

  async close(): Promise<void> {
    this.disclaim()
    this.#db.close()
    this.#closing()
  }

  #meta(name: string): string | undefined {
    const row = this.#db.get('SELECT value FROM meta WHERE name = ?', name)
    return row === undefined ? undefined : String(row.value)
  }

  #setMeta(name: string, value: string): void {
    this.#db.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, value)
  }
}
