import { counted, figure } from '../../diagnostics/printable.ts'
import { originOf, type RunDatabase } from '../../rundb/run-database.ts'
import { countedKind } from '../registry.ts'

/**
 * What reports say of memberships beside their actions. In: the run's database. Out: roles that no
 * map knows, memberships that lose roles, and their numbers by organization and by role; each in
 * the words of people.
 */

/**
 * A role of the source that no map knows, and how many memberships or role assignments were
 * rejected by it.
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
  /** `users.csv:12`. */
  origin: string
}

/** The roles of the source that no map knows, the most frequent first. */
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

/** The memberships that lose roles by `roles.multiple: first`, by key. */
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

/** How many roles are named. */
const NAMED = 20

/** The roles that nothing translates, and what they cost; nothing where there is none. */
export function describeUnmapped(roles: readonly UnmappedRole[]): string[] {
  const lines = roles.slice(0, NAMED).map(({ kind, role, count }) => {
    return `roles.map does not know ${JSON.stringify(role)}: ${countedKind(count, kind)} rejected`
  })
  return roles.length > NAMED
    ? [...lines, `and ${counted(roles.length - NAMED, 'more role')} that it does not know`]
    : lines
}

/** Memberships that an apply left without some of their roles. */
export function describeReduced(count: number): string {
  return `${counted(count, 'membership')} without all roles: the environment takes one each`
}

/** What of them is not in WorkOS. */
export function describeMissingRoles(count: number): string {
  return `roles of ${counted(count, 'membership')}`
}

/** Bars of one chart. */
const BARS = 20

/** How many memberships there are of each sort, the largest sorts first. */
export interface MembershipChart {
  title: string
  unit: string
  /** What the figures are of. */
  series: string
  /** A sort without a name is that of memberships that have none. */
  bars: { name: string | null; count: number }[]
  note: string | undefined
}

/** What stands for a bar without a name. */
export const NO_ROLE = '(no role given)'

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

/** How many memberships have each role. */
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
