import type { RejectedItem } from '../../rundb/rejects.ts'
import { type Address, type Failure, RUNS_KEPT, type Run, type RunOutcome, type StartedRun } from '../store.ts'
import type { Connection } from './connection.ts'
import { failureFromRow, rejectFromRow, rowOfFailure, rowOfReject, rowOfRun, runFromRow } from './rows.ts'
import { toStored } from './text.ts'

/** Rows per read. */
const PAGE = 1000

const RUN =
  'command text, started_at text, finished_at text, outcome text, tool_version text, manifest_digest text, source text'
const FAILURE = 'kind text, key text, action text, outcome text, code text, message text, origin text, email text'
const REJECT = `place integer, kind text, key text, code text, field text, message text, hint text, origin text,
  records integer, email text`

/** The runs of one state, with their failures and rejects. Each write can be repeated. */
export class RunLog {
  readonly #state: number

  constructor(state: number) {
    this.#state = state
  }

  /** The number of the next run. */
  async next(connection: Connection): Promise<number> {
    const [row] = await connection.query(
      'SELECT coalesce(max(run), 0) + 1 AS run FROM runs WHERE state = $1',
      this.#state,
    )
    return Number(row?.run)
  }

  async start(connection: Connection, run: number, begun: StartedRun): Promise<void> {
    const row = JSON.stringify([rowOfRun({ ...begun, finishedAt: null, outcome: 'running' })])
    await connection.query(
      `INSERT INTO runs (state, run, command, started_at, finished_at, outcome, tool_version, manifest_digest, source, counts)
       SELECT $1, $2, r.*, '{}' FROM json_to_recordset($3::json) AS r(${RUN}) ON CONFLICT DO NOTHING`,
      this.#state,
      run,
      row,
    )
    await this.#forgetOld(connection)
  }

  async finish(
    connection: Connection,
    run: number,
    { finishedAt, outcome, counts }: { finishedAt: string; outcome: RunOutcome; counts: Record<string, number> },
  ): Promise<void> {
    const sql = 'UPDATE runs SET finished_at = $3, outcome = $4, counts = $5 WHERE state = $1 AND run = $2'
    await connection.query(sql, this.#state, run, finishedAt, outcome, JSON.stringify(counts))
  }

  async addFailures(connection: Connection, run: number, failures: readonly Failure[]): Promise<void> {
    // For the same address, the last one counts.
    const rows = new Map(failures.map((failure) => [`${failure.kind}:${failure.key}`, rowOfFailure(failure)]))
    await connection.query(
      `INSERT INTO failures (state, run, kind, key, action, outcome, code, message, origin, email)
       SELECT $1, $2, r.* FROM json_to_recordset($3::json) AS r(${FAILURE})
       ON CONFLICT (state, run, kind, key) DO UPDATE SET action = excluded.action, outcome = excluded.outcome,
         code = excluded.code, message = excluded.message, origin = excluded.origin, email = excluded.email`,
      this.#state,
      run,
      JSON.stringify([...rows.values()]),
    )
  }

  /** The number of rejects of a run. */
  async rejectsOf(connection: Connection, run: number): Promise<number> {
    const sql = 'SELECT coalesce(max(place), 0) AS place FROM rejects WHERE state = $1 AND run = $2'
    return Number((await connection.query(sql, this.#state, run))[0]?.place)
  }

  async addRejects(
    connection: Connection,
    run: number,
    { rejects, before }: { rejects: readonly RejectedItem[]; before: number },
  ): Promise<void> {
    const rows = rejects.map((reject, index) => rowOfReject(reject, before + index + 1))
    await connection.query(
      `INSERT INTO rejects (state, run, place, kind, key, code, field, message, hint, origin, records, email)
       SELECT $1, $2, r.* FROM json_to_recordset($3::json) AS r(${REJECT}) ON CONFLICT DO NOTHING`,
      this.#state,
      run,
      JSON.stringify(rows),
    )
  }

  async all(connection: Connection): Promise<Run[]> {
    return (await connection.query('SELECT * FROM runs WHERE state = $1 ORDER BY run', this.#state)).map(runFromRow)
  }

  async failuresAfter(connection: Connection, run: number, { kind, key }: Address): Promise<Failure[]> {
    const sql = `SELECT * FROM failures WHERE state = $1 AND run = $2 AND (kind, key) > ($3, $4)
      ORDER BY kind, key LIMIT ${PAGE}`
    return (await connection.query(sql, this.#state, run, toStored(kind), toStored(key))).map(failureFromRow)
  }

  async rejectsAfter(connection: Connection, run: number, place: number): Promise<RejectedItem[]> {
    const sql = `SELECT * FROM rejects WHERE state = $1 AND run = $2 AND place > $3 ORDER BY place LIMIT ${PAGE}`
    return (await connection.query(sql, this.#state, run, place)).map(rejectFromRow)
  }

  async #forgetOld(connection: Connection): Promise<void> {
    const sql = `SELECT min(run) AS run FROM
      (SELECT run FROM runs WHERE state = $1 AND command NOT LIKE 'state %' ORDER BY run DESC LIMIT ${RUNS_KEPT}) r`
    const oldest = (await connection.query(sql, this.#state))[0]?.run
    if (typeof oldest !== 'number') return
    await connection.query('DELETE FROM failures WHERE state = $1 AND run < $2', this.#state, oldest)
    await connection.query('DELETE FROM rejects WHERE state = $1 AND run < $2', this.#state, oldest)
  }
}
