import { isObject } from '../json.ts'
import { ROW_FILE, ROW_LINE, type SourceRecord } from './source.ts'

/** Limit on counted names per stream, because an object used as a map has any number of names. */
const MAX_NAMES = 1000

export interface StreamColumns {
  records: number
  /** Number of records with a value, by name. */
  filled: ReadonlyMap<string, number>
  /** Whether the stream has more names than the limit. */
  cut: boolean
  /**
   * The main stream whose records contain these rows, directly or not. Undefined: a main stream.
   */
  within?: string
}

interface Tally {
  records: number
  filled: Map<string, { count: number }>
  cut: boolean
  within?: string
}

/** Counts the members of records and of their joined rows, in bounded memory. */
export class ColumnsSeen {
  readonly #streams = new Map<string, Tally>()
  readonly #maxNames: number

  /** @param maxNames Infinity for a part of the records, which `merge` adds later */
  constructor(maxNames = MAX_NAMES) {
    this.#maxNames = maxNames
  }

  add({ stream, data }: Pick<SourceRecord, 'stream' | 'data'>): void {
    this.#count(this.#tally(stream, undefined), data, stream)
  }

  /** Adds the counts of the records that follow. */
  merge(streams: ReadonlyMap<string, StreamColumns>): void {
    for (const [stream, { records, filled, within }] of streams) {
      const tally = this.#tally(stream, within)
      if (within !== undefined && tally.within === undefined) continue
      tally.records += records
      for (const [name, count] of filled) this.#add(tally, name, count)
    }
  }

  /** By stream. A joined stream has its own name unless a main stream has that name. */
  streams(): ReadonlyMap<string, StreamColumns> {
    return new Map(
      [...this.#streams].map(([stream, { filled, ...tally }]) => {
        return [stream, { ...tally, filled: new Map([...filled].map(([name, { count }]) => [name, count])) }]
      }),
    )
  }

  #tally(stream: string, within: string | undefined): Tally {
    let tally = this.#streams.get(stream)
    if (tally === undefined) {
      tally = { records: 0, filled: new Map(), cut: false, ...(within !== undefined && { within }) }
      this.#streams.set(stream, tally)
    }
    return tally
  }

  #count(tally: Tally, data: Readonly<Record<string, unknown>>, main: string): void {
    tally.records += 1
    for (const name in data) {
      const value = data[name]
      this.#add(tally, name, isUnfilled(value) ? 0 : 1)
      if (Array.isArray(value)) this.#joined(name, value, main)
    }
  }

  #add(tally: Tally, name: string, count: number): void {
    const known = tally.filled.get(name)
    if (known !== undefined) known.count += count
    else if (tally.filled.size >= this.#maxNames) tally.cut = true
    else tally.filled.set(name, { count })
  }

  #joined(name: string, rows: readonly unknown[], main: string): void {
    for (const row of rows) {
      if (!isObject(row) || !(ROW_FILE in row)) return
      const tally = this.#tally(name, main)
      if (tally.within !== undefined) this.#count(tally, row, main)
    }
  }
}

/** Members that contain the place of a row and no data. */
export function isPlace(name: string): boolean {
  return name === ROW_FILE || name === ROW_LINE
}

function isUnfilled(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (typeof value === 'string') return value.trim() === ''
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}
