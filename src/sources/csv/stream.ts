/**
 * The entry of csv/. In: a CSV file, the columns of its format, a rule for its rows. Out: records,
 * counts, and rejected rows. `table.ts` opens the file at its first row and splits the rest into
 * rows. `dialect.ts` reads its head.
 */

import { createHash } from 'node:crypto'
import { nearest } from '../../config/nearest.ts'
import { OperatorError, SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { ReadContext, StreamCount } from '../source.ts'
import { CheckedBytes } from '../text/check-records.ts'
import type { SourceFile } from '../text/file.ts'
import type { FilePart, LineRecord, RecordFile } from '../text/record-file.ts'
import { csvLine, isRejectColumn, ownCells, ownColumns, unfilledRow } from '../text/reject-columns.ts'
import { type Encoding, nulWarning } from '../text/utf8.ts'
import type { Dialect } from './dialect.ts'
import type { Row, RowFormat, RowsFound } from './format.ts'
import { padded, RowReader, type RowRule } from './rows.ts'
import { openCuts, openTable, type Table, type TableOptions } from './table.ts'

/** The columns with a value, as strings. */
export type CsvRecord = LineRecord

export interface CsvStreamOptions {
  stream: string
  file: SourceFile
  role: StreamCount['role']
  columnSpec: ColumnSpec
  dialect?: Dialect
  encoding?: Encoding
  /** Texts that mean "no value", in quotes or not: some tools quote every cell. */
  nulls?: readonly string[]
  /** Rows with too few or too many cells. Default: reject. */
  ragged?: 'reject' | 'pad'
  rule?: RowRule
}

/** Reads one CSV file as a stream of records, and counts them. */
export class CsvStream implements RecordFile {
  readonly #options: CsvStreamOptions
  readonly #context: ReadContext
  readonly #hash = createHash('sha256')
  #digest: string | undefined
  #read = 0
  #rejected = 0
  #blank = 0
  #padded = 0
  #nuls = 0

  constructor(options: CsvStreamOptions, context: ReadContext) {
    this.#options = options
    this.#context = context
  }

  /**
   * The records, in batches of one chunk of the file. Rows that break a rule go to the context's
   * `reject`.
   * @throws ManifestError when there is no such file, SourceError when it cannot be read to its end
   */
  async *records(): AsyncGenerator<CsvRecord[]> {
    const table = await openTable(this.#options.file, this.#tableOptions())
    let last = 0
    try {
      for (const warning of this.#begin(table)) this.#context.warn(warning)
      const reader = new RowReader(this.#formatOf(table), this.#options.rule)
      const show = this.#context.tap && ((row: Row) => this.#show(row, table))
      for await (const rows of table.rows) {
        const { records, found } = reader.read(rows, show)
        this.#settle(found)
        last = rows.at(-1)?.line ?? last
        if (records.length > 0) yield records
      }
    } finally {
      await table.close()
    }
    this.#end(last)
  }

  /** @throws as `records` */
  async *parts(size: number): AsyncGenerator<FilePart> {
    const told: (() => void)[] = []
    const table = await openCuts(this.#options.file, this.#tableOptions(told), size)
    const tell = function* (): Generator<FilePart> {
      for (const step of told.splice(0)) yield { step }
    }
    let last = 0
    try {
      for (const warning of this.#begin(table)) told.push(() => this.#context.warn(warning))
      const format = this.#formatOf(table)
      const reader = new RowReader(format, this.#options.rule)
      for await (const part of table.parts) {
        yield* tell()
        if ('rows' in part) {
          const { records, found } = reader.read(part.rows)
          yield { step: () => this.#settle(found) }
          last = part.rows.at(-1)?.line ?? last
          if (records.length > 0) yield { records }
        } else {
          const { cut, layout } = part
          yield { cut, table: { ...format, ...layout }, settle: (found) => this.#settle(found) }
          last = Math.max(last, cut.lastLine)
        }
      }
    } catch (error) {
      yield* tell()
      throw error
    } finally {
      await table.close()
    }
    this.#hasEnded(last)
    yield* tell()
    yield { step: () => this.#warnOfEnd() }
  }

  /** Rejects a row that was read. */
  reject(line: number, problem: Pick<Problem, 'code' | 'message' | 'hint'>): void {
    this.#rejected++
    const origin = { file: this.#options.file.name, line }
    this.#context.reject({ stream: this.#options.stream, origin, problem: { ...problem, at: origin } })
  }

  count(): StreamCount {
    const { stream, file, role } = this.#options
    const passed = this.#read - this.#rejected
    return { stream, file: file.name, role, read: this.#read, passed, rejected: this.#rejected }
  }

  /** SHA-256 (hex) of the file's bytes, once all of it has been read. */
  digest(): string {
    if (this.#digest === undefined) throw new Error('the digest is known only after the file has been read to its end')
    return this.#digest
  }

  /** @param told collects reports for later. Default: reports at once */
  #tableOptions(told?: (() => void)[]): TableOptions {
    const { dialect, encoding } = this.#options
    const { watch, signal } = this.#context
    const tell = (step: () => void) => (told === undefined ? step() : told.push(step))
    return {
      dialect,
      encoding,
      hash: this.#hash,
      watch,
      signal,
      onNul: (count) => {
        this.#nuls += count
      },
      warn: (problem) => tell(() => this.#context.warn(problem)),
      onBroken: (line, problem) => tell(() => this.#settle({ read: 1, blank: 0, refused: [{ line, problem }] })),
    }
  }

  /** Passes the head to the RowTap. @returns warnings about the head */
  #begin(table: Pick<Table, 'columns' | 'line'>): Problem[] {
    const { stream, file, role, columnSpec, dialect } = this.#options
    if (role === 'main') this.#context.numbering?.beginFile((table.line ?? 0) + 1)
    const own = ownColumns(table.columns)
    this.#context.tap?.begin({
      stream,
      file: file.name,
      columns: own,
      delimiter: dialect?.delimiter,
    })
    refuseDialect(table.columns, dialect, file)
    return checkColumns(own, columnSpec, file.name, table.line)
  }

  #formatOf({ columns, line }: Pick<Table, 'columns' | 'line'>): RowFormat {
    const { columnSpec, nulls = [], ragged } = this.#options
    const { verbatim = [] } = columnSpec
    return { columns, isHeaded: line !== undefined, verbatim, nulls, isPadded: ragged === 'pad' }
  }

  #settle({ read, blank, padded: fitted = 0, nuls = 0, refused }: RowsFound): void {
    this.#read += read
    this.#blank += blank
    this.#padded += fitted
    this.#nuls += nuls
    for (const { line, problem } of refused) this.reject(line, problem)
  }

  #end(last: number): void {
    this.#hasEnded(last)
    this.#warnOfEnd()
  }

  #hasEnded(last: number): void {
    if (this.#options.role === 'main') this.#context.numbering?.endFile(last)
    this.#digest = this.#hash.digest('hex')
  }

  #warnOfEnd(): void {
    const { file } = this.#options
    if (this.#nuls > 0) this.#context.warn(nulWarning(file, this.#nuls))
    if (this.#padded > 0) this.#context.warn(paddedRows(file, this.#padded))
    if (this.#blank > 0) this.#context.warn(blankRows(file, this.#blank))
    if (this.#read === 0) this.#context.warn(noRows(file))
  }

  /** Passes an original row to the RowTap, if it wants it. */
  #show({ line, fields }: Row, { columns }: Table): void {
    const { tap } = this.#context
    const { stream, file } = this.#options
    if (tap === undefined || !tap.wants(file.name, line)) return
    const row = { stream, file: file.name, line }
    const fitted = this.#options.ragged === 'pad' ? (padded(fields, columns.length) ?? fields) : fields
    const text = unfilledRow(columns, fitted)?.text
    // If a short row were filled up here, its values could be in the wrong columns.
    if (fitted.length !== columns.length) tap.take({ ...row, text: csvLine(fields) })
    else if (text !== undefined) tap.take({ ...row, text })
    else tap.take({ ...row, cells: ownCells(columns, fitted) })
  }
}

/** Rows per cut in a check. */
const CHECKED_ROWS = 10_000

/** Problems that show without parsing the file. */
export async function checkCsvFile(
  file: SourceFile,
  columnSpec: ColumnSpec,
  { dialect, encoding }: Pick<CsvStreamOptions, 'dialect' | 'encoding'> = {},
): Promise<Problem[]> {
  const problems: Problem[] = []
  const bytes = new CheckedBytes()
  try {
    await bytes.begin(file)
    const { watch } = bytes
    const table = await openCuts(file, { dialect, encoding, watch, onBroken: () => {}, warn: () => {} }, CHECKED_ROWS)
    try {
      refuseDialect(table.columns, dialect, file)
      problems.push(...checkColumns(ownColumns(table.columns), columnSpec, file.name, table.line))
      // Records that are too long and unclosed quotes can be anywhere.
      for await (const _ of table.parts) if (bytes.isEnough) break
    } finally {
      await table.close()
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    problems.push(...error.problems)
  }
  return problems
}

/**
 * A file of rejected rows is plain CSV. With the escapes of the source, its values would change.
 */
function refuseDialect(columns: readonly string[], dialect: Dialect = {}, file: SourceFile): void {
  if (!columns.some(isRejectColumn) || (dialect.quote === undefined && dialect.escape === undefined)) return
  throw new SourceError({
    code: 'rejects_in_dialect',
    message: 'this is a file of rejected rows, which is always plain CSV, but quote or escape is set',
    hint: 'remove quote and escape for this file; in an environment, set them to null: escape: null',
    at: { file: file.name, line: 1 },
  })
}

function noRows(file: SourceFile): Problem {
  return {
    code: 'no_rows',
    severity: 'warning',
    message: 'the file has a header but no rows',
    at: { file: file.name },
  }
}

function paddedRows(file: SourceFile, count: number): Problem {
  return {
    code: 'padded_rows',
    severity: 'warning',
    message: `${count} ${count === 1 ? 'row was' : 'rows were'} made to fit the columns: missing cells count as empty, and surplus empty cells are left out`,
    hint: 'check some of them: if a cell is missing in the middle of a row, the cells after it are in the wrong columns',
    at: { file: file.name },
  }
}

function blankRows(file: SourceFile, count: number): Problem {
  return {
    code: 'blank_rows',
    severity: 'warning',
    message: `left out ${count} ${count === 1 ? 'row' : 'rows'} with only empty fields`,
    at: { file: file.name },
  }
}

/**
 * The columns of a CSV file, read from its head. Undefined: not readable; the check of the file
 * reports why.
 */
export async function columnsOf(
  file: SourceFile,
  { dialect, encoding }: Pick<CsvStreamOptions, 'dialect' | 'encoding'>,
): Promise<string[] | undefined> {
  try {
    const quiet = { onBroken: () => {}, warn: () => {} }
    const table = await openTable(file, { dialect, encoding, ...quiet })
    await table.close()
    return ownColumns(table.columns).filter((column) => column !== '')
  } catch (error) {
    if (error instanceof OperatorError) return undefined
    throw error
  }
}

/** The columns of a format. Other columns keep their name, so that mappings can read them. */
export interface ColumnSpec {
  known: readonly string[]
  /** Each entry is a list of columns. One of them is required. */
  required: readonly (readonly string[])[]
  /** Columns whose values keep surrounding spaces. */
  verbatim?: readonly string[] | 'all'
  /** Whether all other columns are allowed without a warning. */
  open?: boolean
}

/**
 * Checks the names in a header.
 * @param line of the header; undefined when the manifest sets the names
 * @returns warnings
 * @throws SourceError for a repeated name or a missing required column
 */
function checkColumns(
  columns: readonly string[],
  columnSpec: ColumnSpec,
  file: string,
  line: number | undefined,
): Problem[] {
  const at = line === undefined ? { file } : { file, line }
  const problems = [...repeated(columns), ...reserved(columns), ...missing(columns, columnSpec)]
  if (problems.length > 0) throw new SourceError(problems.map((problem) => ({ ...problem, at })))
  const warnings: Problem[] = []
  const unknown = columns.filter((column) => column !== '' && !columnSpec.known.includes(column))
  if (unknown.length > 0 && !columnSpec.open) warnings.push(unknownColumns(unknown, columns, columnSpec))
  const nameless = columns.flatMap((column, index) => (column === '' ? [index + 1] : []))
  if (nameless.length > 0 && line !== undefined) {
    warnings.push({
      code: 'nameless_column',
      message: `the header does not name column ${nameless.join(', ')}; the values there are left out`,
      hint: 'name the column or remove it',
    })
  }
  return warnings.map((warning) => ({ ...warning, severity: 'warning', at }))
}

function repeated(columns: readonly string[]): Problem[] {
  const twice = new Set(columns.filter((column, index) => column !== '' && columns.indexOf(column) !== index))
  return [...twice].map((column) => ({
    code: 'duplicate_column',
    message: `the header names the column "${shown(column)}" twice`,
    hint: 'rename or remove one of them',
  }))
}

/** A member of this name would not become a member of a record. */
function reserved(columns: readonly string[]): Problem[] {
  if (!columns.includes('__proto__')) return []
  return [{ code: 'reserved_column', message: 'a column cannot be named "__proto__"', hint: 'rename the column' }]
}

function missing(columns: readonly string[], columnSpec: ColumnSpec): Problem[] {
  return columnSpec.required
    .filter((choice) => !choice.some((column) => columns.includes(column)))
    .map((choice) => ({
      code: 'missing_column',
      message: `the header lacks the column ${choice.map((column) => `"${column}"`).join(' or ')}`,
      hint: missingHint(columns, choice, columnSpec),
    }))
}

function missingHint(columns: readonly string[], choice: readonly string[], columnSpec: ColumnSpec): string {
  // A row of data in place of a header can contain hashes: the message must not show it.
  if (columns.some((column) => /[@$]/.test(column)))
    return 'add a first line that names the columns; this line looks like data'
  const similar = columns.find((column) => choice.some((wanted) => nearest(column, [wanted]) === wanted))
  if (similar !== undefined) return `rename the column "${shown(similar)}" if it is the right one`
  if (columns.length === 1) return 'check the file and its delimiter: only one column was found'
  return `known columns: ${columnSpec.known.join(', ')}`
}

function unknownColumns(unknown: readonly string[], columns: readonly string[], columnSpec: ColumnSpec): Problem {
  const free = columnSpec.known.filter((known) => !columns.includes(known))
  const listed = unknown.map((column) => {
    const near = nearest(column, free)
    return near === undefined ? `"${shown(column)}"` : `"${shown(column)}" (did you mean "${near}"?)`
  })
  return {
    code: 'unknown_column',
    message: `${unknown.length === 1 ? 'unknown column' : 'unknown columns'}: ${listed.join(', ')}`,
    hint: 'read them in the mapping under these names; otherwise they are left out',
  }
}

function shown(column: string): string {
  return column.length > 60 ? `${column.slice(0, 60)}…` : column
}
