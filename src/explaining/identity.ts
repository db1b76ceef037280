import { definitionKeys } from '../kinds/role/role-definition.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Address } from '../state/store.ts'

/** What records a resource is made from: their kind, and the keys that they have. */
export interface Origins {
  kind: string
  keys: string[]
}

/** The keys of the records that became a resource, the one that stands for them first. */
export function originsOf(rundb: RunDatabase, { kind, key }: Address): Origins {
  if (kind === 'role') return { kind: 'role-definition', keys: [key] }
  if (kind === 'organization-role') {
    const [slug = '', organization = ''] = key.split('@')
    return { kind: 'role-definition', keys: definitionKeys(slug, organization).slice(1) }
  }
  if (kind === 'membership' || kind === 'group-membership') return { kind, keys: [key, ...formerKeys(rundb, key)] }
  const of = kind === 'totp-factor' ? 'user' : kind
  return { kind: of, keys: [key, ...mergedKeys(rundb, of, key)] }
}

/** Keys of records that merged into it. */
export function mergedKeys(rundb: RunDatabase, kind: string, key: string): string[] {
  return rundb
    .statement('SELECT key FROM aliases WHERE kind = ? AND canonical = ? ORDER BY key')
    .all(kind, key)
    .map((row) => String(row.key))
}

/** Keys that a membership had before its user merged into another. */
function formerKeys(rundb: RunDatabase, key: string): string[] {
  return rundb
    .statement(
      `SELECT key || substr(?1, length(canonical) + 1) AS former FROM aliases
       WHERE kind = 'user' AND substr(?1, 1, length(canonical) + 1) = canonical || '@' ORDER BY key`,
    )
    .all(key)
    .map(({ former }) => String(former))
}

/** Positions of the records that a resource is made from, or that were refused for it, in order. */
export function positionsOf(rundb: RunDatabase, { kind, keys }: Origins): number[] {
  const own = `SELECT seq FROM drafts WHERE kind = ?1 AND key IN (SELECT value FROM json_each(?2))
    UNION SELECT seq FROM rejects WHERE kind = ?1 AND key IN (SELECT value FROM json_each(?2)) AND seq IS NOT NULL`
  const roles = ` UNION SELECT seq FROM rejects WHERE kind = 'roleAssignment' AND key IN (SELECT value FROM json_each(?2)) AND seq IS NOT NULL`
  return rundb
    .statement(`SELECT seq FROM (${own}${kind === 'user' ? roles : ''}) WHERE seq >= 0 ORDER BY seq`)
    .all(kind, JSON.stringify(keys))
    .map(({ seq }) => Number(seq))
}

/** How many records there are: equal ones of an organization are not all known by their positions. */
export function recordCount(rundb: RunDatabase, { kind, keys }: Origins): number {
  return rundb.count(
    `SELECT sum(records) FROM (SELECT records FROM drafts WHERE kind = ?1 AND key IN (SELECT value FROM json_each(?2))
       UNION ALL SELECT records FROM rejects WHERE kind = ?1 AND key IN (SELECT value FROM json_each(?2)) AND seq IS NOT NULL)`,
    kind,
    JSON.stringify(keys),
  )
}
