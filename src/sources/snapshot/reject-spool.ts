import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAll } from '../../files/whole-file.ts'
import { type JsonObject, jsonText } from '../../json.ts'
import type { RecordedReject } from './recorded.ts'

const BATCH = 1000
/** Characters that wait to be written. */
const WAITING = 1 << 16

/** Keeps rejected records on disk until the records are written: a source may reject a million rows at one go. */
export class RejectSpool {
  readonly #path: string
  #file: number | undefined
  #waiting = ''

  /** @param folder a private one that is removed afterwards */
  constructor(folder: string) {
    this.#path = join(folder, 'rejected.ndjson')
    this.#file = openSync(this.#path, 'wx', 0o600)
  }

  add(reject: RecordedReject): void {
    // Line separators are escaped: for who reads lines they end one.
    this.#waiting += `${jsonText(reject)}\n`
    if (this.#waiting.length >= WAITING) this.#flush()
  }

  /** All of them, in batches. None may be added after. */
  async *rows(): AsyncGenerator<JsonObject[]> {
    this.#flush()
    const file = await open(this.#path)
    let batch: JsonObject[] = []
    for await (const line of file.readLines()) {
      batch.push(JSON.parse(line))
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #flush(): void {
    if (this.#file !== undefined && this.#waiting !== '') writeAll(this.#file, this.#waiting)
    this.#waiting = ''
  }
}
