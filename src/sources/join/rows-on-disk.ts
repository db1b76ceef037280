import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { RowStore, StoredRow } from './row-store.ts'

/** The columns of a row as a query returns them. */
type Columns = [position: number, id: number, key: string, file: number, line: number, data: string]

/** Rows of a table in SQLite, for any number of rows and keys. */
export class RowsOnDisk implements RowStore {
  /** Whether a row has several keys. */
  readonly hasOtherKeys: boolean
  readonly #database: DatabaseSync
  readonly #select: StatementSync
  readonly #get: StatementSync

  constructor(database: DatabaseSync, hasOtherKeys: boolean) {
    this.hasOtherKeys = hasOtherKeys
    this.#database = database
    // CROSS JOIN keeps the order of the keys. Within a key, the index returns rows by ID.
    const select =
      'SELECT wanted.key, row.id, row.key, row.file, row.line, row.data FROM json_each(?) AS wanted CROSS JOIN row ON row.key = wanted.value'
    const selectByOther =
      'SELECT wanted.key, row.id, row.key, row.file, row.line, row.data FROM json_each(?1) AS wanted CROSS JOIN other_key ON other_key.key = wanted.value CROSS JOIN row ON row.id = other_key.id'
    this.#select = database.prepare(
      hasOtherKeys ? `${select.replace('?', '?1')} UNION ALL ${selectByOther} ORDER BY 1, 2` : select,
    )
    this.#select.setReturnArrays(true)
    this.#get = database.prepare('SELECT id, key, file, line, data FROM row WHERE id = ?')
  }

  find(keys: readonly string[]): StoredRow[][] {
    const found: StoredRow[][] = keys.map(() => [])
    for (const columns of this.#select.all(JSON.stringify(keys)) as unknown[] as Columns[]) {
      const [position, id, key, file, line, data] = columns
      found[position]?.push({ id, key, file, line, data })
    }
    return found
  }

  get(id: number): StoredRow | undefined {
    const row = this.#get.get(id)
    return row && stored(row)
  }

  *removeSurplus(): Iterable<StoredRow> {
    // Uses the indexes: a sort would take disk space elsewhere.
    const earlier = (table: string) =>
      `EXISTS (SELECT 1 FROM ${table} AS other WHERE other.key = own.key AND other.id < own.id)`
    this.#database.exec(`
      CREATE TABLE surplus AS
        SELECT id FROM row AS own WHERE ${earlier('row')} OR ${earlier('other_key')}
        UNION SELECT id FROM other_key AS own WHERE ${earlier('row')} OR ${earlier('other_key')};
    `)
    const rows = this.#database.prepare(
      'SELECT row.id, row.key, row.file, row.line, row.data FROM surplus JOIN row USING (id) ORDER BY id',
    )
    for (const row of rows.iterate()) yield stored(row)
    this.#database.exec(`
      DELETE FROM row WHERE id IN (SELECT id FROM surplus);
      DELETE FROM other_key WHERE id IN (SELECT id FROM surplus);
      DROP TABLE surplus;
    `)
  }

  close(): void {
    this.#database.close()
  }
}

function stored({ id, key, file, line, data }: Record<string, unknown>): StoredRow {
  return { id: Number(id), key: String(key), file: Number(file), line: Number(line), data: String(data) }
}
