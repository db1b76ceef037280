/**
 * Turns CSV rows into records, in any thread. In: the rows of a file, its columns, a rule of its
 * format. Out: records, and rejected rows.
 */

import type { Reason } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { LineRecord } from '../text/record-file.ts'
import { isRejectColumn, unescapeCell, unfilled, unfilledRow } from '../text/reject-columns.ts'
import type { Row, RowFormat, RowsFound } from './format.ts'

/**
 * Why a row breaks a rule of its format.
 * @param isNull whether the cell of a column contains a text of `source.nulls`
 */
export type RowRule = (data: JsonObject, isNull: (column: string) => boolean) => Reason | undefined

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

  /** @param onRow receives every row that will become a record */
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

  /** As many cells as there are columns. Undefined: the row has another length. */
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
 * Fits the cells of a row to a number of columns: adds missing cells as empty, and removes surplus
 * empty cells at the end. Undefined: a surplus cell has a value.
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
      // Looking up an empty set would still hash the text.
      if (value !== '' && (nulls.size === 0 || !nulls.has(bare))) data[column] = value
    }
    return data
  }
}
