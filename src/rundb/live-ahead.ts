import { createPrivateFile } from '../files/regular-file.ts'
import { throwawayPath } from '../files/scratch.ts'
import { createLive, type Listing, listInto, useLive } from './live.ts'
import { RunDatabase } from './run-database.ts'

/**
 * What is read from WorkOS before the run's database exists, in a file of its own. In: pages of
 * lists. Out: the table `live` of the run's database, in place.
 */
export class LiveAhead {
  readonly #path: string
  readonly #rundb: RunDatabase

  /** @param folder the run's scratch folder */
  constructor(folder: string) {
    this.#path = throwawayPath(folder, 'live')
    createPrivateFile(this.#path)
    this.#rundb = new RunDatabase({ path: this.#path })
    createLive(this.#rundb)
  }

  /** Begins the list of a kind. */
  list(kind: string): Listing {
    return listInto(this.#rundb, kind)
  }

  /** The IDs of a kind, once its list is complete. */
  ids(kind: string): Set<string> {
    const rows = this.#rundb.statement('SELECT id FROM live WHERE kind = ?').all(kind)
    return new Set(rows.map(({ id }) => String(id)))
  }

  /**
   * Makes this file's table the `live` of the run's database. Lists can continue: both connections
   * belong to one thread, and none keeps a transaction open.
   */
  becomeLiveOf(rundb: RunDatabase): void {
    useLive(rundb, this.#path)
  }

  close(): void {
    this.#rundb.close()
  }
}
