import type { SQLOutputValue } from 'node:sqlite'
import type { DesiredResource } from '../resource.ts'
import type { RunDatabase } from './run-database.ts'

export function desiredFromRow(row: Record<string, SQLOutputValue>): DesiredResource {
  return {
    kind: String(row.kind),
    key: String(row.key),
    attributes: JSON.parse(String(row.attributes)),
    secrets: row.secrets === null ? null : JSON.parse(String(row.secrets)),
    refs: JSON.parse(String(row.refs)),
  }
}

export function isDesired(rundb: RunDatabase, kind: string, key: string): boolean {
  return rundb.statement('SELECT 1 FROM desired WHERE kind = ? AND key = ?').get(kind, key) !== undefined
}

/** The key that a key merged into. Undefined: into none. */
export function canonicalKey(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement('SELECT canonical FROM aliases WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.canonical)
}
