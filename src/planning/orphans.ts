import { kindDefinition } from '../kinds/registry.ts'
import { BEYOND } from '../rundb/known.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** A resource of the state that the source no longer has: it is left alone in WorkOS. */
export interface OrphanedResource {
  kind: string
  key: string
  /** For people: an e-mail address, an organization's name. */
  label: string
  /** WorkOS's id. */
  id: string
  ownership: 'created' | 'adopted'
  /** The source has its record, and the manifest leaves that out: by which condition. */
  leftOutBy?: string
}

/** What makes a resource `k` of the state an orphan; what was rejected is in the source. */
const ORPHANED = `NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
  AND NOT EXISTS (SELECT 1 FROM rejects r WHERE r.kind = k.kind AND r.key = k.key)
  AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type IN ('adopt', 'delete')) AND NOT ${BEYOND}`

/** How many resources of a kind are orphans. */
export function countOrphans(rundb: RunDatabase, kind: string): number {
  return rundb.count(`SELECT count(*) FROM known k WHERE k.kind = ? AND ${ORPHANED}`, kind)
}

/** The orphans of these kinds, in the order of the kinds and of their keys. */
export function* orphansOf(rundb: RunDatabase, kinds: readonly string[], limit: number): Generator<OrphanedResource> {
  let left = limit
  for (const kind of kinds) {
    if (left <= 0) return
    const rows = rundb.db
      .prepare(
        `SELECT k.*, coalesce((SELECT min(l.path) FROM left_out l WHERE l.kind = k.kind AND l.key = k.key),
           (SELECT l.path FROM left_out_keys l WHERE l.kind = k.kind AND l.key = k.key)) AS path
         FROM known k WHERE k.kind = ? AND ${ORPHANED} ORDER BY k.key LIMIT ?`,
      )
      .iterate(kind, Number.isFinite(left) ? left : -1)
    for (const row of rows) {
      left -= 1
      const [key, attributes, refs] = [
        String(row.key),
        JSON.parse(String(row.attributes)),
        JSON.parse(String(row.refs)),
      ]
      yield {
        kind,
        key,
        label: kindDefinition(kind).label({ kind, key, attributes, secrets: null, refs }),
        id: String(row.id),
        ownership: row.ownership === 'created' ? 'created' : 'adopted',
        ...(typeof row.path === 'string' && { leftOutBy: row.path }),
      }
    }
  }
}
