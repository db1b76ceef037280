import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'

/**
 * Columns (CSV) or members (JSON) that a file of rejected rows adds to each row. Sources can read
 * such a file like the original, so these names are not data.
 */
export const REJECT_COLUMNS = [
  '_migrate_reason',
  '_migrate_code',
  '_migrate_field',
  '_migrate_resource',
  '_migrate_outcome',
  '_migrate_place',
  '_migrate_text',
] as const

export type RejectColumn = (typeof REJECT_COLUMNS)[number]

const NAMES: ReadonlySet<string> = new Set(REJECT_COLUMNS)

export function isRejectColumn(name: string): boolean {
  return NAMES.has(name)
}

/** The text of a row that could not be parsed. Undefined: the file has none. */
function rejectText(data: JsonObject): string | undefined {
  const text = data._migrate_text
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Why a row of a file of rejected rows is rejected if its values were not filled in. */
export function unfilled(text: string | undefined): Pick<Problem, 'code' | 'message' | 'hint'> {
  return {
    code: 'row_not_filled_in',
    message:
      text === undefined ? 'the row has a reason but no values' : 'the row has no values except in _migrate_text',
    hint: 'write the values into their columns, or delete the row',
  }
}

/** Text that spreadsheets treat as a formula, after any number of apostrophes. */
const FORMULA = /^'*[=+\-@\t\r\n]/

/**
 * Puts an apostrophe before text that a spreadsheet would treat as a formula. `unescapeCell`
 * removes it.
 */
export function escapeCell(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell
}

/** Reverses `escapeCell`. Text without an apostrophe stays as it is. */
export function unescapeCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}

/**
 * Removes these members from a record.
 * @returns the text of the row, if it has no other members
 */
export function ownMembers(written: JsonObject): { data: JsonObject } | { text: string | undefined } {
  if (!REJECT_COLUMNS.some((name) => Object.hasOwn(written, name))) return { data: written }
  const members = Object.entries(written).filter(([name]) => !NAMES.has(name))
  return members.length === 0 ? { text: rejectText(written) } : { data: Object.fromEntries(members) }
}

/** The columns that are data. */
export function ownColumns(columns: readonly string[]): readonly string[] {
  return columns.some(isRejectColumn) ? columns.filter((column) => !isRejectColumn(column)) : columns
}

/** The cells that are data, with their columns. Unescapes the cells of a file of rejected rows. */
export function ownCells(columns: readonly string[], fields: readonly string[]) {
  if (!columns.some(isRejectColumn)) return { columns, fields }
  return {
    columns: ownColumns(columns),
    fields: fields.filter((_, index) => !isRejectColumn(columns[index] ?? '')).map(unescapeCell),
  }
}

/**
 * The text of a row in a file of rejected rows without any value.
 * @returns undefined for every other row
 */
export function unfilledRow(columns: readonly string[], fields: readonly string[]): { text?: string } | undefined {
  if (!columns.some(isRejectColumn) || fields.length !== columns.length) return undefined
  if (fields.some((field, index) => field.trim() !== '' && !isRejectColumn(columns[index] ?? ''))) return undefined
  const index = columns.indexOf('_migrate_text')
  const text = rejectText({ _migrate_text: unescapeCell(fields[index] ?? '') })
  return text === undefined ? {} : { text }
}

/** Formats cells as a line of CSV. */
export function csvLine(fields: readonly string[], delimiter = ','): string {
  return fields.map((field) => csvCell(field, delimiter)).join(delimiter)
}

/** Text that needs no quotes with any delimiter, and does not look like a comment. */
const PLAIN = /^(?:[\p{L}\p{N}_@./'+=-](?:[\p{L}\p{N}_@./:'+= -]*[\p{L}\p{N}_@./:'+=-])?)?$/u

function csvCell(field: string, delimiter: string): string {
  return PLAIN.test(field) && !field.includes(delimiter) ? field : `"${field.replaceAll('"', '""')}"`
}
