import type { DesiredSet } from '../../desired/desired-set.ts'
import {
  type MembershipChart,
  membersByOrganization,
  membershipsByRole,
  NO_ROLE,
} from '../../kinds/membership/charts.ts'
import type { PasswordCounts } from '../../kinds/user/passwords-text.ts'
import type { KindSummary } from '../../planning/kind-summary.ts'
import type { BarChart, Block, Tone } from './report.ts'
import type { Shown } from './shown.ts'

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

/** Members of the largest organizations, and roles. */
export function membershipCharts({ rundb }: DesiredSet, shown: Shown): Block[] {
  return [
    ...membershipBars(membersByOrganization(rundb), shown.value),
    ...membershipBars(membershipsByRole(rundb), shown.text),
  ]
}

function membershipBars(
  { title, unit, series, bars, note }: MembershipChart,
  labelOf: (name: string) => string,
): Block[] {
  const labels = bars.map(({ name }) => (name === null ? NO_ROLE : labelOf(name)))
  return barsOf(title, unit, labels, [[series, 'plain', bars.map(({ count }) => count)]], note)
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
