import type { Json, JsonObject } from '../../json.ts'

/** The key of a row, to be compared with others. */
export function keyOf(row: JsonObject, columns: readonly string[]): string {
  return JSON.stringify(columns.map((column) => row[column] ?? null))
}

/** A row, for people: `team_id = 7, user_id = 12`. Nothing but its key is shown. */
export function describeKey(row: JsonObject, columns: readonly string[]): string {
  return columns.map((column) => `${column} = ${shown(row[column])}`).join(', ')
}

/** Characters of a value that are shown. */
const SHOWN = 60

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'NULL'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
