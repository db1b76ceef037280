import type { RunDatabase } from './run-database.ts'

/** Differences that stay as they are: the table `drift`. */

/** A difference of a field; `*`: of the whole resource. All of it is kept as JSON. */
export interface DriftRow {
  kind: string
  key: string
  field: string
}

export function insertDrift(rundb: RunDatabase, drift: DriftRow): void {
  rundb.run('INSERT INTO drift VALUES (?, ?, ?, ?)', drift.kind, drift.key, drift.field, JSON.stringify(drift))
}

/** Whether it was deleted in WorkOS, and the manifest does not have it created again. */
export function isLeftDeleted(rundb: RunDatabase, kind: string, key: string): boolean {
  return rundb.statement("SELECT 1 FROM drift WHERE kind = ? AND key = ? AND field = '*'").get(kind, key) !== undefined
}
