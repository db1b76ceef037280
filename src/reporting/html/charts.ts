import type { DesiredSet } from '../../desired/desired-set.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { PasswordCounts } from '../../kinds/user/passwords/password-counts.ts'
import type { KindSummary } from '../../planning/action.ts'
import type { BarChart, Block, Tone } from './report.ts'
import type { Shown } from './shown.ts'

/** Bars of one chart. */
const BARS = 20

type Stack = readonly (readonly [label: string, tone: Tone | 'other', values: number[]])[]

/** A bar chart, unless there is nothing in it. Series without a value are left out. */
export function barsOf(title: string, unit: string, labels: string[], stack: Stack, note?: string): Block[] {
  const series = stack
    .filter(([, , values]) => values.some((value) => value > 0))
    .map(([label, tone, values]) => ({ label, tone, values }))
  if (labels.length === 0 || series.length === 0) return []
  const chart: BarChart = { kind: 'bars', title, unit, labels, series, note }
  return [{ type: 'chart', chart }]
}

export function actionsChart(kinds: readonly KindSummary[]): Block[] {
  const some = kinds.filter((kind) => kind.desired + kind.delete > 0)
  const of = (field: 'create' | 'update' | 'adopt' | 'delete' | 'blocked' | 'unchanged') =>
    some.map((kind) => kind[field])
  const stack: Stack = [
    ['create', 'good', of('create')],
    ['update', 'warn', of('update')],
    ['adopt', 'info', of('adopt')],
    ['delete', 'bad', of('delete')],
    ['blocked', 'bad', of('blocked')],
    ['unchanged', 'other', of('unchanged')],
  ]
  return barsOf(
    'Actions by kind',
    'resources',
    some.map(({ plural }) => plural),
    stack,
  )
}

/** Members of the largest organizations, and of all others together. */
export function organizationsChart({ rundb }: DesiredSet, shown: Shown): Block[] {
  const rows = rundb
    .statement(
      `SELECT m.refs ->> 'organization' AS key, count(*) AS n,
         (SELECT o.attributes ->> 'name' FROM desired o WHERE o.kind = 'organization' AND o.key = m.refs ->> 'organization') AS name
       FROM desired m WHERE m.kind = 'membership' GROUP BY 1 ORDER BY n DESC, key LIMIT ?`,
    )
    .all(BARS)
  const total = rundb.count("SELECT count(*) FROM desired WHERE kind = 'membership'")
  const all = rundb.count("SELECT count(DISTINCT refs ->> 'organization') FROM desired WHERE kind = 'membership'")
  const values = rows.map(({ n }) => Number(n))
  const rest = total - values.reduce((sum, value) => sum + value, 0)
  const others = all - rows.length
  const labels = rows.map(({ key, name }) => shown.value(String(name ?? key)))
  const note =
    others > 0 ? `${figure(others)} smaller organizations have ${figure(rest)} memberships together.` : undefined
  return barsOf('Users per organization', 'memberships', labels, [['members', 'plain', values]], note)
}

/** How many memberships have each role. */
export function rolesChart({ rundb }: DesiredSet, shown: Shown): Block[] {
  const rows = rundb
    .statement(
      `SELECT r.value AS role, count(*) AS n FROM desired d LEFT JOIN json_each(d.attributes, '$.roles') r
       WHERE d.kind = 'membership' GROUP BY 1 ORDER BY n DESC, role LIMIT ?`,
    )
    .all(BARS + 1)
  const listed = rows.slice(0, BARS)
  const labels = listed.map(({ role }) => (role === null ? '(no role given)' : shown.text(String(role))))
  const note = rows.length > BARS ? `The ${BARS} most frequent roles.` : undefined
  return barsOf('Roles', 'memberships', labels, [['memberships', 'plain', listed.map(({ n }) => Number(n))]], note)
}

/** What becomes of the passwords of each algorithm. */
export function passwordsChart({ algorithms, none }: PasswordCounts): Block[] {
  const labels = algorithms.map(({ algorithm }) => (algorithm === 'clear' ? 'in clear' : algorithm))
  const nothing = none > 0 && algorithms.length > 0 ? [none] : []
  const padded = (values: number[]) => [...values, ...nothing.map(() => 0)]
  const stack: Stack = [
    ['kept', 'good', padded(algorithms.map(({ kept }) => kept))],
    ['reset', 'bad', padded(algorithms.map(({ reset }) => reset))],
    ['not sent: in WorkOS before', 'info', padded(algorithms.map(({ there }) => there))],
    ['no password', 'other', [...algorithms.map(() => 0), ...nothing]],
  ]
  return barsOf('Passwords', 'users', [...labels, ...nothing.map(() => 'none')], stack)
}
