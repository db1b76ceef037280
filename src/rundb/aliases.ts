import type { RunDatabase } from './run-database.ts'

/** The key that a key merged into. Undefined: into none. */
export function canonicalKey(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement('SELECT canonical FROM aliases WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.canonical)
}
