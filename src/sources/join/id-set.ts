import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openThrowaway } from '../../sqlite/open.ts'

/** A set of IDs on disk, in bounded memory. */
export class IdSet {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #select: StatementSync
  #size = 0

  constructor() {
    this.#database = openThrowaway('')
    this.#database.exec('CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID')
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO seen (id) VALUES (?)')
    this.#select = this.#database.prepare('SELECT 1 FROM seen WHERE id = ?')
  }

  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    return this.#select.get(id) !== undefined
  }

  /**
   * Adds the IDs of items, by default their member `id`.
   * @returns the items with a new ID, each once, in their order
   */
  add<Item extends { id: string }>(items: Iterable<Item>): Item[]
  add<Item>(items: Iterable<Item>, idOf: (item: Item) => string): Item[]
  add<Item extends { id: string }>(items: Iterable<Item>, idOf: (item: Item) => string = ({ id }) => id): Item[] {
    const fresh: Item[] = []
    this.#database.exec('BEGIN')
    for (const item of items) if (Number(this.#insert.run(idOf(item)).changes) > 0) fresh.push(item)
    this.#database.exec('COMMIT')
    this.#size += fresh.length
    return fresh
  }

  /** The IDs greater than one, in ascending order. */
  *after(id: string): Iterable<string> {
    const rows = this.#database.prepare('SELECT id FROM seen WHERE id > ? ORDER BY id').iterate(id)
    for (const row of rows) yield String(row.id)
  }

  close(): void {
    this.#database.close()
  }
}
