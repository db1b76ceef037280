import type { Row } from '../sqlite/open.ts'
import type { RunDatabase } from './run-database.ts'

/**
 * Attributes and secrets of all desired resources of a kind, in JSON, for counts over their values.
 * @param whole those out of scope as well, whose secrets nobody knows
 */
export function* valuesOfKind(rundb: RunDatabase, kind: string, whole: boolean): Generator<Values> {
  const desired = rundb.iterate('SELECT attributes, secrets FROM desired WHERE kind = ? ORDER BY seq', kind)
  for (const row of desired) yield valuesFromRow(row)
  if (!whole) return
  const others = rundb.iterate('SELECT attributes, NULL AS secrets FROM out_of_scope WHERE kind = ?', kind)
  for (const row of others) yield valuesFromRow(row)
}

export interface Values {
  attributes: string
  secrets: string | null
}

function valuesFromRow({ attributes, secrets }: Row): Values {
  return { attributes: String(attributes), secrets: secrets === null ? null : String(secrets) }
}
