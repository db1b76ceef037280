import { randomInt } from 'node:crypto'
import type { RowStore, SharedRows, StoredRow } from './row-store.ts'

/** Bytes of keys and rows of one table. Untouched memory costs nothing. */
const MAX_BYTES = 24 * 1024 * 1024

/** Rows of one table. Also the number of buckets. */
const MAX_ROWS = 2 ** 18

const MAX_LINE = 2 ** 31 - 1

/**
 * Numbers of a row: the previous row in its bucket, the hash and length of its key, its place, and
 * where its text begins and ends.
 */
const [NEXT, HASH, LENGTH, FILE, LINE, START, END, NUMBERS] = [0, 1, 2, 3, 4, 5, 6, 7]

/** In place of the number of the file. */
const REMOVED = -1

/**
 * Rows of a table in memory that all threads share, by ID from 1: a hash table of their keys, and
 * their text in UTF-8. Loading takes half as long as on disk.
 */
export class RowsInMemory implements RowStore {
  readonly shared: SharedRows
  readonly #factor: number
  readonly #last: Int32Array
  readonly #numbers: Int32Array
  readonly #text: Buffer
  #used = 0

  constructor(shared: SharedRows = allocated()) {
    this.shared = shared
    this.#factor = shared.factor
    this.#last = new Int32Array(shared.last)
    this.#numbers = new Int32Array(shared.numbers)
    this.#text = Buffer.from(shared.text)
  }

  /**
   * Adds the next row.
   * @param others its other keys, for which there is never room
   * @returns false, with nothing added, if there is no room
   */
  add({ id, key, file, line, data }: StoredRow, others: readonly string[] = []): boolean {
    const room = 3 * (key.length + data.length)
    if (others.length > 0 || id > MAX_ROWS || line > MAX_LINE || this.#used + room > MAX_BYTES) return false
    const hash = this.#hash(key)
    const bucket = hash & (MAX_ROWS - 1)
    const start = this.#used
    this.#used += this.#text.write(key + data, start)
    const at = id * NUMBERS
    this.#numbers[at + NEXT] = this.#last[bucket] ?? 0
    this.#numbers[at + HASH] = hash
    this.#numbers[at + LENGTH] = key.length
    this.#numbers[at + FILE] = file
    this.#numbers[at + LINE] = line
    this.#numbers[at + START] = start
    this.#numbers[at + END] = this.#used
    this.#last[bucket] = id
    return true
  }

  find(keys: readonly string[]): StoredRow[][] {
    return keys.map((key) => {
      const found: StoredRow[] = []
      const hash = this.#hash(key)
      for (let id = this.#last[hash & (MAX_ROWS - 1)] ?? 0; id !== 0; id = this.#number(id, NEXT)) {
        if (this.#number(id, HASH) !== hash || this.#number(id, LENGTH) !== key.length) continue
        const row = this.get(id)
        if (row?.key === key) found.push(row)
      }
      return found.reverse()
    })
  }

  get(id: number): StoredRow | undefined {
    const file = this.#number(id, FILE)
    if (file === REMOVED) return undefined
    const text = this.#text.toString('utf8', this.#number(id, START), this.#number(id, END))
    const length = this.#number(id, LENGTH)
    return { id, key: text.slice(0, length), file, line: this.#number(id, LINE), data: text.slice(length) }
  }

  *removeSurplus(rows: number): Iterable<StoredRow> {
    const keys = new Set<string>()
    for (let id = 1; id <= rows; id++) {
      const row = this.get(id)
      if (row === undefined || keys.size < keys.add(row.key).size) continue
      this.#numbers[id * NUMBERS + FILE] = REMOVED
      yield row
    }
  }

  close(): void {}

  /** Not a polynomial of the characters, which would have the same collisions for every factor. */
  #hash(key: string): number {
    let hash = this.#factor
    for (let index = 0; index < key.length; index++) {
      hash = Math.imul(hash ^ key.charCodeAt(index), this.#factor)
      hash ^= hash >>> 15
    }
    return hash
  }

  #number(id: number, which: number): number {
    return this.#numbers[id * NUMBERS + which] ?? 0
  }
}

function allocated(): SharedRows {
  const numbers = (count: number) => new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT)
  return {
    last: numbers(MAX_ROWS),
    numbers: numbers((MAX_ROWS + 1) * NUMBERS),
    text: new SharedArrayBuffer(MAX_BYTES),
    factor: (2 * randomInt(2 ** 20, 2 ** 31) + 1) | 0,
  }
}
