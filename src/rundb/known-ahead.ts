import { breathe } from '../clock.ts'
import { createPrivateFile } from '../files/regular-file.ts'
import { throwawayPath } from '../files/scratch.ts'
import { keyRanges } from './key-ranges.ts'
import { copyKnown, createKnown, type StateVersion, useKnown } from './known.ts'
import { attachLive } from './live.ts'
import { insertLent, type Laid } from './live-ahead.ts'
import { idsTwice, type PlainMatch, unlikeInWorkos } from './plain-match.ts'
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
  /** The kinds that are compared later. */
  kinds: string[]
}

/** Inserts lists into `live`, and runs queries on `known` and `live`. */
export interface CompareTask {
  type: 'compare'
  /** The file with the table `known`. */
  known: string
  laid: Laid
  parts: Part[]
  /**
   * The number of the next part. Threads take one after the other, once the lists are inserted.
   */
  next: Int32Array<SharedArrayBuffer>
}

/** A query for keys of a kind. Its parameters are the kind and a range. */
interface Part {
  kind: string
  sql: string
  range: string[]
}

/** The keys that one part found. Null: there is much of this kind. */
interface PartResult {
  kind: string
  keys: string[] | null
}

/** Ranges of keys by kind; undefined if the state was not copied. Or what the parts found. */
export type KnownResult = { ranges: Map<string, string[][]> | undefined } | PartResult[]

/** Keys that a thread returns for a kind at most: limits the memory. */
const KEYS_AT_MOST = 10_000

/** Runs a task in the thread. */
export function runTask(task: CopyTask | CompareTask): KnownResult {
  if (task.type === 'copy') return copy(task)
  insertLent(task.laid)
  Atomics.store(task.next, 0, 0)
  return [...comparedParts(task)]
}

function copy({ known, state, version, kinds }: CopyTask): KnownResult {
  const rundb = new RunDatabase(known)
  try {
    if (!copyKnown(rundb, state, version)) return { ranges: undefined }
    return { ranges: new Map(kinds.map((kind) => [kind, [...keyRanges(rundb, 'known', kind)]])) }
  } finally {
    rundb.close()
  }
}

/** Runs the parts that no thread has begun. */
function* comparedParts({ known, laid, parts, next }: CompareTask): Generator<PartResult> {
  if (Atomics.load(next, 0) >= parts.length) return
  const counts = new Map<string, number>()
  const rundb = new RunDatabase({ path: known, reads: true })
  try {
    attachLive(rundb, laid.live.path)
    for (let part = nextOf(parts, next); part !== undefined; part = nextOf(parts, next)) {
      const { kind, sql, range } = part
      const count = counts.get(kind) ?? 0
      if (count >= KEYS_AT_MOST) continue
      const keys = rundb.statement(sql).all(kind, ...range)
      counts.set(kind, count + keys.length)
      const isMuch = count + keys.length >= KEYS_AT_MOST
      yield { kind, keys: isMuch ? null : keys.map(({ key }) => String(key)) }
    }
  } finally {
    rundb.close()
  }
}

function nextOf(parts: readonly Part[], next: Int32Array): Part | undefined {
  return parts[Atomics.add(next, 0, 1)]
}

/** A comparison that the thread has begun. */
export interface Comparison {
  /**
   * Compares what the thread has not begun, and waits for it.
   * @returns by kind, the keys of what WorkOS does not have as the state says; not for kinds with
   *   much of it
   */
  complete(): Promise<Map<string, string[]>>
}

/** Call `end`, also after an error. */
export class KnownAhead {
  readonly #path: string
  readonly #rundb: RunDatabase
  readonly #thread: ReadingThread<CopyTask | CompareTask, KnownResult>
  #ranges: Map<string, string[][]> | undefined

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
  async copy(file: string, { lineage, serial }: StateVersion, matches: readonly PlainMatch[]): Promise<boolean> {
    const { result } = await this.#thread.begin({
      type: 'copy',
      known: this.#rundb.place,
      state: file,
      version: { lineage, serial },
      kinds: matches.map(({ kind }) => kind),
    })
    const found = await result
    this.#ranges = 'ranges' in found ? found.ranges : undefined
    return this.#ranges !== undefined
  }

  /**
   * Begins to compare WorkOS with the copied state. Until it is complete, neither must change.
   * @param laid the complete lists
   */
  async compare(laid: Laid, matches: readonly PlainMatch[]): Promise<Comparison> {
    const parts = matches.flatMap((match): Part[] => {
      const { kind } = match
      const sql = `${unlikeInWorkos(match)} LIMIT ${KEYS_AT_MOST}`
      const ranges = this.#ranges?.get(kind)
      if (ranges === undefined) throw new Error(`the state was copied without ${kind}`)
      return [
        { kind, sql: `${idsTwice} LIMIT ${KEYS_AT_MOST}`, range: [] },
        ...ranges.map((range) => ({ kind, sql, range })),
      ]
    })
    // None can be taken yet.
    const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(parts.length)
    const task: CompareTask = { type: 'compare', known: this.#path, laid, parts, next }
    const { result } = await this.#thread.begin(task)
    return {
      async complete() {
        const found: PartResult[] = []
        for (const part of comparedParts(task)) {
          found.push(part)
          await breathe()
        }
        const others = await result
        return byKind(matches, Array.isArray(others) ? [...found, ...others] : found)
      },
    }
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

function byKind(matches: readonly PlainMatch[], found: readonly PartResult[]): Map<string, string[]> {
  const all = new Map<string, string[]>()
  for (const { kind } of matches) {
    const parts = found.filter((part) => part.kind === kind)
    if (parts.some(({ keys }) => keys === null)) continue
    all.set(kind, [...new Set(parts.flatMap(({ keys }) => keys ?? []))])
  }
  return all
}
