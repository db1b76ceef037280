import type { JsonObject } from '../../../json.ts'
import { IdSet } from '../../join/id-set.ts'
import { type SnapshotWriter, SpoiledReading } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import type { ClerkObject, Page } from './api.ts'

/** A list of the API that becomes a stream of the snapshot, or part of one. */
export interface CountedList {
  stream: string
  /** `users`, `memberships of org_1`: the name in messages, and the prefix of facts. */
  what: string
  page(offset: number, limit: number): Promise<Page>
  /** The API's count. */
  total(): Promise<number>
  /** What to keep of an entry. Undefined: nothing. */
  keep(entry: ClerkObject): JsonObject | undefined
  /** Whether every entry is kept. Then an interrupted reading can continue where it stopped. */
  whole: boolean
}

export interface ReadingContext extends CaptureContext {
  snapshot: SnapshotWriter
  /** The system as messages name it. */
  name: string
  pageSize: number
  concurrency: number
}

/** Allowed difference between clocks, in milliseconds. */
const SKEW = 300_000
/** Maximum number of new readings of a list with missing entries. */
const SWEEPS = 2

/** The IDs of a stream that an earlier process read. The caller closes the set. */
export async function idsOf(stream: string, snapshot: SnapshotWriter): Promise<IdSet> {
  const ids = new IdSet()
  for await (const rows of snapshot.read(stream)) ids.add(rows.map(({ data }) => ({ id: String(data.id) })))
  return ids
}

/** Reads one list in steps, which are done when its count matches. */
export class ListReader {
  readonly #list: CountedList
  readonly #context: ReadingContext
  /** Of all lists of the stream. */
  readonly #known: IdSet
  /** Of this list. */
  readonly #own: IdSet
  readonly #steps = new Map<string, number>()

  /**
   * @param known the IDs of the stream
   * @param own the IDs of this list, if it is only part of the stream
   */
  constructor(list: CountedList, context: ReadingContext, known: IdSet, own = known) {
    this.#list = list
    this.#context = context
    this.#known = known
    this.#own = own
  }

  /** Reads from where the step was interrupted, or from `begin`, to the end of the list. */
  async read(step: string, begin = 0): Promise<void> {
    const { stream, page, keep, whole } = this.#list
    const { snapshot, pageSize, concurrency, progress } = this.#context
    if (snapshot.isDone(step)) return
    const before = await this.#countBefore()
    const cursor = snapshot.cursor(step)
    const from = whole && typeof cursor === 'number' ? cursor : begin
    this.#steps.set(step, from)
    await readList({
      page,
      pageSize,
      concurrency,
      from,
      expected: before,
      seen: this.#own,
      take: async (fresh, end) => {
        const added = this.#own === this.#known ? fresh : this.#known.add(fresh)
        const kept = added.map(keep).filter((row) => row !== undefined)
        await snapshot.append(stream, kept, { step, cursor: end })
        this.#steps.set(step, end)
        const done = this.#own.size
        const total = Math.max(before, done)
        progress({ phase: `reading the ${stream}`, ...(whole ? { done, total } : { done: snapshot.count(stream) }) })
      },
    })
  }

  /**
   * Compares the entries with the API's count, and ends the steps. If entries are missing, reads
   * the list again from its beginning.
   * @throws SpoiledReading when they stay missing, or there are more entries than possible
   */
  async finish(): Promise<void> {
    const { stream, what, total } = this.#list
    const { snapshot, warn, name } = this.#context
    if (this.#steps.size === 0) return
    const before = await this.#countBefore()
    let after = await total()
    for (let sweep = 1; this.#own.size < after && sweep <= SWEEPS; sweep += 1) {
      await this.read(`${what}/again-${sweep}`)
      after = await total()
    }
    const read = this.#own.size
    const most = Math.max(before, after)
    if (read < after || (read > most && read > most + (await this.#createdMeanwhile()))) {
      throw new SpoiledReading({
        code: 'count_mismatch',
        message: `${name} counted ${before} ${what} before the reading and ${after} after it, but ${read} were read`,
        hint: 'run the command again while nobody changes the instance: it reads from the beginning; an incomplete reading is never migrated',
      })
    }
    for (const [step, cursor] of this.#steps) await snapshot.append(stream, [], { step, cursor, done: true })
    if (read > after) warn(deletedMeanwhile(what, read - after))
  }

  async #countBefore(): Promise<number> {
    const { snapshot } = this.#context
    const fact = `${this.#list.what} before`
    const known = snapshot.fact(fact)
    if (typeof known === 'number') return known
    const before = await this.#list.total()
    snapshot.note(fact, before)
    return before
  }

  /** Number of entries created since the reading began, by their own times. */
  async #createdMeanwhile(): Promise<number> {
    const { snapshot } = this.#context
    const begun = Number(snapshot.fact('begun')) - SKEW
    let count = 0
    for await (const rows of snapshot.read(this.#list.stream)) {
      count += rows.filter(({ data }) => Number(data.created_at) >= begun).length
    }
    return count
  }
}

function deletedMeanwhile(what: string, count: number) {
  return {
    code: 'deleted_meanwhile',
    severity: 'warning',
    message: `${count} of the ${what} ${count === 1 ? 'was' : 'were'} read and then deleted in Clerk`,
    hint: 'add --fresh to read the instance again; until then, they are in the snapshot',
  } as const
}

/** A list that is read by offset from its oldest entry, while entries can come and go. */
interface ListReading {
  page(offset: number, limit: number): Promise<Page>
  pageSize: number
  concurrency: number
  /** Where an earlier reading was interrupted. */
  from: number
  /** Expected number of entries. Pages beyond are not requested ahead. */
  expected: number
  /** IDs of this list that were read before. */
  seen: IdSet
  /** Receives new entries, and the offset at which their page ended. */
  take(fresh: ClerkObject[], end: number): Promise<void>
}

/**
 * Reads to the end. Each page begins with entries that were already read. If they are missing,
 * earlier entries were deleted and later ones moved up, so the reading goes back to a known entry.
 * No entry is lost or doubled.
 */
export async function readList(reading: ListReading): Promise<void> {
  const { page, pageSize, concurrency, seen, take } = reading
  const overlap = pageSize < 2 ? 0 : Math.max(1, Math.floor(pageSize / 100))
  const ahead = new Ahead((offset) => page(offset, pageSize), pageSize - overlap, concurrency)
  let offset = Math.max(0, reading.from - overlap)
  let expected = reading.expected
  for (;;) {
    const { rows, total, last } = await ahead.at(offset, expected)
    if (total !== undefined) expected = total
    const [first] = rows
    if (offset > 0 && overlap > 0 && (first === undefined || !seen.has(first.id))) {
      offset = Math.max(0, offset - pageSize)
      continue
    }
    const end = offset + rows.length
    const fresh = seen.add(rows)
    if (fresh.length > 0) await take(fresh, end)
    // A page can be shorter than requested without being the last. The last page contains nothing
    // new.
    if (fresh.length === 0 && rows.length <= overlap) return
    if (last || rows.length === 0 || (total !== undefined && end >= total)) return
    offset = Math.max(0, end - overlap)
  }
}

/** Requests pages at regular offsets ahead of their turn, a limited number at once. */
class Ahead<Page> {
  readonly #fetch: (offset: number) => Promise<Page>
  readonly #step: number
  readonly #width: number
  readonly #asked = new Map<number, Promise<Page>>()

  /**
   * @param step from one page to the next; @param width number of pages requested at once, at least
   *   1
   */
  constructor(fetch: (offset: number) => Promise<Page>, step: number, width: number) {
    this.#fetch = fetch
    this.#step = step
    this.#width = Math.max(1, width)
  }

  /**
   * The page at an offset. Also requests the pages after it, below `end`, and drops pages at other
   * offsets.
   */
  at(offset: number, end: number): Promise<Page> {
    const wanted = [offset]
    while (wanted.length < this.#width && offset + wanted.length * this.#step < end) {
      wanted.push(offset + wanted.length * this.#step)
    }
    for (const asked of this.#asked.keys()) if (!wanted.includes(asked)) this.#asked.delete(asked)
    for (const each of wanted) if (!this.#asked.has(each)) this.#ask(each)
    const page = this.#asked.get(offset) ?? this.#fetch(offset)
    this.#asked.delete(offset)
    return page
  }

  #ask(offset: number): void {
    const page = this.#fetch(offset)
    // The error is thrown in turn, which can never come.
    page.catch(() => {})
    this.#asked.set(offset, page)
  }
}

/** New entries then come at the end of the list. */
export const OLDEST_FIRST = '+created_at'

/** A list that is a whole stream and has its total on each page. */
export function listOf(stream: string, page: (offset: number, limit: number) => Promise<Page>): CountedList {
  const total = async () => (await page(0, 1)).total ?? 0
  return { stream, what: stream, page, total, keep: (entry) => entry, whole: true }
}
