import { counted, figure } from '../../diagnostics/printable.ts'
import { originOf, type RunDatabase } from '../../rundb/run-database.ts'
import { countedKind } from '../registry.ts'

/**
 * Texts and figures on memberships for reports: unmapped roles, memberships that lose roles, and
 * counts by organization and by role.
 */

/**
 * A role that no role map translates, and how many memberships or role assignments were rejected
 * for it.
 */
interface UnmappedRole {
  kind: string
  role: string
  count: number
}

/** A membership that keeps one of its roles. */
interface LostRoles {
  key: string
  kept: string
  lost: string[]
  /** Such as `users.csv:12`. */
  origin: string
}

/** The unmapped roles of the source, the most frequent first. */
export function unmappedRoles({ rundb }: { rundb: RunDatabase }): UnmappedRole[] {
  return rundb
    .statement(
      `SELECT kind, detail, count(*) AS n FROM notes WHERE code = 'unmapped_role' GROUP BY kind, detail
       ORDER BY n DESC, kind, detail`,
    )
    .all()
    .map(({ kind, detail, n }) => ({ kind: String(kind), role: String(detail), count: Number(n) }))
}

/** How many memberships lose roles by `roles.multiple: first`. */
export function lostRolesCount({ rundb }: { rundb: RunDatabase }): number {
  return rundb.count("SELECT count(DISTINCT key) FROM notes WHERE code = 'role_lost'")
}

/** The memberships that lose roles by `roles.multiple: first`, ordered by key. */
export function* lostRoles({ rundb }: { rundb: RunDatabase }, limit = Number.MAX_SAFE_INTEGER): Generator<LostRoles> {
  const rows = rundb.iterate(
    `SELECT d.key, d.attributes ->> '$.roles[0]' AS kept, json_group_array(n.detail ORDER BY n.detail) AS lost,
         ${originOf('d')}
       FROM notes n JOIN desired d ON d.kind = n.kind AND d.key = n.key JOIN files f ON f.id = d.file
       WHERE n.code = 'role_lost' GROUP BY d.key ORDER BY d.key LIMIT ?`,
    limit,
  )
  for (const { key, kept, lost, origin } of rows) {
    yield {
      key: String(key),
      kept: String(kept),
      lost: JSON.parse(String(lost)).map(String),
      origin: String(origin),
    }
  }
}

/** How many roles to name. */
const NAMED = 20

/** A line for each unmapped role. */
export function describeUnmapped(roles: readonly UnmappedRole[]): string[] {
  const lines = roles.slice(0, NAMED).map(({ kind, role, count }) => {
    return `roles.map does not contain ${JSON.stringify(role)}: ${countedKind(count, kind)} rejected`
  })
  return roles.length > NAMED
    ? [...lines, `and ${counted(roles.length - NAMED, 'more role')} that it does not contain`]
    : lines
}

/** Memberships that an apply left without some of their roles. */
export function describeReduced(count: number): string {
  return `${counted(count, 'membership')} without all roles: the environment allows one role each`
}

/** What is missing in WorkOS. */
export function describeMissingRoles(count: number): string {
  return `roles of ${counted(count, 'membership')}`
}

/** Bars of one chart. */
const BARS = 20

/** Memberships by sort, the largest sorts first. */
export interface MembershipChart {
  title: string
  unit: string
  /** What the numbers count. */
  series: string
  /** Name null: memberships without the property. */
  bars: { name: string | null; count: number }[]
  note: string | undefined
}

/** The label of a bar without a name. */
export const NO_ROLE = '(no role)'

/** Members of the largest organizations, and of all others together. */
export function membersByOrganization(rundb: RunDatabase): MembershipChart {
  const bars = rundb
    .statement(
      `SELECT m.refs ->> 'organization' AS key, count(*) AS n,
         (SELECT o.attributes ->> 'name' FROM desired o WHERE o.kind = 'organization' AND o.key = m.refs ->> 'organization') AS name
       FROM desired m WHERE m.kind = 'membership' GROUP BY 1 ORDER BY n DESC, key LIMIT ?`,
    )
    .all(BARS)
    .map(({ key, name, n }) => ({ name: String(name ?? key), count: Number(n) }))
  const total = rundb.count("SELECT count(*) FROM desired WHERE kind = 'membership'")
  const all = rundb.count("SELECT count(DISTINCT refs ->> 'organization') FROM desired WHERE kind = 'membership'")
  const rest = total - bars.reduce((sum, { count }) => sum + count, 0)
  const others = all - bars.length
  return {
    title: 'Users per organization',
    unit: 'memberships',
    series: 'members',
    bars,
    note: others > 0 ? `${figure(others)} smaller organizations have ${figure(rest)} memberships together.` : undefined,
  }
}

export function membershipsByRole(rundb: RunDatabase): MembershipChart {
  const rows = rundb
    .statement(
      `SELECT r.value AS role, count(*) AS n FROM desired d LEFT JOIN json_each(d.attributes, '$.roles') r
       WHERE d.kind = 'membership' GROUP BY 1 ORDER BY n DESC, role LIMIT ?`,
    )
    .all(BARS + 1)
    .map(({ role, n }) => ({ name: role === null ? null : String(role), count: Number(n) }))
  return {
    title: 'Roles',
    unit: 'memberships',
    series: 'memberships',
    bars: rows.slice(0, BARS),
    note: rows.length > BARS ? `The ${BARS} most frequent roles.` : undefined,
  }
}
