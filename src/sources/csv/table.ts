import type { Hash } from 'node:crypto'
import { type CsvError, type InfoRecord, Parser } from 'csv-parse'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { chain } from '../text/bytes.ts'
import { type Cut, cutRecords, type Unsure } from '../text/cut.ts'
import type { FileWatch, SourceFile } from '../text/file.ts'
import { MAX_RECORD_BYTES } from '../text/record-limit.ts'
import { type Encoding, readText } from '../text/utf8.ts'
import { BackslashRows, unreadEscapes } from './backslash.ts'
import { type CsvCodes, CsvScanner } from './cut.ts'
import { BACKSLASH_CODE, type Dialect, type Head, hasBackslashes, quoteOf, readHead } from './dialect.ts'
import type { Layout, Row } from './format.ts'
import { splitCut } from './split.ts'
import { tooLong } from './too-long.ts'

/** Maximum length of a header. */
const MAX_HEADER_BYTES = 1024 * 1024

export interface TableOptions {
  dialect?: Dialect
  encoding?: Encoding
  /** Receives the bytes as they are on disk. */
  hash?: Hash
  watch?: FileWatch
  signal?: AbortSignal
  /** Receives rows that cannot be parsed. */
  onBroken(line: number, problem: Problem): void
  /** Receives the number of NUL characters that were left out. */
  onNul?(count: number): void
  warn(problem: Problem): void
}

/** A CSV file that is open at its first row. */
export interface Table {
  /** Names in the header, without surrounding spaces. */
  columns: string[]
  /** Line of the header. Undefined: the file has none. */
  line: number | undefined
  /** The rows, in batches of one chunk of the file. Can be read once. */
  rows: AsyncIterable<Row[]>
  /** Closes the file at any time. */
  close(): Promise<void>
}

/**
 * Opens a CSV file and reads its header. The caller closes it.
 * @throws ManifestError when there is no such file, SourceError when it is empty or not text in its
 *   encoding
 */
export async function openTable(file: SourceFile, options: TableOptions): Promise<Table> {
  return tableOf(await openText(file, options), options.dialect)
}

/** A text that is open at its header, or at its first row. */
interface OpenText {
  file: SourceFile
  encoding: Encoding | undefined
  text: AsyncGenerator<Buffer>
  settings: RowSettings
}

async function openText(file: SourceFile, options: TableOptions): Promise<OpenText> {
  const { dialect = {}, encoding, hash, watch, signal } = options
  const { delimiter } = dialect
  const { onNul = () => {} } = options
  const bytes = readText(file, { encoding, hash, watch, signal, onNul, warn: options.warn })
  const { start, head } = await readStart(bytes, file, dialect)
  const unread = dialect.escape === undefined ? unreadEscapes(file.name, start.toString('utf8')) : undefined
  if (unread !== undefined) options.warn(unread)
  return {
    file,
    encoding,
    text: chain(start.subarray(head.start), bytes),
    settings: {
      file: file.name,
      delimiter: delimiter === 'tab' ? '\t' : (delimiter ?? head.delimiter),
      newline: head.newline,
      dialect,
      firstLine: head.line,
      onBroken: options.onBroken,
      onNul,
    },
  }
}

async function tableOf(opened: OpenText, { columns }: Dialect = {}): Promise<Table> {
  const { text, settings } = opened
  const rows = explained(splitRows(text, settings, columns !== undefined), opened)
  const first = await rows.next()
  const read = first.done ? [] : first.value
  return {
    columns: columns === undefined ? namesIn(read[0]) : [...columns],
    line: columns === undefined ? settings.firstLine : undefined,
    rows: following(columns === undefined ? read.slice(1) : read, rows),
    async close() {
      await rows.return(undefined)
    },
  }
}

function namesIn(header: Row | undefined): string[] {
  return (header?.fields ?? []).map((name) => name.trim())
}

/**
 * A part of a cut table: whole records, or parsed rows if bytes alone do not show where records
 * end.
 */
type TablePart = { cut: Cut; layout: Layout } | { rows: Row[] }

/** A CSV file that is open at its first row, to be split by other threads. */
export interface CutTable extends Pick<Table, 'columns' | 'line' | 'close'> {
  /** The rows in order. Can be read once. */
  parts: AsyncIterable<TablePart>
}

/**
 * Opens a CSV file and reads its header, to cut the rest into pieces of `size` records. The caller
 * closes it.
 * @throws as `openTable`
 */
export async function openCuts(file: SourceFile, options: TableOptions, size: number): Promise<CutTable> {
  const { dialect = {} } = options
  const opened = await openText(file, options)
  const { text, settings } = opened
  const plain = plainLayout(settings)
  if (plain === undefined) return uncut(await tableOf(opened, dialect))
  let isHead = dialect.columns === undefined
  const scanner = new CsvScanner(settings.firstLine, { ...plain.codes, maxRecordBytes: recordLimit(dialect) })
  const cuts = cutRecords(text, scanner, () => (isHead ? 1 : size))
  const close = async () => {
    await cuts.return(undefined)
    await text.return(undefined)
  }
  let columns = dialect.columns
  if (columns === undefined) {
    const first = await cuts.next()
    isHead = false
    if (first.done) return uncut(await tableOf({ ...opened, text: first.value?.text ?? text }, dialect))
    columns = namesIn((await splitCut(first.value, plain.layout, settings.onNul))[0])
  }
  return {
    columns: [...columns],
    line: dialect.columns === undefined ? settings.firstLine : undefined,
    parts: partsOf(cuts, plain.layout, opened),
    close,
  }
}

function uncut({ rows, ...table }: Table): CutTable {
  const parts = async function* (): AsyncGenerator<TablePart> {
    for await (const read of rows) yield { rows: read }
  }
  return { ...table, parts: parts() }
}

export async function* partsOf(
  cuts: AsyncGenerator<Cut, Unsure | undefined>,
  layout: Layout,
  opened: OpenText,
): AsyncGenerator<TablePart> {
  const { settings } = opened
  let next = await cuts.next()
  for (; !next.done; next = await cuts.next()) yield { cut: next.value, layout }
  if (next.value !== undefined) {
    const { text, line } = next.value
    for await (const rows of explained(splitRows(text, { ...settings, firstLine: line }, true), opened)) yield { rows }
  }
}

/** How to split records by looking at bytes. Undefined: the parser is needed. */
export function plainLayout({
  delimiter,
  newline,
  dialect = {},
}: RowSettings): { layout: Layout; codes: CsvCodes } | undefined {
  const quote = quoteOf(dialect)
  const isEscaped = hasBackslashes(dialect)
  const code = asciiCode(delimiter)
  if (code === undefined || newline === '\r' || dialect.comment !== undefined || delimiter === quote) return undefined
  if (dialect.escape !== undefined && dialect.escape !== quote && !isEscaped) return undefined
  const quoteCode = quote === undefined ? undefined : asciiCode(quote)
  if (quote !== undefined && quoteCode === undefined) return undefined
  return {
    layout: { delimiter, quote, hasBackslashes: isEscaped },
    codes: { delimiter: code, quote: quoteCode, escape: isEscaped ? BACKSLASH_CODE : undefined },
  }
}

/** Undefined: not a single character of one byte, or a line end. */
function asciiCode(text: string): number | undefined {
  const code = text.length === 1 ? text.charCodeAt(0) : undefined
  return code === undefined || code >= 0x80 || /[\r\n]/.test(text) ? undefined : code
}

/** The rows. Explains a record that is too long. */
async function* explained(rows: AsyncGenerator<Row[]>, { file, encoding, settings }: OpenText): AsyncGenerator<Row[]> {
  try {
    yield* rows
  } catch (error) {
    if (!(error instanceof RecordTooLong)) throw error
    const { delimiter, dialect = {} } = settings
    throw await tooLong(file, encoding, {
      line: error.line,
      delimiter,
      quote: quoteOf(dialect),
      escape: hasBackslashes(dialect) ? '\\' : dialect.escape,
      limit: recordLimit(dialect),
    })
  }
}

async function readStart(bytes: AsyncGenerator<Buffer>, file: SourceFile, dialect: Dialect) {
  // Without a header, the first line is an ordinary record.
  const limit = dialect.columns === undefined ? MAX_HEADER_BYTES : recordLimit(dialect)
  let start: Buffer = Buffer.alloc(0)
  for (;;) {
    const { read, complete } = await readOn(bytes, start)
    start = read
    const head = readHead(start, complete, dialect)
    if (head === undefined) throw emptyFile(file, dialect)
    if (head !== 'more') return { start, head }
    if (start.length > limit) {
      await bytes.return(undefined)
      throw dialect.columns === undefined ? endlessHeader(file) : new RecordTooLong(file.name, 1)
    }
  }
}

/** Doubles the bytes, if there are as many, so that the total work stays linear. */
async function readOn(bytes: AsyncGenerator<Buffer>, start: Buffer): Promise<{ read: Buffer; complete: boolean }> {
  const parts = [start]
  let length = start.length
  do {
    const next = await bytes.next()
    if (next.done) return { read: Buffer.concat(parts), complete: true }
    parts.push(next.value)
    length += next.value.length
  } while (length < 2 * start.length)
  const [, only] = parts
  return { read: start.length === 0 && parts.length === 2 && only ? only : Buffer.concat(parts), complete: false }
}

async function* following(first: Row[], rest: AsyncGenerator<Row[]>): AsyncGenerator<Row[]> {
  if (first.length > 0) yield first
  yield* rest
}

function emptyFile(file: SourceFile, { columns, skipLines = 0 }: Dialect): SourceError {
  if (skipLines > 0) {
    return new SourceError({
      code: 'empty_file',
      message: `the file has no lines after the first ${skipLines}, which skipLines skips`,
      hint: 'lower skipLines to the number of lines before the header or the first row',
      at: { file: file.name, line: 1 },
    })
  }
  return new SourceError({
    code: 'empty_file',
    message: 'the file is empty',
    hint: columns === undefined ? 'begin the file with a line that names the columns' : undefined,
    at: { file: file.name, line: 1 },
  })
}

function endlessHeader(file: SourceFile): SourceError {
  return new SourceError({
    code: 'no_header',
    message: 'the first line does not end within 1 MiB',
    hint: 'check that this is a CSV file and that every quote in the header is closed',
    at: { file: file.name, line: 1 },
  })
}

interface RowSettings {
  /** As written in the manifest, for messages. */
  file: string
  delimiter: string
  newline: Head['newline']
  dialect?: Dialect
  /** Line of the first byte. */
  firstLine: number
  /** Receives rows that cannot be parsed. Reading continues after them. */
  onBroken(line: number, problem: Problem): void
  /** Receives the number of NUL characters that were left out. */
  onNul(count: number): void
}

/** Every kind of line end ends a record outside quotes, because some programs mix them. */
const LINE_ENDS = ['\r\n', '\n', '\r']

class RecordTooLong extends SourceError {
  readonly line: number

  constructor(file: string, line: number) {
    super({ code: 'record_too_long', message: 'the record that begins here is too long', at: { file, line } })
    this.line = line
  }
}

function recordLimit({ maxRecordBytes = MAX_RECORD_BYTES }: Dialect): number {
  return maxRecordBytes
}

/**
 * Splits bytes into rows, including the header. Yields all rows that a chunk completes before it
 * requests more bytes. Blank lines are not rows.
 * @param isUnderWay whether rows have been read before, so that the first row is not a header
 * @throws SourceError if the end of a record is unclear: a quote that is never closed, or closes
 *   inside a field
 */
export async function* splitRows(
  bytes: AsyncIterable<Buffer>,
  settings: RowSettings,
  isUnderWay = false,
): AsyncGenerator<Row[]> {
  if (hasBackslashes(settings.dialect ?? {})) {
    yield* splitBackslashed(bytes, settings)
    return
  }
  let rows: Row[] = []
  const lines = new LineCounter(settings.firstLine)
  let broken = 0
  let started = isUnderWay
  const { dialect = {} } = settings
  const quote = quoteOf(dialect)
  const parser = new Parser({
    delimiter: settings.delimiter,
    quote: quote ?? null,
    escape: dialect.escape ?? quote ?? null,
    comment: dialect.comment ?? null,
    comment_no_infix: true,
    record_delimiter: LINE_ENDS,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: recordLimit(dialect),
    // Taking the rows here avoids the stream's work per row.
    on_record(fields: string[], info: InfoRecord): null {
      rows.push({ line: lines.startOf(fields, info), fields })
      started = true
      return null
    },
    on_skip(error: CsvError | undefined): undefined {
      const line = lines.at(Number(error?.lines))
      if (error?.code !== 'INVALID_OPENING_QUOTE') {
        throw quoteError(
          error?.code,
          lines.next(Number(error?.empty_lines) + Number(error?.comment_lines)),
          line,
          settings.file,
        )
      }
      if (!started) throw new SourceError(strayQuote(settings.file, line))
      if (line !== broken) settings.onBroken(line, strayQuote(settings.file, line))
      broken = line
    },
  })
  // Errors also reach the callbacks of write and end. Without a listener, the event would be thrown
  // too.
  parser.on('error', () => {})
  for await (const chunk of bytes) {
    await whenWritten((done) => parser.write(chunk, done))
    if (rows.length > 0) yield rows
    rows = []
  }
  await whenWritten((done) => parser.end(done))
  if (rows.length > 0) yield rows
}

async function* splitBackslashed(bytes: AsyncIterable<Buffer>, settings: RowSettings): AsyncGenerator<Row[]> {
  const { file, firstLine: line, dialect = {}, delimiter, newline, onNul } = settings
  const { comment } = dialect
  const isCrOnly = newline === '\r'
  const reader = new BackslashRows({ file, delimiter, quote: quoteOf(dialect), isCrOnly, comment, line, onNul })
  for await (const chunk of bytes) {
    const rows = reader.take(chunk.toString('utf8'))
    if (reader.length > recordLimit(dialect)) throw new RecordTooLong(file, reader.recordLine)
    if (rows.length > 0) yield rows
  }
  const rows = reader.finish()
  if (rows.length > 0) yield rows
}

/** Lines so far that are not records: blank lines and comments. */
function passedOver({ empty_lines, comment_lines }: Pick<InfoRecord, 'empty_lines' | 'comment_lines'>): number {
  return empty_lines + comment_lines
}

function whenWritten(step: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => step((error) => (error ? reject(error) : resolve())))
}

/**
 * Converts the parser's line numbers to those of an editor. The parser reports the last line of a
 * record, and counts a CRLF inside a quoted field as two lines.
 */
class LineCounter {
  readonly #offset: number
  #counted = 0
  #blank = 0
  #surplus = 0

  constructor(firstLine: number) {
    this.#offset = firstLine - 1
  }

  /** The line that the parser counts as `counted`. */
  at(counted: number): number {
    return this.#offset + counted - this.#surplus
  }

  /** First line of the next record, after `blank` lines that are not records. */
  next(blank: number): number {
    return this.at(this.#counted) + 1 + blank - this.#blank
  }

  /** First line of the record that the parser has just finished. */
  startOf(fields: readonly string[], info: InfoRecord): number {
    let breaks = 0
    let pairs = 0
    if (info.lines - this.#counted > 1) {
      for (const field of fields) {
        breaks += field.match(/[\r\n]/g)?.length ?? 0
        pairs += field.match(/\r\n/g)?.length ?? 0
      }
    }
    const start = this.at(info.lines) - breaks
    this.#surplus += pairs
    this.#counted = info.lines
    this.#blank = passedOver(info)
    return start
  }
}

function strayQuote(file: string, line: number): Problem {
  return {
    code: 'stray_quote',
    message: 'a field that is not quoted contains a quote',
    hint: 'quote the whole field and double the quote inside it: "5"" disk"; if the program that wrote the file cannot do that, export JSON',
    at: { file, line },
  }
}

function quoteError(code: string | undefined, start: number, line: number, file: string): SourceError {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return new SourceError({
        code: 'unclosed_quote',
        message: 'a quote that opens here is never closed',
        hint: 'close the quote; inside a quoted field, double each quote: ""',
        at: { file, line: start },
      })
    case 'CSV_INVALID_CLOSING_QUOTE':
      return new SourceError({
        code: 'broken_quote',
        message: `cannot find the end of the record that begins here: a quote at line ${line} neither ends its field nor is doubled`,
        hint: 'look for a quote that is not closed, or for one inside a quoted field that is not doubled: ""; if a backslash precedes it, add escape: backslash',
        at: { file, line: start },
      })
    default:
      return new RecordTooLong(file, start)
  }
}
