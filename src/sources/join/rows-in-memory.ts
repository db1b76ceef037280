import { randomInt } from 'node:crypto'
import type { RowStore, SharedRows, StoredRow } from './row-store.ts'

/** Bytes of keys and rows of one table. Untouched memory costs nothing. */
const TEXT = 24 * 1024 * 1024

/** Rows of one table. */
const MOST = 2 ** 18

/**
 * Numbers of a row: the previous row in its bucket, the hash and length of its key, its place, and
 * where its text begins and ends.
 */
const [NEXT, HASH, LENGTH, FILE, LINE, START, END, NUMBERS] = [0, 1, 2, 3, 4, 5, 6, 7]

/** In place of the number of the file. */
const REMOVED = -1

/**
 * Rows of a table in memory that all threads share, by ID from 1: a hash table of their keys, and
 * their text in UTF-8. Finding them takes half as long as on disk.
 */
export class RowsInMemory implements RowStore {
  readonly shared: SharedRows
  /** By bucket: its last row, or 0. */
  readonly #last: Int32Array
  readonly #numbers: Int32Array
  readonly #text: Buffer
  #rows = 0
  #used = 0

  constructor({ last, numbers, text }: SharedRows = allocated()) {
    this.shared = { last, numbers, text }
    this.#last = new Int32Array(last)
    this.#numbers = new Int32Array(numbers)
    this.#text = Buffer.from(text)
  }

  /** @returns false, with nothing added, if there is no room */
  add({ id, key, file, line, data }: StoredRow): boolean {
    const most = 3 * (key.length + data.length)
    if (id !== this.#rows + 1 || id > MOST || this.#used + most > TEXT) return false
    const hash = this.#hash(key)
    const bucket = hash & (MOST - 1)
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
    this.#rows = id
    return true
  }

  find(keys: readonly string[]): StoredRow[][] {
    return keys.map((key) => {
      const found: StoredRow[] = []
      const hash = this.#hash(key)
      for (let id = this.#last[hash & (MOST - 1)] ?? 0; id !== 0; id = this.#number(id, NEXT)) {
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

  /** @returns the rows that were removed */
  removeSurplus(rows: number): StoredRow[] {
    const keys = new Set<string>()
    return Array.from({ length: rows }, (_, index) => this.get(index + 1)).flatMap((row) => {
      if (row === undefined) return []
      if (keys.size < keys.add(row.key).size) return []
      this.#numbers[row.id * NUMBERS + FILE] = REMOVED
      return [row]
    })
  }

  close(): void {}

  #hash(key: string): number {
    const factor = this.#number(0, HASH)
    let hash = 0
    for (let index = 0; index < key.length; index++) hash = (Math.imul(hash, factor) + key.charCodeAt(index)) | 0
    return hash ^ (hash >>> 15)
  }

  #number(id: number, which: number): number {
    return this.#numbers[id * NUMBERS + which] ?? 0
  }
}

function allocated(): SharedRows {
  const numbers = (count: number) => new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT)
  const shared = { last: numbers(MOST), numbers: numbers((MOST + 1) * NUMBERS), text: new SharedArrayBuffer(TEXT) }
  // In place of the hash of row 0: a random odd factor, so that nobody can choose keys that collide.
  new Int32Array(shared.numbers)[HASH] = 2 * randomInt(2 ** 20, 2 ** 31) + 1
  return shared
}
