import { figure } from '../../diagnostics/printable.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

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
