import type { DatabaseSync, SQLInputValue, StatementResultingChanges } from 'node:sqlite'
import { hasNoRoom, isDamage } from '../../sqlite/errors.ts'
import { type Row, Statements } from '../../sqlite/open.ts'
import { unreadable, unwritable } from './state-file.ts'

/**
 * A hold on the state's database that keeps its prepared statements, and tells of a file that turns
 * out to be damaged, or a disk that is full, as what it is.
 */
export class Connection {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #statements: Statements
  #guard = () => {}

  constructor(path: string, db: DatabaseSync) {
    this.#path = path
    this.#db = db
    this.#statements = new Statements(db)
  }

  get(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#try(() => this.#statements.prepare(sql).get(...parameters))
  }

  all(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#try(() => this.#statements.prepare(sql).all(...parameters))
  }

  run(sql: string, ...parameters: SQLInputValue[]): StatementResultingChanges {
    return this.#try(() => this.#statements.prepare(sql).run(...parameters))
  }

  /** `guard` is called at the beginning of each transaction; what it throws ends it. */
  guardBy(guard: () => void): void {
    this.#guard = guard
  }

  /** Everything that `work` writes, or nothing of it. */
  transaction(work: () => void): void {
    this.#try(() => this.#db.exec('BEGIN IMMEDIATE'))
    try {
      this.#guard()
      work()
      this.#try(() => this.#db.exec('COMMIT'))
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /**
   * As `transaction`, for work that waits in between: nobody else may use the connection meanwhile.
   */
  async lasting<T>(mode: '' | 'IMMEDIATE', work: () => Promise<T>): Promise<T> {
    this.#try(() => this.#db.exec(`BEGIN ${mode}`))
    try {
      if (mode === 'IMMEDIATE') this.#guard()
      const result = await work()
      this.#try(() => this.#db.exec('COMMIT'))
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /** Something that is no statement of the state's own: a backup. */
  use<T>(work: (db: DatabaseSync) => T): T {
    return this.#try(() => work(this.#db))
  }

  /** Something that another connection reads in the file: only damage is about this one. */
  lend<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw isDamage(error) ? explained(this.#path, error) : error
    }
  }

  close(): void {
    this.#db.close()
  }

  #try<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw explained(this.#path, error)
    }
  }
}

/** An error of SQLite as its reader needs it; any other as it is. */
export function explained(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (isDamage(error)) return unreadable(path, error.message, error)
  return hasNoRoom(error) ? unwritable(path, error.message, error) : error
}
