import { createPrivateFile } from '../files/regular-file.ts'
import { throwawayPath } from '../files/scratch.ts'
import { createKnown, type StateVersion, useKnown } from './known.ts'
import type { Laid } from './live-ahead.ts'
import { type PlainMatch, unlikeInWorkos } from './plain-match.ts'
import { ReadingThread } from './reading-thread.ts'
import { RunDatabase, type StagingPlace } from './run-database.ts'

/**
 * Copies the state, and compares WorkOS with it, before the run's database exists, in a thread of
 * its own. In: the file of a state, then the file with the complete lists of WorkOS. Out: the table
 * `known` of the run's database, in place, and what WorkOS does not have as the state says.
 */

/** Copies the state into an empty table `known`. */
export interface CopyTask {
  type: 'copy'
  known: StagingPlace
  /** URL of the state's file. */
  state: string
  version: StateVersion
}

/** Inserts lists into `live`, and runs queries on `known` and `live`. */
export interface CompareTask {
  type: 'compare'
  /** The file with the table `known`. */
  known: string
  laid: Laid
  queries: { sql: string; kind: string }[]
}

/** The keys that each query found, or whether the state was copied. */
export type KnownResult = string[][] | { copied: boolean }

/** Keys that the thread returns for a kind at most: limits the memory. */
const ROWS_AT_MOST = 10_000

/** Call `end`, also after an error. */
export class KnownAhead {
  readonly #path: string
  readonly #rundb: RunDatabase
  readonly #thread: ReadingThread<CopyTask | CompareTask, KnownResult>

  /** @param folder the run's scratch folder */
  constructor(folder: string) {
    this.#path = throwawayPath(folder, 'known')
    createPrivateFile(this.#path)
    this.#rundb = new RunDatabase({ path: this.#path })
    try {
      createKnown(this.#rundb)
    } catch (error) {
      this.#rundb.close()
      throw error
    }
    // Last: after an error above, nobody could end it.
    this.#thread = new ReadingThread('rundb/known-worker')
  }

  /**
   * @param file a URL of the state's file
   * @returns false, with nothing copied: see copyKnown
   */
  async copy(file: string, { lineage, serial }: StateVersion): Promise<boolean> {
    const { result } = await this.#thread.begin({
      type: 'copy',
      known: this.#rundb.place,
      state: file,
      version: { lineage, serial },
    })
    const found = await result
    return 'copied' in found && found.copied
  }

  /**
   * Begins to compare WorkOS with the copied state. Until the result is there, neither must change.
   * @param laid the complete lists
   * @returns by kind, the keys of what WorkOS does not have as the state says; not for kinds with
   *   much of it
   */
  async compare(laid: Laid, matches: readonly PlainMatch[]): Promise<{ result: Promise<Map<string, string[]>> }> {
    const queries = matches.map((match) => ({
      sql: `${unlikeInWorkos(match)} LIMIT ${ROWS_AT_MOST}`,
      kind: match.kind,
    }))
    const { result } = await this.#thread.begin({ type: 'compare', known: this.#path, laid, queries })
    return { result: result.then((rows) => this.#byKind(queries, rows)) }
  }

  #byKind(queries: CompareTask['queries'], rows: KnownResult): Map<string, string[]> {
    const found = new Map<string, string[]>()
    for (const [index, { kind }] of queries.entries()) {
      const unlike = Array.isArray(rows) ? rows[index] : undefined
      if (unlike !== undefined && unlike.length < ROWS_AT_MOST) found.set(kind, unlike)
    }
    return found
  }

  /** Makes this file's table the `known` of the run's database. */
  becomeKnownOf(rundb: RunDatabase): void {
    useKnown(rundb, this.#path)
  }

  async end(): Promise<void> {
    await this.#thread.end()
    this.#rundb.close()
  }
}
