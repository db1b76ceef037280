/**
 * Rows of CSV as records. In: rows as they stand in a file, its columns, a rule of its format. Out:
 * records, and what is refused. It works in any thread.
 */

import type { Reason } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { LineRecord } from '../text/record-file.ts'
import { isRejectColumn, unescapeCell, unfilled, unfilledRow } from '../text/reject-columns.ts'
import type { Row, RowFormat, RowsFound } from './format.ts'

/**
 * Why a row breaks a rule of its format.
 * @param isNull whether the cell of a column holds a text that stands for nothing, as
 *   `source.nulls` says
 */
export type RowRule = (data: JsonObject, isNull: (column: string) => boolean) => Reason | undefined

/** Makes records of rows. */
export class RowReader {
  readonly #format: RowFormat
  readonly #rule: RowRule | undefined
  readonly #nulls: ReadonlySet<string>
  readonly #toData: (fields: readonly string[]) => JsonObject
  /** Whether it is a file of rejected rows. */
  readonly #hasReasons: boolean

  constructor(format: RowFormat, rule: RowRule | undefined) {
    this.#format = format
    this.#rule = rule
    this.#hasReasons = format.columns.some(isRejectColumn)
    this.#nulls = new Set(format.nulls)
    this.#toData = recordBuilder(format.columns, format.verbatim, this.#nulls)
  }

  /** @param onRow shown every row that is a record, before it is one */
  read(rows: readonly Row[], onRow?: (row: Row) => void): { records: LineRecord[]; found: RowsFound } {
    const { columns } = this.#format
    const records: LineRecord[] = []
    const found: RowsFound = { read: 0, blank: 0, refused: [] }
    for (const row of rows) {
      const { line, fields } = row
      if (fields.every((field) => field.trim() === '')) {
        if (fields.length > 1) found.blank++
        continue
      }
      found.read++
      onRow?.(row)
      const cells = this.#fitted(fields)
      if (cells !== undefined && cells !== fields) found.padded = (found.padded ?? 0) + 1
      const data = cells === undefined ? undefined : this.#toData(cells)
      const empty = this.#hasReasons && cells !== undefined ? unfilledRow(columns, cells) : undefined
      const problem =
        data === undefined
          ? this.#ragged(fields.length)
          : empty
            ? unfilled(empty.text)
            : this.#rule?.(data, (column) => this.#isNull(column, cells ?? []))
      if (problem !== undefined) found.refused.push({ line, problem })
      else if (data !== undefined) records.push({ line, data })
    }
    return { records, found }
  }

  #isNull(column: string, cells: readonly string[]): boolean {
    const cell = cells[this.#format.columns.indexOf(column)]
    return cell !== undefined && this.#nulls.has(cell.trim())
  }

  /** As many cells as there are columns; undefined where the row has others. */
  #fitted(fields: readonly string[]): readonly string[] | undefined {
    const { columns, isPadded } = this.#format
    if (fields.length === columns.length) return fields
    return isPadded ? padded(fields, columns.length) : undefined
  }

  #ragged(has: number): Reason {
    const { columns, isHeaded } = this.#format
    const wants = columns.length
    return {
      code: 'ragged_row',
      message: `the row has ${has} ${has === 1 ? 'field' : 'fields'}${isHeaded ? '; the header has' : ', not'} ${wants}`,
      hint: has > wants ? TOO_MANY : TOO_FEW,
    }
  }
}

const TOO_MANY =
  'quote every field that contains the delimiter; if the program that wrote the file cannot do that, export JSON'

const TOO_FEW =
  'write a delimiter for every column, even an empty one, and quote every field that contains a line break'

/**
 * The cells of a row made to fit so many columns: those that it lacks at its end are empty, and
 * empty ones that it has too many are left out. Undefined: a cell has something in it that belongs
 * to no column.
 */
export function padded(fields: readonly string[], columns: number): readonly string[] | undefined {
  if (fields.slice(columns).some((field) => field.trim() !== '')) return undefined
  return Array.from({ length: columns }, (_, index) => fields[index] ?? '')
}

function recordBuilder(
  columns: readonly string[],
  verbatim: readonly string[] | 'all',
  nulls: ReadonlySet<string>,
): (fields: readonly string[]) => JsonObject {
  const kept = columns.map((column) => verbatim === 'all' || verbatim.includes(column))
  const names = columns.map((column) => (isRejectColumn(column) ? '' : column))
  const isEscaped = columns.some(isRejectColumn)
  return (fields) => {
    const data: JsonObject = {}
    for (let index = 0; index < columns.length; index++) {
      const written = fields[index]
      const column = names[index]
      if (!written || !column) continue
      const field = isEscaped ? unescapeCell(written) : written
      const bare = field.trim()
      const value = kept[index] ? field : bare
      // Of a set of nothing, too, the text would be hashed.
      if (value !== '' && (nulls.size === 0 || !nulls.has(bare))) data[column] = value
    }
    return data
  }
}
