import { breathe } from '../clock.ts'
import { digester } from '../digest.ts'
import { createPrivateFile } from '../files/regular-file.ts'
import { throwawayPath } from '../files/scratch.ts'
import type { Row } from '../sqlite/open.ts'
import { keyRanges } from './key-ranges.ts'
import {
  copyKnown,
  createKnown,
  defineSameSecrets,
  type StateVersion,
  type Unlike,
  unlikeDesired,
  useKnown,
} from './known.ts'
import { findKnownFacts, type KnownFacts, noteKnownFacts } from './known-facts.ts'
import { insertLent, type Laid } from './live-ahead.ts'
import { idsTwice, type PlainMatch, unlikeInWorkos } from './plain-match.ts'
import { ReadingThread } from './reading-thread.ts'
import { RunDatabase, type StagingPlace } from './run-database.ts'

/**
 * Copies the state in a thread of its own, before the run's database exists, and then compares the
 * copy in both threads. In: the file of a state; then the file with the complete lists of WorkOS,
 * or the database with the desired set. Out: the table `known` of the run's database, in place, and
 * what is not as in the state.
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

/** Runs queries on `known` and the tables of another file. */
export interface CompareTask {
  type: 'compare'
  /** The file with the table `known`. */
  known: string
  /** The other file. Nothing changes it until all queries have run. */
  other: string
  /** Lists to insert into the other file before. Default: none. */
  laid: Laid | undefined
  /** The key of digests of secrets, if queries compare them. */
  digestKey: Uint8Array | undefined
  parts: Part[]
  /** The number of the next part. Threads take one after the other, once the lists are inserted. */
  next: Int32Array<SharedArrayBuffer>
}

/** A query for rows of a kind, each with its key. Its parameters are the kind and a range. */
interface Part {
  kind: string
  sql: string
  range: string[]
}

/** The rows that one part found. Null: there are many of this kind. */
interface PartResult {
  kind: string
  rows: Row[] | null
}

/** What the state has. */
interface Copied {
  /** Ranges of keys by kind. */
  ranges: Map<string, string[][]>
  facts: Map<string, KnownFacts>
}

/** Undefined if the state was not copied. Or what the parts found. */
export type KnownResult = { copied: Copied | undefined } | PartResult[]

/** Rows that a thread returns for a kind at most: limits the memory. */
const ROWS_AT_MOST = 10_000

/** Runs a task in the thread. */
export function runTask(task: CopyTask | CompareTask): KnownResult {
  if (task.type === 'copy') return copy(task)
  if (task.laid !== undefined) insertLent(task.laid)
  Atomics.store(task.next, 0, 0)
  return [...comparedParts(task)]
}

function copy({ known, state, version, kinds }: CopyTask): KnownResult {
  const rundb = new RunDatabase(known)
  try {
    if (!copyKnown(rundb, state, version)) return { copied: undefined }
    const ranges = new Map(kinds.map((kind) => [kind, [...keyRanges(rundb, 'known', kind)]]))
    return { copied: { ranges, facts: findKnownFacts(rundb) } }
  } finally {
    rundb.close()
  }
}

/** Runs the parts that no thread has begun. */
function* comparedParts({ known, other, digestKey, parts, next }: CompareTask): Generator<PartResult> {
  if (Atomics.load(next, 0) >= parts.length) return
  const counts = new Map<string, number>()
  const rundb = new RunDatabase({ path: known, reads: true })
  try {
    rundb.attachUnchanging('other', other)
    if (digestKey !== undefined) defineSameSecrets(rundb, digester(digestKey).isSame)
    for (let part = nextOf(parts, next); part !== undefined; part = nextOf(parts, next)) {
      const { kind, sql, range } = part
      const count = counts.get(kind) ?? 0
      if (count >= ROWS_AT_MOST) continue
      const rows = rundb.statement(sql).all(kind, ...range)
      counts.set(kind, count + rows.length)
      yield { kind, rows: count + rows.length >= ROWS_AT_MOST ? null : rows }
    }
  } finally {
    rundb.close()
  }
}

function nextOf(parts: readonly Part[], next: Int32Array): Part | undefined {
  return parts[Atomics.add(next, 0, 1)]
}

/** A comparison that the thread has begun. */
export interface Comparison<Found> {
  /**
   * Compares what the thread has not begun, and waits for it.
   * @returns by kind, what was found, each key once. A kind with too many of them is missing
   */
  complete(): Promise<Map<string, Found[]>>
}

/** Call `end`, also after an error. */
export class KnownAhead {
  readonly #path: string
  readonly #rundb: RunDatabase
  readonly #thread: ReadingThread<CopyTask | CompareTask, KnownResult>
  #copied: Copied | undefined

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
   * @param kinds the kinds that are compared later
   * @returns false, with nothing copied: see copyKnown
   */
  async copy(file: string, { lineage, serial }: StateVersion, kinds: readonly string[]): Promise<boolean> {
    const { result } = await this.#thread.begin({
      type: 'copy',
      known: this.#rundb.place,
      state: file,
      version: { lineage, serial },
      kinds: [...kinds],
    })
    const found = await result
    this.#copied = 'copied' in found ? found.copied : undefined
    return this.#copied !== undefined
  }

  /**
   * Begins to search for what WorkOS does not have as the state says. Until it is complete, neither
   * must change.
   * @param laid the complete lists
   */
  async compareWithWorkos(laid: Laid, matches: readonly PlainMatch[]): Promise<Comparison<string>> {
    const parts = matches.flatMap((match) => [
      { kind: match.kind, sql: `${idsTwice} LIMIT ${ROWS_AT_MOST}`, range: [] },
      ...this.#partsOf(match.kind, unlikeInWorkos(match)),
    ])
    const task = { other: laid.live.path, laid, digestKey: undefined, parts }
    return this.#compare(task, ({ key }) => String(key))
  }

  /**
   * Begins to search for what is not desired as it is in the state. Until it is complete, neither
   * must change.
   * @param rundb the run's database, in a file
   * @param digestKey see StateStore
   */
  async compareWithDesired(
    rundb: RunDatabase,
    kinds: readonly string[],
    digestKey: Uint8Array,
  ): Promise<Comparison<Unlike>> {
    const parts = kinds.flatMap((kind) => this.#partsOf(kind, unlikeDesired))
    const task = { other: rundb.place.path, laid: undefined, digestKey, parts }
    return this.#compare(task, ({ key, desired, apart, changed }) => {
      return { key: String(key), desired: desired === 1, isApart: apart === 1, hasOtherSecrets: changed === 1 }
    })
  }

  #partsOf(kind: string, sql: string): Part[] {
    const ranges = this.#copied?.ranges.get(kind)
    if (ranges === undefined) throw new Error(`the state was copied without ${kind}`)
    return ranges.map((range) => ({ kind, sql: `${sql} LIMIT ${ROWS_AT_MOST}`, range }))
  }

  async #compare<Found>(
    compared: Omit<CompareTask, 'type' | 'known' | 'next'>,
    read: (row: Row) => Found,
  ): Promise<Comparison<Found>> {
    // None can be taken yet.
    const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(compared.parts.length)
    const task: CompareTask = { type: 'compare', known: this.#path, next, ...compared }
    const { result } = await this.#thread.begin(task)
    return {
      async complete() {
        const found: PartResult[] = []
        for (const part of comparedParts(task)) {
          found.push(part)
          await breathe()
        }
        const others = await result
        return byKind(task.parts, Array.isArray(others) ? [...found, ...others] : found, read)
      },
    }
  }

  /** Makes this file's table the `known` of the run's database. */
  becomeKnownOf(rundb: RunDatabase): void {
    useKnown(rundb, this.#path)
    if (this.#copied !== undefined) noteKnownFacts(rundb, this.#copied.facts)
  }

  async end(): Promise<void> {
    await this.#thread.end()
    this.#rundb.close()
  }
}

function byKind<Found>(
  asked: readonly Part[],
  found: readonly PartResult[],
  read: (row: Row) => Found,
): Map<string, Found[]> {
  const all = new Map<string, Found[]>()
  for (const kind of new Set(asked.map((part) => part.kind))) {
    const parts = found.filter((part) => part.kind === kind)
    if (parts.some(({ rows }) => rows === null)) continue
    const byKey = new Map(parts.flatMap(({ rows }) => rows ?? []).map((row) => [row.key, row]))
    all.set(kind, [...byKey.values()].map(read))
  }
  return all
}
