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
