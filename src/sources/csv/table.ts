import type { Hash } from 'node:crypto'
import { type CsvError, type InfoRecord, Parser } from 'csv-parse'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { chain } from '../text/bytes.ts'
import { type Cut, cutRecords, type Unsure } from '../text/cut.ts'
import type { FileWatch, SourceFile } from '../text/file.ts'
import { type Encoding, nulWarning, readText } from '../text/utf8.ts'
import { type CsvCodes, CsvScanner } from './cut.ts'
import { type Dialect, type Head, quoteOf, readHead } from './dialect.ts'
import type { Layout, Row } from './format.ts'
import { splitCut } from './split.ts'

/** A header longer than this is none. */
const MAX_HEADER_BYTES = 1024 * 1024

export interface TableOptions {
  dialect?: Dialect
  encoding?: Encoding
  /** Fed with the bytes as they are on disk. */
  hash?: Hash
  watch?: FileWatch
  signal?: AbortSignal
  /** Told of rows that cannot be read as rows. */
  onBroken(line: number, problem: Problem): void
  warn(problem: Problem): void
}

/** A CSV file that is open at its first row. */
export interface Table {
  /** Names in the header, blanks around them taken off. */
  columns: string[]
  /** Line of the header; undefined when the file has none. */
  line: number | undefined
  /** The rows, as many at once as a chunk of the file holds. Can be read once. */
  rows: AsyncIterable<Row[]>
  /** Closes the file, wherever reading stands. */
  close(): Promise<void>
}

/**
 * Opens a CSV file and reads its header. The caller closes it.
 * @throws ManifestError when there is no such file, SourceError when it is empty or not text in its encoding
 */
export async function openTable(file: SourceFile, options: TableOptions): Promise<Table> {
  return tableOf(await openText(file, options), options.dialect)
}

/** A text that is open at its header, or at its first row. */
interface OpenText {
  text: AsyncGenerator<Buffer>
  settings: RowSettings
  /** To be called when its last row has been read. */
  onEnd(): void
}

async function openText(file: SourceFile, options: TableOptions): Promise<OpenText> {
  const { dialect = {}, encoding, hash, watch, signal } = options
  const { delimiter } = dialect
  let nuls = 0
  const onNul = (count: number) => {
    nuls += count
  }
  const bytes = readText(file, { encoding, hash, watch, signal, onNul, warn: options.warn })
  const { start, head } = await readStart(bytes, file, dialect)
  return {
    text: chain(start.subarray(head.start), bytes),
    settings: {
      file: file.name,
      delimiter: delimiter === 'tab' ? '\t' : (delimiter ?? head.delimiter),
      newline: head.newline,
      dialect,
      firstLine: head.line,
      onBroken: options.onBroken,
    },
    onEnd() {
      if (nuls > 0) options.warn(nulWarning(file, nuls))
    },
  }
}

async function tableOf({ text, settings, onEnd }: OpenText, { columns }: Dialect = {}): Promise<Table> {
  const rows = splitRows(text, settings)
  const first = await rows.next()
  const read = first.done ? [] : first.value
  return {
    columns: columns === undefined ? namesIn(read[0]) : [...columns],
    line: columns === undefined ? settings.firstLine : undefined,
    rows: following(columns === undefined ? read.slice(1) : read, rows, onEnd),
    async close() {
      await rows.return(undefined)
    },
  }
}

function namesIn(header: Row | undefined): string[] {
  return (header?.fields ?? []).map((name) => name.trim())
}

/** A part of a table that is cut: whole records, or rows where records had to be taken apart to be told from one another. */
type TablePart = { cut: Cut; layout: Layout } | { rows: Row[] }

/** A CSV file that is open at its first row, to be taken apart elsewhere. */
export interface CutTable extends Pick<Table, 'columns' | 'line' | 'close'> {
  /** The rows in their order. Can be read once. */
  parts: AsyncIterable<TablePart>
}

/**
 * Opens a CSV file and reads its header, to cut the rest into pieces of `size` records. The caller closes it.
 * @throws as `openTable`
 */
export async function openCuts(file: SourceFile, options: TableOptions, size: number): Promise<CutTable> {
  const { dialect = {} } = options
  const opened = await openText(file, options)
  const { text, settings } = opened
  const plain = plainLayout(settings)
  if (plain === undefined) return uncut(await tableOf(opened, dialect))
  let isHead = dialect.columns === undefined
  const cuts = cutRecords(text, new CsvScanner(settings.firstLine, plain.codes), () => (isHead ? 1 : size))
  const close = async () => {
    await cuts.return(undefined)
    await text.return(undefined)
  }
  let columns = dialect.columns
  if (columns === undefined) {
    const first = await cuts.next()
    isHead = false
    if (first.done) return uncut(await tableOf({ ...opened, text: first.value?.text ?? text }, dialect))
    columns = namesIn((await splitCut(first.value, plain.layout))[0])
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
  { settings, onEnd }: OpenText,
): AsyncGenerator<TablePart> {
  let next = await cuts.next()
  for (; !next.done; next = await cuts.next()) yield { cut: next.value, layout }
  if (next.value !== undefined) {
    const { text, line } = next.value
    for await (const rows of splitRows(text, { ...settings, firstLine: line }, true)) yield { rows }
  }
  onEnd()
}

/** How records are told from one another and taken apart, where a look at the bytes is enough for it. */
export function plainLayout({
  delimiter,
  newline,
  dialect = {},
}: RowSettings): { layout: Layout; codes: CsvCodes } | undefined {
  const quote = quoteOf(dialect)
  const code = asciiCode(delimiter)
  if (code === undefined || newline === '\r' || dialect.comment !== undefined || delimiter === quote) return undefined
  if (dialect.escape !== undefined && dialect.escape !== quote) return undefined
  if (quote === undefined) return { layout: { delimiter, quote }, codes: { delimiter: code, quote } }
  const quoteCode = asciiCode(quote)
  if (quoteCode === undefined) return undefined
  return { layout: { delimiter, quote }, codes: { delimiter: code, quote: quoteCode } }
}

/** Undefined: no single character of one byte, or one that ends lines. */
function asciiCode(text: string): number | undefined {
  const code = text.length === 1 ? text.charCodeAt(0) : undefined
  return code === undefined || code >= 0x80 || /[\r\n]/.test(text) ? undefined : code
}

async function readStart(bytes: AsyncGenerator<Buffer>, file: SourceFile, dialect: Dialect) {
  let start: Buffer = Buffer.alloc(0)
  for (;;) {
    const next = await bytes.next()
    const complete = next.done === true
    if (!next.done) start = start.length === 0 ? next.value : Buffer.concat([start, next.value])
    const head = readHead(start, complete, dialect)
    if (head === undefined) throw emptyFile(file, dialect)
    if (head !== 'more') return { start, head }
    if (start.length > MAX_HEADER_BYTES) {
      await bytes.return(undefined)
      throw endlessHeader(file)
    }
  }
}

async function* following(first: Row[], rest: AsyncGenerator<Row[]>, onEnd: () => void): AsyncGenerator<Row[]> {
  if (first.length > 0) yield first
  yield* rest
  onEnd()
}

function emptyFile(file: SourceFile, { columns }: Dialect): SourceError {
  return new SourceError({
    code: 'empty_file',
    message: 'the file is empty',
    hint: columns === undefined ? 'it must begin with a line that names the columns' : undefined,
    at: { file: file.name, line: 1 },
  })
}

function endlessHeader(file: SourceFile): SourceError {
  return new SourceError({
    code: 'no_header',
    message: 'the first line does not end within 1 MiB',
    hint: 'is this a CSV file? A quote that is not closed in the header does this as well',
    at: { file: file.name, line: 1 },
  })
}

/** Bytes that one record may take. Past it a quote is missing somewhere, and the rest of the file would end up in one field. */
const MAX_RECORD_BYTES = 1024 * 1024

interface RowSettings {
  /** As written in the manifest, for messages. */
  file: string
  delimiter: string
  newline: Head['newline']
  dialect?: Dialect
  /** Line on which the first of these bytes stands. */
  firstLine: number
  /** Told of rows that cannot be read as rows; reading goes on after them. */
  onBroken(line: number, problem: Problem): void
}

/**
 * Splits bytes into rows, the header being the first. Whatever one chunk of bytes completes comes out as one chunk of rows, before more bytes are asked for.
 * Blank lines are no rows.
 * @param isUnderWay whether rows have been read before: the first one is no header
 * @throws SourceError where it is unclear at which line a record ends: a quote that is not closed, or closed in mid-field
 */
export async function* splitRows(
  bytes: AsyncIterable<Buffer>,
  settings: RowSettings,
  isUnderWay = false,
): AsyncGenerator<Row[]> {
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
    record_delimiter: settings.newline === '\r' ? ['\r'] : ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_RECORD_BYTES,
    // Taking the rows here instead of at the readable end spares the stream's bookkeeping per row.
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
  // Errors also come through the callbacks of write and end; without a listener the event would be thrown as well.
  parser.on('error', () => {})
  for await (const chunk of bytes) {
    await whenWritten((done) => parser.write(chunk, done))
    if (rows.length > 0) yield rows
    rows = []
  }
  await whenWritten((done) => parser.end(done))
  if (rows.length > 0) yield rows
}

/** Lines met so far that are no records: blank ones and comments. */
function passedOver({ empty_lines, comment_lines }: Pick<InfoRecord, 'empty_lines' | 'comment_lines'>): number {
  return empty_lines + comment_lines
}

function whenWritten(step: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => step((error) => (error ? reject(error) : resolve())))
}

/**
 * Turns the parser's line count into that of an editor. The parser names the line where a record ends, and counts the CRLF inside
 * a quoted field as two lines.
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

  /** The line on which the record after the last one begins, when `blank` lines that are no records have been met so far. */
  next(blank: number): number {
    return this.at(this.#counted) + 1 + blank - this.#blank
  }

  /** The line on which a record begins that the parser has just finished. */
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
    message: 'a quote stands in the middle of a field that is not quoted',
    hint: 'put the whole field in quotes and write the quote inside twice: "5"" disk"',
    at: { file, line },
  }
}

function quoteError(code: string | undefined, start: number, line: number, file: string): SourceError {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return new SourceError({
        code: 'unclosed_quote',
        message: 'a quote that opens here is never closed',
        hint: 'close the quote; a quote inside a quoted field is written twice: ""',
        at: { file, line: start },
      })
    case 'CSV_INVALID_CLOSING_QUOTE':
      return new SourceError({
        code: 'broken_quote',
        message: `a quote at line ${line} neither ends its field nor is written twice, so it is unclear where the record that begins here ends`,
        hint: 'look for a quote that is not closed, or one inside a quoted field that is not written twice: ""',
        at: { file, line: start },
      })
    default:
      return new SourceError({
        code: 'record_too_long',
        message: `the record that begins here is longer than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`,
        hint: 'a quote that is not closed does this: look for one at this line',
        at: { file, line: start },
      })
  }
}
