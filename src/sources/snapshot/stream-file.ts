import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { JsonObject } from '../../json.ts'
import type { WrittenStream } from './progress.ts'
import { type RowFile, recheckRows } from './rows.ts'

const packed = promisify(gzip)

/** The file of one stream while it is written: rows wait until they are appended together, as one gzip member (RFC 1952). */
export class StreamFile {
  readonly name: string
  readonly #file: string
  readonly #path: string
  #handle: FileHandle | undefined
  readonly #hash: Hash
  #written: { records: number; bytes: number; sha256: string }
  #waiting: string[] = []
  #waitingRecords = 0

  /** A new one. */
  constructor(folder: string, name: string, file: string) {
    this.name = name
    this.#file = file
    this.#path = join(folder, file)
    this.#hash = createHash('sha256')
    this.#written = { records: 0, bytes: 0, sha256: this.#hash.copy().digest('hex') }
  }

  /** Goes on after what is written. @throws SourceError when that is damaged */
  static async resume(folder: string, { name, file, ...written }: WrittenStream): Promise<StreamFile> {
    const stream = new StreamFile(folder, name, file)
    stream.#written = written
    // Checked to its end, so that what is appended follows rows that can be read.
    await recheckRows(stream.rows(), stream.#hash)
    if (written.bytes > 0) {
      stream.#handle = await open(stream.#path, 'r+')
      await stream.#handle.truncate(written.bytes)
    }
    return stream
  }

  /** Rows that were added, written or not. */
  get records(): number {
    return this.#written.records + this.#waitingRecords
  }

  /** Adds rows that wait to be written. @returns length of their text */
  add(rows: readonly JsonObject[]): number {
    if (rows.length === 0) return 0
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    this.#waiting.push(text)
    this.#waitingRecords += rows.length
    return text.length
  }

  /** What waits, to be written by `write`. It still counts as waiting until then. */
  take(): { text: string; records: number } {
    const taken = { text: this.#waiting.join(''), records: this.#waitingRecords }
    this.#waiting = []
    return taken
  }

  /** Appends what was taken and waits for the disk. One at a time. */
  async write({ text, records }: { text: string; records: number }): Promise<WrittenStream> {
    const { bytes: position } = this.#written
    if (text !== '' || position === 0) {
      // What a killed process may have left under its name goes.
      this.#handle ??= await open(this.#path, 'w', 0o600)
      const member = await packed(text)
      await writeAt(this.#handle, member, position)
      await this.#handle.datasync()
      this.#hash.update(text)
      this.#waitingRecords -= records
      const sha256 = this.#hash.copy().digest('hex')
      this.#written = { records: this.#written.records + records, bytes: position + member.length, sha256 }
    }
    return this.written()
  }

  written(): WrittenStream {
    return { name: this.name, file: this.#file, ...this.#figures() }
  }

  /** What is written, to be read. */
  rows(): RowFile {
    return { path: this.#path, ...this.#figures() }
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }

  #figures() {
    const { records, bytes, sha256 } = this.#written
    return { records, bytes, sha256 }
  }
}

/** Writes all of it: the operating system may take a part, as on a disk that is nearly full. */
async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
    if (bytesWritten <= 0) throw new Error('the operating system takes no more bytes, and does not say why')
    at += bytesWritten
  }
}
