import type { RunDatabase } from './run-database.ts'

/**
 * References that might lead nowhere. In: kinds and roles, noted while resources are staged or
 * derived. Out: whether to check each reference of a kind. Usually the record of a resource also
 * describes what it refers to, and nothing of that is rejected.
 */

/** Roles of a kind with a reference to something that its part of the source does not describe. */
export interface Loose {
  kind: string
  role: string
}

/** References of a kind in a role, to resources of the kind `target`. */
export interface Reference extends Loose {
  target: string
}

/** All roles of a kind. */
const ANY_ROLE = '*'

export function noteLoose(rundb: RunDatabase, { kind, role }: Loose): void {
  rundb.run('INSERT OR IGNORE INTO loose VALUES (?, ?)', kind, role)
}

/** Notes that a resource of a kind is not a draft as it was staged: it was merged, or derived. */
export function noteDerived(rundb: RunDatabase, kind: string): void {
  noteLoose(rundb, { kind, role: ANY_ROLE })
}

/** Whether `noteDerived` was called for a kind. */
export function isDerived(rundb: RunDatabase, kind: string): boolean {
  return rundb.count(`SELECT EXISTS (SELECT 1 FROM loose WHERE kind = ? AND role = '${ANY_ROLE}')`, kind) > 0
}

/**
 * Whether a reference in a role can lead to nothing that is desired. A target that was staged is
 * desired, merged into another one, rejected, or left out: the accounts add up.
 */
export function canDangle(rundb: RunDatabase, { kind, role, target }: Reference): boolean {
  const found = `SELECT EXISTS (SELECT 1 FROM loose WHERE kind = ?1 AND role IN (?2, '${ANY_ROLE}'))
    OR EXISTS (SELECT 1 FROM rejects WHERE kind = ?3)
    OR EXISTS (SELECT 1 FROM left_out_keys WHERE kind = ?3) OR EXISTS (SELECT 1 FROM left_out_with WHERE kind = ?3)`
  return rundb.count(found, kind, role, target) > 0
}
