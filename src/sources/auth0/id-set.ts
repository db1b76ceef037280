import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** A set of ids that may be larger than the memory: SQLite keeps it in a file without a name that goes with the process. */
export class IdSet {
  readonly #database = new DatabaseSync('')
  readonly #insert: StatementSync
  readonly #find: StatementSync

  constructor() {
    this.#database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384')
    this.#database.exec('CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID')
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO ids VALUES (?)')
    this.#find = this.#database.prepare('SELECT 1 FROM ids WHERE id = ?')
  }

  /** Adds ids, and tells how many were new. */
  add(ids: Iterable<string>): number {
    let added = 0
    this.#database.exec('BEGIN')
    for (const id of ids) added += Number(this.#insert.run(id).changes)
    this.#database.exec('COMMIT')
    return added
  }

  has(id: string): boolean {
    return this.#find.get(id) !== undefined
  }

  /** In ascending order, beginning after one. */
  *after(id: string): Iterable<string> {
    const rows = this.#database.prepare('SELECT id FROM ids WHERE id > ? ORDER BY id').iterate(id)
    for (const row of rows) yield String(row.id)
  }

  close(): void {
    this.#database.close()
  }
}
