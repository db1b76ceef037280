import type { Json, JsonObject } from '../../json.ts'

/** The key of a row, for comparisons. */
export function keyOf(row: JsonObject, columns: readonly string[]): string {
  return JSON.stringify(columns.map((column) => row[column] ?? null))
}

/**
 * The key of a row, for messages: `team_id = 7, user_id = 12`. Other columns can contain secrets.
 */
export function describeKey(row: JsonObject, columns: readonly string[]): string {
  return columns.map((column) => `${column} = ${shown(row[column])}`).join(', ')
}

/** Maximum length of a value in a message. */
const SHOWN = 60

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'NULL'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
