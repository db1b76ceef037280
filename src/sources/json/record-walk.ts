import type { Json, JsonObject } from '../../json.ts'
import { ObjectBuilder } from './builder.ts'
import type { JsonEvents } from './grammar.ts'
import { writePath } from './records-path.ts'

/** Paths that an error may name when the records are not where they were looked for. */
const MAX_PATHS = 8

/** Lists and objects that are looked at for such paths. */
const MAX_LOOKS = 10_000

interface Frame {
  list: boolean
  /** Names of the path that lead here; undefined beside the path. */
  matched: number | undefined
  /** Of an object: the member that was begun last. */
  key: string
}

/** What hears of the records on a walk. */
export interface RecordSink {
  /** A record begins. */
  begin(): void
  /** It is complete. */
  record(data: JsonObject): void
  /** Something stands where a record is expected. */
  noObject(): void
}

/**
 * Walks through a document and takes out the records at a path of names. Lists on the way are gone through, as JSONata does; a list at
 * its end holds the records. Only the record that is being read is kept.
 */
export class RecordWalk implements JsonEvents {
  readonly #names: readonly string[]
  readonly #sink: RecordSink
  readonly #frames: Frame[] = []
  readonly #paths = new Set<string>()
  #looks = 0
  #builder: ObjectBuilder | undefined
  #found = false

  constructor(names: readonly string[], sink: RecordSink) {
    this.#names = names
    this.#sink = sink
  }

  /** Whether the path has led somewhere. */
  get found(): boolean {
    return this.#found
  }

  /** Whether a record is being read. */
  get inRecord(): boolean {
    return this.#builder !== undefined
  }

  /** Paths to lists of objects beside the path, as far as they were met near the head; else the members of the document. */
  get paths(): string[] {
    return [...this.#paths]
  }

  open(list: boolean): void {
    if (this.#builder === undefined) this.#enter(list)
    else this.#builder.open(list)
  }

  #enter(list: boolean): void {
    const place = this.#place()
    if (place === 'record' || (place === this.#names.length && !list)) {
      this.#found = true
      if (!list) {
        this.#builder = new ObjectBuilder()
        this.#sink.begin()
        return
      }
      this.#sink.noObject()
    } else if (place === this.#names.length) this.#found = true
    this.#frames.push({ list, matched: place === 'record' ? undefined : place, key: '' })
    if (this.#looks++ < MAX_LOOKS) this.#notice(list)
  }

  close(): void {
    if (this.#builder === undefined) {
      this.#frames.pop()
      return
    }
    this.#builder.close()
    if (!this.#builder.done) return
    this.#sink.record(this.#builder.value)
    this.#builder = undefined
  }

  key(name: string): void {
    const frame = this.#frames.at(-1)
    if (this.#builder !== undefined) this.#builder.key(name)
    else if (frame !== undefined) frame.key = name
  }

  scalar(value: Json): void {
    if (this.#builder === undefined) this.#meet(value)
    else this.#builder.scalar(value)
  }

  #meet(value: Json): void {
    const place = this.#place()
    if (place !== 'record' && place !== this.#names.length) return
    this.#found = true
    // `users: null` is a list with nobody in it.
    if (place === 'record' || value !== null) this.#sink.noObject()
  }

  /** Where the value stands that begins now: as a record in the list of them, or so many names down the path, or beside it. */
  #place(): 'record' | number | undefined {
    const parent = this.#frames.at(-1)
    if (parent === undefined) return 0
    const { list, matched, key } = parent
    if (matched === undefined) return undefined
    if (list) return matched === this.#names.length ? 'record' : matched
    return key === this.#names[matched] ? matched + 1 : undefined
  }

  /** Remembers the path to an object in a list, when one has just been opened. */
  #notice(list: boolean): void {
    const above = this.#frames.slice(0, -1)
    if (list || this.#paths.size >= MAX_PATHS || above.length > 8 || above.at(-1)?.list !== true) return
    this.#paths.add(writePath(above.filter((frame) => !frame.list).map(({ key }) => key)) || '$')
  }
}
