import type { RejectedItem } from '../../rundb/rejects.ts'
import { rowReaders } from '../rows.ts'
import {
  type Address,
  type Batch,
  type Failure,
  type Intent,
  type Outcome,
  RUNS_KEPT,
  type Run,
  type RunOutcome,
  type StartedRun,
  type StateResource,
} from '../store.ts'
import type { Connection } from './connection.ts'

/** Reads and writes resources, intents and runs as rows. The connection translates errors. */

export const { resourceFromRow, intentFromRow, failureFromRow, rejectFromRow, runFromRow } = rowReaders(
  (stored) => stored,
)

/** Writes outcomes of open writes, and the next intents. Call it within a transaction. */
export function writeBatch(db: Connection, { outcomes, intents }: Batch): void {
  for (const outcome of outcomes) writeOutcome(db, outcome)
  for (const intent of intents) open(db, intent)
}

function writeOutcome(db: Connection, outcome: Outcome): void {
  switch (outcome.type) {
    case 'saved':
      save(db, outcome.resource)
      clear(db, outcome.resource)
      break
    case 'removed':
      db.run('DELETE FROM resources WHERE kind = ? AND key = ?', outcome.address.kind, outcome.address.key)
      clear(db, outcome.address)
      break
    case 'gone': {
      const { kind, key } = outcome.address
      db.run('UPDATE resources SET gone = ? WHERE kind = ? AND key = ?', outcome.run, kind, key)
      break
    }
    case 'cleared':
      clear(db, outcome.address)
  }
}

function open(db: Connection, intent: Intent): void {
  const { kind, key, action, startedAt, attributes, digests, refs } = intent
  const texts = [attributes, digests, refs].map((part) => JSON.stringify(part))
  db.run('INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?, ?, ?, ?)', kind, key, action, startedAt, ...texts)
}

/**
 * Created resources stay created: adopting an ID that the state created does not change it. Without
 * INDEXED BY, SQLite scans all resources of the kind for the ID, which makes apply quadratic.
 */
export const SAVE = `INSERT OR REPLACE INTO resources VALUES (?1, ?2, ?3, ?4, ?5, ?6,
  CASE WHEN EXISTS (SELECT 1 FROM resources INDEXED BY resources_by_id WHERE kind = ?1 AND id = ?3 AND ownership = 'created')
  THEN 'created' ELSE ?7 END, ?8, ?9, ?10, ?11)`

function save(db: Connection, resource: StateResource): void {
  db.run(
    SAVE,
    resource.kind,
    resource.key,
    resource.id,
    JSON.stringify(resource.attributes),
    JSON.stringify(resource.digests),
    JSON.stringify(resource.refs),
    resource.ownership,
    resource.run,
    resource.reduced ?? null,
    resource.answered === undefined ? null : JSON.stringify(resource.answered),
    resource.gone ?? null,
  )
}

function clear(db: Connection, { kind, key }: Address): void {
  db.run('DELETE FROM intents WHERE kind = ? AND key = ?', kind, key)
}

/** Rows per read. */
const PAGE = 1000

/** The runs in a state's database, with their failures and rejects. */
export class RunLog {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  start({ command, startedAt, toolVersion, manifestDigest, source }: StartedRun): number {
    let run = 0
    this.#db.transaction(() => {
      const { lastInsertRowid } = this.#db.run(
        `INSERT INTO runs (command, started_at, outcome, tool_version, manifest_digest, source, counts)
         VALUES (?, ?, 'running', ?, ?, ?, '{}')`,
        command,
        startedAt,
        toolVersion,
        manifestDigest,
        source ?? null,
      )
      run = Number(lastInsertRowid)
      this.#forgetOld()
    })
    return run
  }

  finish(run: number, finishedAt: string, outcome: RunOutcome, counts: Record<string, number>): void {
    const sql = 'UPDATE runs SET finished_at = ?, outcome = ?, counts = ? WHERE run = ?'
    this.#db.transaction(() => this.#db.run(sql, finishedAt, outcome, JSON.stringify(counts), run))
  }

  addFailures(run: number, failures: readonly Failure[]): void {
    this.#db.transaction(() => {
      for (const { kind, key, action, outcome, code, message, origin, email } of failures) {
        const sql = `INSERT OR REPLACE INTO failures (run, kind, key, action, outcome, code, message, origin, email)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
        this.#db.run(sql, run, kind, key, action, outcome, code, message, origin, email)
      }
    })
  }

  addRejects(run: number, rejects: readonly RejectedItem[]): void {
    this.#db.transaction(() => {
      for (const { kind, key, code, field, message, hint, origin, records, email } of rejects) {
        const sql = `INSERT INTO rejects (run, kind, key, code, field, message, hint, origin, records, email)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
        this.#db.run(sql, run, kind, key, code, field, message, hint, origin, records, email)
      }
    })
  }

  all(): Run[] {
    return this.#db.all('SELECT * FROM runs ORDER BY run').map(runFromRow)
  }

  *failures(run: number): Generator<Failure[]> {
    const sql = 'SELECT * FROM failures WHERE run = ? AND (kind, key) > (?, ?) ORDER BY kind, key LIMIT ?'
    for (let after: Address = { kind: '', key: '' }; ; ) {
      const batch = this.#db.all(sql, run, after.kind, after.key, PAGE).map(failureFromRow)
      const last = batch.at(-1)
      if (last === undefined) return
      yield batch
      after = last
    }
  }

  *rejects(run: number): Generator<RejectedItem[]> {
    for (let after = 0; ; ) {
      const rows = this.#db.all('SELECT * FROM rejects WHERE run = ? AND id > ? ORDER BY id LIMIT ?', run, after, PAGE)
      if (rows.length === 0) return
      yield rows.map(rejectFromRow)
      after = Number(rows.at(-1)?.id)
    }
  }

  #forgetOld(): void {
    const oldest = this.#db.get(
      `SELECT min(run) AS run FROM (SELECT run FROM runs WHERE command NOT LIKE 'state %' ORDER BY run DESC LIMIT ?)`,
      RUNS_KEPT,
    )?.run
    if (typeof oldest !== 'number') return
    this.#db.run('DELETE FROM failures WHERE run < ?', oldest)
    this.#db.run('DELETE FROM rejects WHERE run < ?', oldest)
  }
}
