import {
  type Address,
  type Failure,
  RUNS_KEPT,
  type Run,
  type RunOutcome,
  type RunReject,
  type StartedRun,
} from '../store.ts'
import type { Connection } from './connection.ts'
import { failureFromRow, rejectFromRow, runFromRow } from './rows.ts'

/** Rows that are read at once. */
const PAGE = 1000

/** The runs in a state's database: what they came to, what they could not do, what their plans had refused. */
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
      for (const { kind, key, action, outcome, code, message, origin } of failures) {
        const sql = `INSERT OR REPLACE INTO failures (run, kind, key, action, outcome, code, message, origin)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
        this.#db.run(sql, run, kind, key, action, outcome, code, message, origin)
      }
    })
  }

  addRejects(run: number, rejects: readonly RunReject[]): void {
    this.#db.transaction(() => {
      for (const { kind, key, code, field, message, hint, origin, records } of rejects) {
        const sql = `INSERT INTO rejects (run, kind, key, code, field, message, hint, origin, records)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
        this.#db.run(sql, run, kind, key, code, field, message, hint, origin, records)
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

  *rejects(run: number): Generator<RunReject[]> {
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
