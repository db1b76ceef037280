import type { Problem } from '../diagnostics/problem.ts'
import type { JsonObject } from '../json.ts'

/**
 * What a file of rejected rows says of each row beside what the source said: columns of CSV, members of JSON. Sources read such a file
 * like the one that it was made from: these names are no data.
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
export function rejectText(data: JsonObject): string | undefined {
  const text = data._migrate_text
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Why a row of a file of rejected rows is refused in which nobody filled in what it lacks. */
export function unfilled(text: string | undefined): Pick<Problem, 'code' | 'message' | 'hint'> {
  return {
    code: 'row_not_filled_in',
    message: text === undefined ? 'the row has a reason and nothing else' : 'the row stands in _migrate_text alone',
    hint: 'write its values into the columns, or delete the row',
  }
}

/** What spreadsheets take for a formula, however many apostrophes stand before it. */
const FORMULA = /^'*[=+\-@\t\r\n]/

/** A cell that no spreadsheet takes for a formula: an apostrophe before what looks like one. `unescapeCell` takes it off again. */
export function escapeCell(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell
}

/** What `escapeCell` was given. What a person typed without an apostrophe stays as it is. */
export function unescapeCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}

/** The record without those members. */
export function withoutRejectMembers(data: JsonObject): JsonObject {
  if (!REJECT_COLUMNS.some((name) => Object.hasOwn(data, name))) return data
  return Object.fromEntries(Object.entries(data).filter(([name]) => !NAMES.has(name)))
}
