import type { Attributes } from '../resource.ts'
import { BEYOND } from '../rundb/known.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { SkippedDeletion } from './action.ts'

/** Something that the state holds and the source no longer has. */
export interface DeletionCandidate {
  kind: string
  key: string
  id: string
  attributes: Attributes
  refs: Record<string, string>
  ownership: 'created' | 'adopted'
  /** See StateResource. */
  answered: Attributes
}

/** What left the source and is not planned for yet, in the order of keys. */
export function* deletionCandidates(rundb: RunDatabase, kind: string): Generator<DeletionCandidate> {
  const rows = rundb.db
    .prepare(
      `SELECT k.* FROM known k WHERE k.kind = ?1
         AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
         AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.id = k.id)
         AND NOT EXISTS (SELECT 1 FROM spared s WHERE s.kind = k.kind AND s.key = k.key)
         AND NOT ${BEYOND}
       ORDER BY k.key`,
    )
    .iterate(kind)
  for (const row of rows) {
    yield {
      kind,
      key: String(row.key),
      id: String(row.id),
      attributes: JSON.parse(String(row.attributes)),
      refs: JSON.parse(String(row.refs)),
      ownership: row.ownership === 'created' ? 'created' : 'adopted',
      answered: row.answered === null ? {} : JSON.parse(String(row.answered)),
    }
  }
}

/** Kinds that are made out of definitions of roles. */
const FROM_DEFINITIONS: ReadonlySet<string> = new Set(['permission', 'role', 'organization-role'])

/**
 * Whether something is missing among the desired resources because its record was refused: it has not left the source. Of a refused
 * definition of a role nobody can tell what would have been made of it.
 */
export function isRejected(rundb: RunDatabase, { kind, key }: Pick<DeletionCandidate, 'kind' | 'key'>): boolean {
  if (rundb.statement('SELECT 1 FROM rejects WHERE kind = ? AND key = ? LIMIT 1').get(kind, key) !== undefined)
    return true
  const definitions = "SELECT 1 FROM rejects WHERE kind = 'role-definition' LIMIT 1"
  return FROM_DEFINITIONS.has(kind) && rundb.statement(definitions).get() !== undefined
}

/** Records that were refused before anybody could tell whose they are. */
export function countUnknownRejects(rundb: RunDatabase): number {
  return rundb.count("SELECT sum(records) FROM rejects WHERE kind = 'record' OR key IS NULL")
}

export function insertSkippedDeletion(rundb: RunDatabase, { kind, key, code, message }: SkippedDeletion): void {
  rundb.run('INSERT OR IGNORE INTO spared VALUES (?, ?, ?, ?)', kind, key, code, message)
}
