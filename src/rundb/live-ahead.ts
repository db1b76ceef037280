import { createPrivateFile } from '../files/regular-file.ts'
import { throwawayPath } from '../files/scratch.ts'
import { createLive, insertLaid, type Listing, layInto, useLive } from './live.ts'
import { RunDatabase, type StagingPlace } from './run-database.ts'

/** Lists out of the order of IDs, for a thread to insert into the table `live`. */
export interface Laid {
  /** The file with the table `live`. */
  live: StagingPlace
  /** The file in which they are laid aside. */
  aside: string
  kinds: string[]
}

/**
 * What is read from WorkOS before the run's database exists, in a file of its own. In: pages of
 * lists. Out: the table `live` of the run's database, in place. Lists out of the order of IDs are
 * laid aside in a second file until they are needed, or until another thread inserts them.
 */
export class LiveAhead {
  readonly #aside: string
  readonly #rundb: RunDatabase
  readonly #laid = new Set<string>()

  /** @param folder the run's scratch folder */
  constructor(folder: string) {
    const path = throwawayPath(folder, 'live')
    this.#aside = throwawayPath(folder, 'listed')
    for (const each of [path, this.#aside]) createPrivateFile(each)
    this.#rundb = new RunDatabase({ path })
    createLive(this.#rundb)
    this.#rundb.attach('aside', this.#aside)
    this.#rundb.keepToItself()
  }

  /** Begins the list of a kind. */
  list(kind: string): Listing {
    const { add, done } = layInto(this.#rundb, kind, 'aside')
    return {
      add,
      done: () => {
        if (!done()) this.#laid.add(kind)
      },
    }
  }

  /** Inserts what was laid aside of a complete list. */
  insert(kind: string): void {
    if (this.#laid.delete(kind)) insertLaid(this.#rundb, kind, 'aside')
  }

  /** The IDs of a kind, once its list is complete. */
  ids(kind: string): Set<string> {
    this.insert(kind)
    const rows = this.#rundb.statement('SELECT id FROM live WHERE kind = ?').all(kind)
    return new Set(rows.map(({ id }) => String(id)))
  }

  /**
   * Leaves both files to another thread. Until it has inserted these lists, they must not be used.
   */
  lend(): Laid {
    this.#rundb.share()
    const kinds = [...this.#laid]
    this.#laid.clear()
    return { live: this.#rundb.place, aside: this.#aside, kinds }
  }

  /**
   * Makes this file's table the `live` of the run's database. Lists can continue: both connections
   * belong to one thread, and none keeps a transaction open.
   */
  becomeLiveOf(rundb: RunDatabase): void {
    this.#rundb.share()
    useLive(rundb, this.#rundb.place.path)
  }

  close(): void {
    this.#rundb.close()
  }
}

/** Inserts lists that another thread has lent. */
export function insertLent({ live, aside, kinds }: Laid): void {
  if (kinds.length === 0) return
  const rundb = new RunDatabase(live)
  try {
    rundb.attach('aside', aside)
    for (const kind of kinds) insertLaid(rundb, kind, 'aside')
  } finally {
    rundb.close()
  }
}
