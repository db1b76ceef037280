import { ROLE_ASSIGNMENT } from './grants.ts'
import type { RunDatabase } from './run-database.ts'

/** How many records there are of each kind, wherever staging has put them; of role assignments, those that records give to others. */
export function countRecords(rundb: RunDatabase): Map<string, number> {
  const rows = rundb
    .statement(
      `SELECT kind, sum(records) AS n FROM (
         SELECT kind, records FROM drafts UNION ALL SELECT kind, records FROM rejects WHERE kind <> 'record'
         UNION ALL SELECT kind, records FROM left_out_with
         UNION ALL SELECT '${ROLE_ASSIGNMENT}', 1 FROM grants) GROUP BY kind`,
    )
    .all()
  return new Map(rows.map((row) => [String(row.kind), Number(row.n)]))
}

/** How many resources of a kind come from records, and how many records those are. */
export function countAccepted(rundb: RunDatabase, kind: string): { distinct: number; records: number } {
  return {
    distinct: rundb.count('SELECT count(*) FROM desired WHERE kind = ? AND records > 0', kind),
    records: rundb.count('SELECT sum(records) FROM desired WHERE kind = ?', kind),
  }
}
