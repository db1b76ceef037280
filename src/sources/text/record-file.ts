/**
 * A text file as records, whatever its format. In: the file, and a format that takes its text apart. Out: records with their lines,
 * counted, with what is refused told to the context; and the records of several files numbered in one row.
 */

import { createHash } from 'node:crypto'
import type { Problem, Reason } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { ReadContext, SourceRecord, StreamCount } from '../source.ts'
import type { SourceFile } from './file.ts'
import { Numbering } from './numbering.ts'
import { MAX_RECORD_BYTES } from './record-limit.ts'
import { rejectText, unfilled, withoutRejectMembers } from './reject-columns.ts'
import { type Encoding, nulWarning, readText } from './utf8.ts'

/** One record and the line on which it begins. */
export interface LineRecord {
  line: number
  data: JsonObject
}

/** A file that is read as records, and keeps count of them. */
export interface RecordFile {
  /** The records in batches of what a piece of the file holds. Can be read once. */
  records(): AsyncGenerator<LineRecord[]>
  /** Refuses a record that was read. */
  reject(line: number, refusal: Reason): void
  count(): StreamCount
  /** SHA-256 (hex) of the file's bytes, once all of it has been read. */
  digest(): string
}

/** What a format tells while it takes a text apart. */
export interface RecordSink {
  readonly file: SourceFile
  /** Bytes that one record may take. */
  readonly maxRecordBytes: number
  /** A record was met, good or bad. */
  met(): void
  /**
   * Refuses a record that was met.
   * @param text what stands there, where it cannot be taken apart
   */
  reject(line: number, refusal: Reason, text?: string): void
  /** So many NUL characters were left out. */
  nuls(count: number): void
  warn(problem: Problem): void
}

/** Takes a text apart: bytes in UTF-8, of which no chunk ends within a character. */
export type TextFormat = (text: AsyncGenerator<Buffer>, sink: RecordSink) => AsyncGenerator<LineRecord[]>

export interface TextFileOptions {
  stream: string
  file: SourceFile
  role: StreamCount['role']
  encoding?: Encoding
  format: TextFormat
  /** Bytes that one record may take. */
  maxRecordBytes?: number
}

/** A text file in any format that yields records. */
export class TextFile implements RecordFile, RecordSink {
  readonly file: SourceFile
  readonly maxRecordBytes: number
  readonly #options: TextFileOptions
  readonly #context: ReadContext
  readonly #hash = createHash('sha256')
  #digest: string | undefined
  #read = 0
  #rejected = 0
  #nuls = 0

  constructor(options: TextFileOptions, context: ReadContext) {
    this.file = options.file
    this.maxRecordBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES
    this.#options = options
    this.#context = context
  }

  async *records(): AsyncGenerator<LineRecord[]> {
    const { encoding, format, file } = this.#options
    const onNul = (count: number) => this.nuls(count)
    const { watch, signal } = this.#context
    const warn = (problem: Problem) => this.#context.warn(problem)
    const text = readText(file, { encoding, hash: this.#hash, watch, signal, onNul, warn })
    try {
      for await (const records of format(text, this)) yield this.#shown(records)
    } finally {
      await text.return(undefined)
    }
    if (this.#nuls > 0) this.#context.warn(nulWarning(file, this.#nuls))
    if (this.#read === 0) this.#context.warn(noRecords(file))
    this.#digest = this.#hash.digest('hex')
  }

  met(): void {
    this.#read++
  }

  nuls(count: number): void {
    this.#nuls += count
  }

  warn(problem: Problem): void {
    this.#context.warn(problem)
  }

  reject(line: number, refusal: Reason, text?: string): void {
    this.#rejected++
    const { tap } = this.#context
    if (text !== undefined && tap?.wants(this.file.name, line)) {
      tap.take({ stream: this.#options.stream, file: this.file.name, line, text })
    }
    const origin = { file: this.file.name, line }
    this.#context.reject({ stream: this.#options.stream, origin, problem: { ...refusal, at: origin } })
  }

  /** The records without what a file of rejected rows adds to them, shown to whoever wants them as they stand. */
  #shown(records: LineRecord[]): LineRecord[] {
    const { tap } = this.#context
    const [{ stream }, file] = [this.#options, this.file.name]
    return records.filter((record) => {
      const { line, data: written } = record
      const data = withoutRejectMembers(written)
      record.data = data
      if (data !== written && Object.keys(data).length === 0) {
        const text = rejectText(written)
        this.reject(line, unfilled(text), text)
        return false
      }
      if (tap?.wants(file, line)) tap.take({ stream, file, line, data })
      return true
    })
  }

  count(): StreamCount {
    const { stream, role } = this.#options
    const passed = this.#read - this.#rejected
    return { stream, file: this.file.name, role, read: this.#read, passed, rejected: this.#rejected }
  }

  digest(): string {
    if (this.#digest === undefined) throw new Error('the digest is known only after the file has been read to its end')
    return this.#digest
  }
}

function noRecords(file: SourceFile): Problem {
  return { code: 'no_records', severity: 'warning', message: 'the file holds no records', at: { file: file.name } }
}

/** Numbers the records of a main stream and hands them on in chunks of at most `size`, none empty. */
export function numbered(
  batches: AsyncIterable<LineRecord[]>,
  from: { stream: string; file: string },
  size: number,
  numbering: Numbering | undefined,
): AsyncGenerator<SourceRecord[]> {
  return numberedFrom(placed(batches, from), size, numbering)
}

async function* placed(batches: AsyncIterable<LineRecord[]>, from: { stream: string; file: string }) {
  for await (const records of batches) yield { ...from, records }
}

/** Numbers the records of main streams, which may come from several files, and hands them on in chunks of at most `size`, none empty. */
export async function* numberedFrom(
  batches: AsyncIterable<{ stream: string; file: string; records: LineRecord[] }>,
  size: number,
  numbering = new Numbering(),
): AsyncGenerator<SourceRecord[]> {
  let chunk: SourceRecord[] = []
  for await (const { stream, file, records } of batches) {
    for (const { line, data } of records) {
      chunk.push({ seq: numbering.of(line), stream, origin: { file, line }, data })
      if (chunk.length < size) continue
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}

/** Records with their place and position. */
export function placedRecords(
  records: readonly LineRecord[],
  { stream, file }: { stream: string; file: string },
  numbering: Numbering,
): SourceRecord[] {
  return records.map(({ line, data }) => ({ seq: numbering.of(line), stream, origin: { file, line }, data }))
}
