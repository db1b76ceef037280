/**
 * Rows of CSV as records. In: rows as they stand in a file, its columns, a rule of its format. Out: records, and what is refused. It works
 * in any thread.
 */

import type { Reason } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { LineRecord } from '../text/record-file.ts'
import { isRejectColumn, unescapeCell, unfilled, unfilledRow } from '../text/reject-columns.ts'
import type { Row, RowFormat, RowsFound } from './format.ts'

/** Why a row breaks a rule of its format. */
export type RowRule = (data: JsonObject) => Reason | undefined

/** Makes records of rows. */
export class RowReader {
  readonly #format: RowFormat
  readonly #rule: RowRule | undefined
  readonly #toData: (fields: readonly string[]) => JsonObject
  /** Whether it is a file of rejected rows. */
  readonly #hasReasons: boolean

  constructor(format: RowFormat, rule: RowRule | undefined) {
    this.#format = format
    this.#rule = rule
    this.#hasReasons = format.columns.some(isRejectColumn)
    this.#toData = recordBuilder(format.columns, format.verbatim, new Set(format.nulls))
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
      const data = fields.length === columns.length ? this.#toData(fields) : undefined
      const empty = this.#hasReasons ? unfilledRow(columns, fields) : undefined
      const problem =
        data === undefined ? this.#ragged(fields.length) : empty ? unfilled(empty.text) : this.#rule?.(data)
      if (problem !== undefined) found.refused.push({ line, problem })
      else if (data !== undefined) records.push({ line, data })
    }
    return { records, found }
  }

  #ragged(has: number): Reason {
    const { columns, isHeaded } = this.#format
    const wants = columns.length
    return {
      code: 'ragged_row',
      message: `the row has ${has} ${has === 1 ? 'field' : 'fields'}, ${isHeaded ? 'the header' : 'not'} ${wants}`,
      hint:
        has > wants
          ? 'a field that holds the delimiter must stand in quotes'
          : 'every row needs a delimiter for every column, also for empty ones',
    }
  }
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
