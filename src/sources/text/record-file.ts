/**
 * Reads a text file as records, in any format. In: the file, and its format. Out: records with
 * their lines, counts, and rejected records in the context. Numbers the records of several files in
 * one sequence.
 */

import { createHash } from 'node:crypto'
import type { Problem, Reason } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { CutFormat, RowsFound } from '../csv/format.ts'
import type { ReadContext, SourceRecord, StreamCount } from '../source.ts'
import type { Cut, Unsure } from './cut.ts'
import type { SourceFile } from './file.ts'
import { Numbering } from './numbering.ts'
import { MAX_RECORD_BYTES } from './record-limit.ts'
import { ownMembers, unfilled } from './reject-columns.ts'
import { type Encoding, nulWarning, readText } from './utf8.ts'

/** One record and the line on which it begins. */
export interface LineRecord {
  line: number
  /** Number of the record in its file, from 1, for formats with several records on one line. */
  number?: number
  data: JsonObject
}

/** A file that is read as records, with their counts. */
export interface RecordFile {
  /** The records, in batches of one piece of the file. Can be read once. */
  records(): AsyncGenerator<LineRecord[]>
  /**
   * The same records, in parts of at most `size` if their ends are visible without parsing. Does
   * not call the RowTap.
   */
  parts(size: number): AsyncGenerator<FilePart>
  /** Rejects a record that was read. */
  reject(line: number, refusal: Reason): void
  count(): StreamCount
  /** SHA-256 (hex) of the file's bytes, once all of it has been read. */
  digest(): string
}

/** A part of a file. Its findings are reported in the order of the parts. */
export type FilePart =
  /** Records that any thread can extract. `settle` receives the findings. */
  | { cut: Cut; table: CutFormat | undefined; settle(found: RowsFound): void }
  | { records: LineRecord[] }
  | { step(): void }

/** Receives what a format finds in a text. */
export interface RecordSink {
  readonly file: SourceFile
  /** Maximum number of bytes in a record. */
  readonly maxRecordBytes: number
  /** Counts a record, good or bad. */
  met(): void
  /**
   * Rejects a record that was counted.
   * @param text of the record, if it cannot be parsed
   */
  reject(line: number, refusal: Reason, text?: string): void
  /** For formats with a record per line: the current line. */
  reached(line: number): void
  /** Counts NUL characters that were left out. */
  nuls(count: number): void
  warn(problem: Problem): void
}

/** Parses a text. Its chunks are UTF-8 and do not end within a character. */
export interface TextFormat {
  /** @param begun first line of the text, if it follows cuts */
  read(text: AsyncGenerator<Buffer>, sink: RecordSink, begun?: number): AsyncGenerator<LineRecord[]>
  /**
   * For formats with a record per line: cuts the text into pieces of at most `size` lines.
   * @returns the rest that must be read as text, if any
   */
  cut?(
    text: AsyncGenerator<Buffer>,
    sink: Pick<RecordSink, 'file' | 'maxRecordBytes'>,
    size: number,
  ): AsyncGenerator<Cut, Uncut | undefined>
}

/** Text that is not cut. Without a line, it is the whole text. */
export type Uncut = Pick<Unsure, 'text'> & Partial<Pick<Unsure, 'line'>>

export interface TextFileOptions {
  stream: string
  file: SourceFile
  role: StreamCount['role']
  encoding?: Encoding
  format: TextFormat
  /** Maximum number of bytes in a record. */
  maxRecordBytes?: number
}

/** Reports at once, or in turn. */
type Tell = (step: () => void) => void

/** A text file in any format that yields records. */
export class TextFile implements RecordFile {
  readonly #options: TextFileOptions
  readonly #context: ReadContext
  readonly #hash = createHash('sha256')
  #digest: string | undefined
  #read = 0
  #rejected = 0
  #nuls = 0
  #lastLine = 0

  constructor(options: TextFileOptions, context: ReadContext) {
    this.#options = options
    this.#context = context
  }

  async *records(): AsyncGenerator<LineRecord[]> {
    const tell: Tell = (step) => step()
    const text = this.#open(tell)
    try {
      for await (const records of this.#options.format.read(text, this.#sink(tell))) yield this.#shown(records, tell)
    } finally {
      await text.return(undefined)
    }
    this.#end(tell)
  }

  async *parts(size: number): AsyncGenerator<FilePart> {
    const told: (() => void)[] = []
    const tell: Tell = (step) => told.push(step)
    const steps = function* (): Generator<FilePart> {
      for (const step of told.splice(0)) yield { step }
    }
    const text = this.#open(tell)
    try {
      for await (const part of this.#partsOf(text, size, tell)) {
        yield* steps()
        yield part
      }
    } catch (error) {
      yield* steps()
      throw error
    } finally {
      await text.return(undefined)
    }
    this.#end(tell)
    yield* steps()
  }

  async *#partsOf(text: AsyncGenerator<Buffer>, size: number, tell: Tell): AsyncGenerator<FilePart> {
    const { format } = this.#options
    const sink = this.#sink(tell)
    let rest: Uncut | undefined = { text }
    if (format.cut !== undefined) {
      const cuts = format.cut(text, sink, size)
      let next = await cuts.next()
      for (; !next.done; next = await cuts.next()) {
        this.#reached(next.value.lastLine)
        yield { cut: next.value, table: undefined, settle: (found) => this.#settle(found) }
      }
      rest = next.value
    }
    if (rest === undefined) return
    for await (const records of format.read(rest.text, sink, rest.line)) {
      yield { records: this.#shown(records, tell) }
    }
  }

  #open(tell: Tell): AsyncGenerator<Buffer> {
    const { file, encoding, role, format } = this.#options
    const { watch, signal, numbering } = this.#context
    if (role === 'main' && format.cut !== undefined) numbering?.beginFile(1)
    const onNul = (count: number) => {
      this.#nuls += count
    }
    const warn = (problem: Problem) => tell(() => this.#context.warn(problem))
    return readText(file, { encoding, hash: this.#hash, watch, signal, onNul, warn })
  }

  #sink(tell: Tell): RecordSink {
    const { file, maxRecordBytes = MAX_RECORD_BYTES } = this.#options
    return {
      file,
      maxRecordBytes,
      met: () => {
        this.#read++
      },
      reject: (line, refusal, text) => tell(() => this.#refuse(line, refusal, text)),
      reached: (line) => this.#reached(line),
      nuls: (count) => {
        this.#nuls += count
      },
      warn: (problem) => tell(() => this.#context.warn(problem)),
    }
  }

  #reached(line: number): void {
    this.#lastLine = Math.max(this.#lastLine, line)
  }

  #settle({ read, nuls = 0, refused }: RowsFound): void {
    this.#read += read
    this.#nuls += nuls
    for (const { line, problem } of refused) this.#refuse(line, problem)
  }

  #end(tell: Tell): void {
    const { file, role, format } = this.#options
    if (role === 'main' && format.cut !== undefined) this.#context.numbering?.endFile(this.#lastLine)
    this.#digest = this.#hash.digest('hex')
    tell(() => {
      if (this.#nuls > 0) this.#context.warn(nulWarning(file, this.#nuls))
      if (this.#read === 0) this.#context.warn(noRecords(file))
    })
  }

  reject(line: number, refusal: Reason): void {
    this.#refuse(line, refusal)
  }

  #refuse(line: number, refusal: Reason, text?: string): void {
    this.#rejected++
    const { tap } = this.#context
    const { stream, file } = this.#options
    if (text !== undefined && tap?.wants(file.name, line)) tap.take({ stream, file: file.name, line, text })
    const origin = { file: file.name, line }
    this.#context.reject({ stream, origin, problem: { ...refusal, at: origin } })
  }

  /**
   * Removes the members that a file of rejected rows adds, and passes original records to the
   * RowTap.
   */
  #shown(records: LineRecord[], tell: Tell): LineRecord[] {
    const { tap } = this.#context
    const {
      stream,
      file: { name: file },
    } = this.#options
    return records.filter((record) => {
      const { line } = record
      const own = ownMembers(record.data)
      if (!('data' in own)) {
        tell(() => this.#refuse(line, unfilled(own.text), own.text))
        return false
      }
      record.data = own.data
      if (tap?.wants(file, line)) tap.take({ stream, file, line, data: own.data })
      return true
    })
  }

  count(): StreamCount {
    const { stream, file, role } = this.#options
    const passed = this.#read - this.#rejected
    return { stream, file: file.name, role, read: this.#read, passed, rejected: this.#rejected }
  }

  digest(): string {
    if (this.#digest === undefined) throw new Error('the digest is known only after the file has been read to its end')
    return this.#digest
  }
}

function noRecords(file: SourceFile): Problem {
  return { code: 'no_records', severity: 'warning', message: 'the file contains no records', at: { file: file.name } }
}

/** Numbers the records of a main stream, and yields non-empty chunks of at most `size`. */
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

/**
 * Numbers the records of main streams from several files, and yields non-empty chunks of at most
 * `size`.
 */
export async function* numberedFrom(
  batches: AsyncIterable<{ stream: string; file: string; records: LineRecord[] }>,
  size: number,
  numbering = new Numbering(),
): AsyncGenerator<SourceRecord[]> {
  let chunk: SourceRecord[] = []
  for await (const { stream, file, records } of batches) {
    for (const record of records) {
      chunk.push(placedRecord(record, { stream, file }, numbering))
      if (chunk.length < size) continue
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}

export function placedRecords(
  records: readonly LineRecord[],
  { stream, file }: { stream: string; file: string },
  numbering: Numbering,
): SourceRecord[] {
  return records.map((record) => placedRecord(record, { stream, file }, numbering))
}

function placedRecord(
  { line, number, data }: LineRecord,
  { stream, file }: { stream: string; file: string },
  numbering: Numbering,
): SourceRecord {
  const origin = number === undefined ? { file, line } : { file, line, record: number }
  return { seq: numbering.of(line), stream, origin, data }
}
