import type { JsonObject } from '../../../json.ts'
import { IdSet } from '../../join/join-table.ts'
import { type SnapshotWriter, SpoiledReading } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import type { ClerkObject, Page } from './api.ts'

/** A list of the API that becomes a stream of the snapshot, or part of one. */
export interface CountedList {
  stream: string
  /** `users`, `memberships of org_1`: what messages call it, and facts begin with. */
  what: string
  page(offset: number, limit: number): Promise<Page>
  /** How many the API counts. */
  total(): Promise<number>
  /** What is kept of an entry; undefined: nothing. */
  keep(entry: ClerkObject): JsonObject | undefined
  /**
   * Whether everything is kept: what was read is then known after a kill, and reading goes on where
   * it was cut off.
   */
  whole: boolean
}

export interface ReadingContext extends CaptureContext {
  snapshot: SnapshotWriter
  /** The system as messages name it. */
  name: string
  pageSize: number
  concurrency: number
}

/** Clocks may differ so much. Milliseconds. */
const SKEW = 300_000
/** How often a list is read again from its beginning when entries are missing. */
const SWEEPS = 2

/** The ids of a stream that an earlier process read. The caller closes them. */
export async function idsOf(stream: string, snapshot: SnapshotWriter): Promise<IdSet> {
  const ids = new IdSet()
  for await (const rows of snapshot.read(stream)) ids.add(rows.map(({ data }) => ({ id: String(data.id) })))
  return ids
}

/** Reads one list in steps, which are done when its count has come out. */
export class ListReader {
  readonly #list: CountedList
  readonly #context: ReadingContext
  /** Of all lists of the stream. */
  readonly #known: IdSet
  /** Of this list. */
  readonly #own: IdSet
  readonly #steps = new Map<string, number>()

  /**
   * @param known the ids of the stream; for a list that is a whole stream it is all that it is
   *   compared with
   */
  constructor(list: CountedList, context: ReadingContext, known: IdSet, own = known) {
    this.#list = list
    this.#context = context
    this.#known = known
    this.#own = own
  }

  /** Reads from where the step was cut off, or from `begin`, to the end of the list. */
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
   * Compares what was read with what the API counts, and ends the steps. Where entries are missing
   * the list is read again from its beginning.
   * @throws SpoiledReading when they stay missing, or more were read than there can have been
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

  /**
   * Entries of the stream that came into being since the reading began, by what they say
   * themselves.
   */
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

/** A list that is read by offset, from its oldest entry on, while entries may come and go. */
interface ListReading {
  page(offset: number, limit: number): Promise<Page>
  pageSize: number
  concurrency: number
  /** Where to begin: where an earlier reading was cut off. */
  from: number
  /** How many there are, as far as is known: what lies beyond is not asked for ahead. */
  expected: number
  /** Ids of this list that were read before. */
  seen: IdSet
  /** Entries that were not seen before, and the offset at which their page ended. */
  take(fresh: ClerkObject[], end: number): Promise<void>
}

/**
 * Reads to the end. Each page begins with entries that were read already: if they are not there,
 * entries before them were deleted and those behind have moved up, so that reading goes back until
 * it meets what it knows. Nothing is lost or doubled by that.
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
    // A page may be shorter than was asked for without being the last: the last is one with nothing
    // behind what is known.
    if (fresh.length === 0 && rows.length <= overlap) return
    if (last || rows.length === 0 || (total !== undefined && end >= total)) return
    offset = Math.max(0, end - overlap)
  }
}

/** Asks for pages at regular offsets before their turn comes, a bounded number at once. */
class Ahead<Page> {
  readonly #fetch: (offset: number) => Promise<Page>
  readonly #step: number
  readonly #width: number
  readonly #asked = new Map<number, Promise<Page>>()

  /** @param step from one page to the next; @param width pages asked for at once, at least 1 */
  constructor(fetch: (offset: number) => Promise<Page>, step: number, width: number) {
    this.#fetch = fetch
    this.#step = step
    this.#width = Math.max(1, width)
  }

  /**
   * The page at an offset. The pages after it, below `end`, are asked for as well; what was asked
   * for elsewhere is forgotten.
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
    // Thrown when its turn comes, which it may never do.
    page.catch(() => {})
    this.#asked.set(offset, page)
  }
}

/** What is created while a list is read then comes at its end. */
export const OLDEST_FIRST = '+created_at'

/** A list that is a stream of its own and tells its total with each page. */
export function listOf(stream: string, page: (offset: number, limit: number) => Promise<Page>): CountedList {
  const total = async () => (await page(0, 1)).total ?? 0
  return { stream, what: stream, page, total, keep: (entry) => entry, whole: true }
}
