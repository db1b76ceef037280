import type { DatabaseSync, SQLInputValue, StatementResultingChanges } from 'node:sqlite'
import { hasNoRoom, isDamage } from '../../sqlite/errors.ts'
import { type Row, Statements } from '../../sqlite/open.ts'
import { unreadable, unwritable } from './state-file.ts'

/** A connection with cached statements. Translates errors of a damaged file or a full disk. */
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

  /** Calls `guard` at the beginning of each transaction. Its errors end the transaction. */
  guardBy(guard: () => void): void {
    this.#guard = guard
  }

  /** Commits everything that `work` writes, or nothing. */
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

  /** Like `transaction`, for asynchronous work. Nothing else must use the connection meanwhile. */
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

  /** Runs a statement outside the state's own ones: a backup. */
  use<T>(work: (db: DatabaseSync) => T): T {
    return this.#try(() => work(this.#db))
  }

  /** Runs work on the file with another connection. Only damage is translated. */
  async lend<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work()
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

/** A translated error of SQLite, or the same error if unknown. */
export function explained(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (isDamage(error)) return unreadable(path, error.message, error)
  return hasNoRoom(error) ? unwritable(path, error.message, error) : error
}
