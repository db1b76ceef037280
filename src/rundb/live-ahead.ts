import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openThrowawayIn, throwawayPath } from '../files/scratch.ts'
import { canonicalJson } from '../json.ts'
import type { LiveResource } from '../resource.ts'
import type { RunDatabase } from './run-database.ts'

const NAME = 'listed'

/**
 * What is read from WorkOS before the run's database can receive it, in a file of its own. In:
 * pages of lists. Out: rows of `live`.
 */
export class LiveAhead {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  /** By kind, the last ID as long as they ascend. Undefined: they do not. */
  readonly #last = new Map<string, string | undefined>()

  /** @param folder the run's scratch folder */
  constructor(folder: string) {
    this.#path = throwawayPath(folder, NAME)
    // Not locked: the run's database reads it while later kinds are listed.
    this.#database = openThrowawayIn(folder, NAME, { cacheKiB: 4 * 1024, shared: 0 })
    this.#database.exec('CREATE TABLE listed (kind TEXT, id TEXT, external_id TEXT, natural_key TEXT, attributes TEXT)')
    this.#insert = this.#database.prepare('INSERT INTO listed VALUES (?, ?, ?, ?, ?)')
  }

  add(kind: string, page: readonly LiveResource[]): void {
    let last = this.#last.has(kind) ? this.#last.get(kind) : ''
    this.#database.exec('BEGIN')
    for (const { id, externalId, naturalKey, attributes } of page) {
      // SQLite compares the bytes of UTF-8, and IDs are ASCII.
      last = last !== undefined && id > last ? id : undefined
      this.#insert.run(kind, id, externalId, naturalKey, canonicalJson(attributes))
    }
    this.#database.exec('COMMIT')
    this.#last.set(kind, last)
  }

  /**
   * Copies what was listed of a kind, once its list is complete. Of a resource on two pages the
   * later one counts.
   */
  copyInto(rundb: RunDatabase, kind: string): void {
    const order = this.#last.get(kind) === undefined ? 'id, rowid' : 'rowid'
    rundb.run('ATTACH ? AS ahead', this.#path)
    try {
      rundb.run(
        `INSERT OR REPLACE INTO live SELECT kind, id, external_id, natural_key, attributes FROM ahead.listed
         WHERE kind = ? ORDER BY ${order}`,
        kind,
      )
    } finally {
      rundb.exec('DETACH ahead')
    }
  }

  close(): void {
    this.#database.close()
  }
}
