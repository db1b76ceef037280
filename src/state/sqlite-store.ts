import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StateError } from '../diagnostics/errors.ts'
import { createPrivateFile } from '../files/private-file.ts'
import { APPLICATION_ID, migrations } from './migrations.ts'
import { failureFromRow, intentFromRow, type Row, resourceFromRow, runFromRow } from './rows.ts'
import type { Address, Batch, Binding, Failure, Intent, Run, RunOutcome, StateResource, StateStore } from './store.ts'

const PAGE = 1000

/** Opens the state at `path`, making it when there is none. @throws StateError for a corrupt, foreign or newer file */
export function openState(path: string): SqliteStateStore {
  createPrivateFile(path)
  return new SqliteStateStore(path, openDatabase(path))
}

/** The state at `path`, or an empty one in memory when there is none: for commands that must not leave anything behind. */
export function peekState(path: string): SqliteStateStore {
  return existsSync(path) ? openState(path) : new SqliteStateStore(path, openDatabase(':memory:'))
}

/** The state in one SQLite file. */
export class SqliteStateStore implements StateStore {
  readonly location: string
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()

  constructor(location: string, db: DatabaseSync) {
    this.location = location
    this.#db = db
    if (this.#meta('lineage') === undefined) {
      this.#transaction(() => {
        this.#setMeta('lineage', randomUUID())
        this.#setMeta('serial', '0')
        this.#setMeta('digest_key', randomBytes(32).toString('hex'))
      })
    }
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
    this.#setMeta('binding', JSON.stringify(binding))
  }

  async count(kind: string): Promise<number> {
    return Number(this.#statement('SELECT count(*) AS n FROM resources WHERE kind = ?').get(kind)?.n ?? 0)
  }

  async *resources(kind: string): AsyncGenerator<StateResource[]> {
    const page = this.#statement('SELECT * FROM resources WHERE kind = ? AND key > ? ORDER BY key LIMIT ?')
    for (let after = ''; ; ) {
      const batch = page.all(kind, after, PAGE).map(resourceFromRow)
      const last = batch.at(-1)
      if (last === undefined) return
      yield batch
      after = last.key
    }
  }

  async get(kind: string, key: string): Promise<StateResource | undefined> {
    const row = this.#statement('SELECT * FROM resources WHERE kind = ? AND key = ?').get(kind, key)
    return row && resourceFromRow(row)
  }

  async idOf(kind: string, key: string): Promise<string | undefined> {
    const row = this.#statement('SELECT id FROM resources WHERE kind = ? AND key = ?').get(kind, key)
    return row && String(row.id)
  }

  async keyOf(kind: string, id: string): Promise<string | undefined> {
    const row = this.#statement('SELECT key FROM resources WHERE kind = ? AND id = ?').get(kind, id)
    return row && String(row.key)
  }

  async intents(): Promise<Intent[]> {
    return this.#statement('SELECT * FROM intents ORDER BY started_at').all().map(intentFromRow)
  }

  async commit(batch: Batch): Promise<void> {
    this.#transaction(() => {
      for (const outcome of batch.outcomes) {
        switch (outcome.type) {
          case 'saved':
            this.#save(outcome.resource)
            this.#clear(outcome.resource)
            break
          case 'removed':
            this.#statement('DELETE FROM resources WHERE kind = ? AND key = ?').run(
              outcome.address.kind,
              outcome.address.key,
            )
            this.#clear(outcome.address)
            break
          case 'cleared':
            this.#clear(outcome.address)
        }
      }
      const insert = this.#statement('INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?, ?, ?, ?)')
      for (const intent of batch.intents) {
        const { kind, key, action, startedAt, attributes, digests, refs } = intent
        insert.run(kind, key, action, startedAt, ...[attributes, digests, refs].map((part) => JSON.stringify(part)))
      }
      this.#statement("UPDATE meta SET value = value + 1 WHERE name = 'serial'").run()
    })
  }

  async startRun(run: Pick<Run, 'command' | 'startedAt' | 'toolVersion' | 'manifestDigest'>): Promise<number> {
    const { lastInsertRowid } = this.#statement(
      `INSERT INTO runs (command, started_at, outcome, tool_version, manifest_digest, counts)
       VALUES (?, ?, 'running', ?, ?, '{}')`,
    ).run(run.command, run.startedAt, run.toolVersion, run.manifestDigest)
    return Number(lastInsertRowid)
  }

  async finishRun(run: number, finishedAt: string, outcome: RunOutcome, counts: Record<string, number>): Promise<void> {
    this.#statement('UPDATE runs SET finished_at = ?, outcome = ?, counts = ? WHERE run = ?').run(
      finishedAt,
      outcome,
      JSON.stringify(counts),
      run,
    )
  }

  async recordFailures(run: number, failures: Failure[]): Promise<void> {
    const insert = this.#statement('INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    this.#transaction(() => {
      for (const { kind, key, action, outcome, code, message, origin } of failures) {
        insert.run(run, kind, key, action, outcome, code, message, origin)
      }
    })
  }

  async runs(): Promise<Run[]> {
    return this.#statement('SELECT * FROM runs ORDER BY run').all().map(runFromRow)
  }

  async *failures(run: number): AsyncGenerator<Failure[]> {
    const page = this.#statement(
      'SELECT * FROM failures WHERE run = ? AND (kind, key) > (?, ?) ORDER BY kind, key LIMIT ?',
    )
    for (let after: Address = { kind: '', key: '' }; ; ) {
      const batch = page.all(run, after.kind, after.key, PAGE).map(failureFromRow)
      const last = batch.at(-1)
      if (last === undefined) return
      yield batch
      after = last
    }
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  #save(resource: StateResource): void {
    this.#statement('INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      resource.kind,
      resource.key,
      resource.id,
      JSON.stringify(resource.attributes),
      JSON.stringify(resource.digests),
      JSON.stringify(resource.refs),
      resource.ownership,
      resource.run,
    )
  }

  #clear(address: Address): void {
    this.#statement('DELETE FROM intents WHERE kind = ? AND key = ?').run(address.kind, address.key)
  }

  #meta(name: string): string | undefined {
    const row = this.#statement('SELECT value FROM meta WHERE name = ?').get(name)
    return row === undefined ? undefined : String(row.value)
  }

  #setMeta(name: string, value: string): void {
    this.#statement('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(name, value)
  }

  #statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

function openDatabase(path: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { timeout: 5_000 })
    const { application_id: id } = pragma(db, 'application_id')
    const { user_version: version } = pragma(db, 'user_version')
    const fresh = id === 0 && version === 0 && db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0
    if (!fresh && id !== APPLICATION_ID) throw foreign(path)
    if (Number(version) > migrations.length) throw newer(path)
    // FULL: an intent must be on the disk before its write leaves, even if the machine then loses power.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    for (let step = Number(version); step < migrations.length; step += 1) {
      db.exec(`BEGIN IMMEDIATE; ${migrations[step]};
        PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${step + 1}; COMMIT`)
    }
    return db
  } catch (error) {
    db?.close()
    if (error instanceof StateError) throw error
    throw new StateError(
      {
        code: 'state_unreadable',
        message: `the state file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        hint: 'put back a copy of it; or move it away and apply again: what exists in WorkOS is then found and adopted',
      },
      { cause: error },
    )
  }
}

function pragma(db: DatabaseSync, name: string): Row {
  return db.prepare(`PRAGMA ${name}`).get() ?? {}
}

function foreign(path: string): StateError {
  return new StateError({
    code: 'state_foreign',
    message: `${path} is not a state file of workos-migrate`,
    hint: 'point state.path at another file',
  })
}

function newer(path: string): StateError {
  return new StateError({
    code: 'state_newer',
    message: `the state file ${path} was written by a later version of workos-migrate`,
    hint: 'update workos-migrate',
  })
}
