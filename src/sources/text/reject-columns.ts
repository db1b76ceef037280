import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'

/**
 * What a file of rejected rows says of each row beside what the source said: columns of CSV,
 * members of JSON. Sources read such a file like the one that it was made from: these names are no
 * data.
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

/** What was said of a row that could not be taken apart; undefined: the file says nothing of it. */
function rejectText(data: JsonObject): string | undefined {
  const text = data._migrate_text
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Why a row of a file of rejected rows is refused in which nobody filled in what it lacks. */
export function unfilled(text: string | undefined): Pick<Problem, 'code' | 'message' | 'hint'> {
  return {
    code: 'row_not_filled_in',
    message:
      text === undefined ? 'the row has a reason but no values' : 'the row has no values except in _migrate_text',
    hint: 'write the values into their columns, or delete the row',
  }
}

/** What spreadsheets take for a formula, however many apostrophes stand before it. */
const FORMULA = /^'*[=+\-@\t\r\n]/

/**
 * A cell that no spreadsheet takes for a formula: an apostrophe before what looks like one.
 * `unescapeCell` takes it off again.
 */
export function escapeCell(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell
}

/** What `escapeCell` was given. What a person typed without an apostrophe stays as it is. */
export function unescapeCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}

/**
 * The record without those members.
 * @returns what is said of it, where it has no others and nobody has filled it in
 */
export function ownMembers(written: JsonObject): { data: JsonObject } | { text: string | undefined } {
  if (!REJECT_COLUMNS.some((name) => Object.hasOwn(written, name))) return { data: written }
  const members = Object.entries(written).filter(([name]) => !NAMES.has(name))
  return members.length === 0 ? { text: rejectText(written) } : { data: Object.fromEntries(members) }
}

/** The columns that are data: without those of a file of rejected rows. */
export function ownColumns(columns: readonly string[]): readonly string[] {
  return columns.some(isRejectColumn) ? columns.filter((column) => !isRejectColumn(column)) : columns
}

/**
 * The cells that are data, with their columns: of a file of rejected rows, what its cells were made
 * from.
 */
export function ownCells(columns: readonly string[], fields: readonly string[]) {
  if (!columns.some(isRejectColumn)) return { columns, fields }
  return {
    columns: ownColumns(columns),
    fields: fields.filter((_, index) => !isRejectColumn(columns[index] ?? '')).map(unescapeCell),
  }
}

/**
 * Of a row of a file of rejected rows of which no cell is filled in: what is said of it.
 * @returns undefined for every other row
 */
export function unfilledRow(columns: readonly string[], fields: readonly string[]): { text?: string } | undefined {
  if (!columns.some(isRejectColumn) || fields.length !== columns.length) return undefined
  if (fields.some((field, index) => field.trim() !== '' && !isRejectColumn(columns[index] ?? ''))) return undefined
  const index = columns.indexOf('_migrate_text')
  const text = rejectText({ _migrate_text: unescapeCell(fields[index] ?? '') })
  return text === undefined ? {} : { text }
}

/** Cells as a line of CSV. */
export function csvLine(fields: readonly string[], delimiter = ','): string {
  return fields.map((field) => csvCell(field, delimiter)).join(delimiter)
}

/** What needs no quotes whatever the delimiter, and cannot be taken for a comment. */
const PLAIN = /^(?:[\p{L}\p{N}_@./'+=-](?:[\p{L}\p{N}_@./:'+= -]*[\p{L}\p{N}_@./:'+=-])?)?$/u

function csvCell(field: string, delimiter: string): string {
  return PLAIN.test(field) && !field.includes(delimiter) ? field : `"${field.replaceAll('"', '""')}"`
}
