import type { LostRoles, UnmappedRole } from '../kinds/membership/roles-text.ts'
import type { DesiredSet } from './desired-set.ts'

/** Most first. */
export function unmappedRoles({ rundb }: DesiredSet): UnmappedRole[] {
  return rundb
    .statement(
      `SELECT kind, detail, count(*) AS n FROM notes WHERE code = 'unmapped_role' GROUP BY kind, detail
       ORDER BY n DESC, kind, detail`,
    )
    .all()
    .map(({ kind, detail, n }) => ({ kind: String(kind), role: String(detail), count: Number(n) }))
}

/** How many memberships lose roles by `roles.multiple: first`. */
export function lostRolesCount({ rundb }: DesiredSet): number {
  return rundb.count("SELECT count(DISTINCT key) FROM notes WHERE code = 'role_lost'")
}

/** The memberships that lose roles by `roles.multiple: first`, by key. */
export function* lostRoles({ rundb }: DesiredSet, limit = Number.MAX_SAFE_INTEGER): Generator<LostRoles> {
  const rows = rundb.db
    .prepare(
      `SELECT d.key, d.attributes ->> '$.roles[0]' AS kept, json_group_array(n.detail ORDER BY n.detail) AS lost,
         f.name || coalesce(':' || d.line, '') AS origin
       FROM notes n JOIN desired d ON d.kind = n.kind AND d.key = n.key JOIN files f ON f.id = d.file
       WHERE n.code = 'role_lost' GROUP BY d.key ORDER BY d.key LIMIT ?`,
    )
    .iterate(limit)
  for (const { key, kept, lost, origin } of rows) {
    yield {
      key: String(key),
      kept: String(kept),
      lost: JSON.parse(String(lost)).map(String),
      origin: String(origin),
    }
  }
}
