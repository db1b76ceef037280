import { canonicalJson } from '../json.ts'
import { createPlanTables } from '../planning/plan-tables.ts'
import type { Attributes } from '../resource.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'
import type { Finding } from './verification.ts'

/**
 * What verifying adds to the run's database, besides `live` of planning.
 *
 * applied   a copy of the state
 * matched   which live resource stands for which desired one
 * findings  what is not as it should be
 */
const SCHEMA = `
  CREATE TABLE applied (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, ownership TEXT NOT NULL,
    attributes TEXT NOT NULL, refs TEXT NOT NULL, secrets INTEGER NOT NULL, reduced TEXT, answered TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE INDEX applied_by_id ON applied (kind, id);
  CREATE TABLE matched (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX matched_by_id ON matched (kind, id);
  CREATE TABLE findings (position INTEGER PRIMARY KEY, type TEXT NOT NULL, finding TEXT NOT NULL) STRICT;
`

export function createVerifyTables(rundb: RunDatabase): void {
  createPlanTables(rundb)
  rundb.db.exec(SCHEMA)
}

/** Copies one kind of the state. */
export async function loadApplied(rundb: RunDatabase, state: StateStore, kind: string): Promise<void> {
  for await (const batch of state.resources(kind)) {
    rundb.transaction(() => {
      for (const { key, id, ownership, attributes, digests, refs, reduced, answered } of batch) {
        const secrets = Object.keys(digests).length > 0 ? 1 : 0
        const sql = 'INSERT INTO applied VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
        rundb.run(
          sql,
          kind,
          key,
          id,
          ownership,
          canonicalJson(attributes),
          JSON.stringify(refs),
          secrets,
          reduced ?? null,
          answered ? canonicalJson(answered) : null,
        )
      }
    })
  }
}

/** What the state says of a desired resource. */
export interface Applied {
  id: string
  attributes: Attributes
  /** See StateResource. */
  reduced?: string
  /** See StateResource. */
  answered?: Attributes
}

/** The key under which the state holds an id. */
export function appliedKey(rundb: RunDatabase, kind: string, id: string): string | undefined {
  const row = rundb.statement('SELECT key FROM applied WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

export function insertFinding(rundb: RunDatabase, finding: Finding): void {
  rundb.run('INSERT INTO findings (type, finding) VALUES (?, ?)', finding.type, JSON.stringify(finding))
}
