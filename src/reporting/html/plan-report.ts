import type { DesiredSet } from '../../desired/desired-set.ts'
import { figure } from '../../diagnostics/printable.ts'
import {
  type MembershipChart,
  membersByOrganization,
  membershipsByRole,
  NO_ROLE,
} from '../../kinds/membership/reports.ts'
import type { PasswordCounts } from '../../kinds/user/passwords/counts.ts'
import { type Action, actionValues, address, type KindSummary } from '../../planning/action.ts'
import type { Plan } from '../../planning/plan.ts'
import { openWarnings } from '../../planning/warnings.ts'
import { actionsOfType } from '../../rundb/actions.ts'
import { describeAllLeftOut } from '../accounting-text.ts'
import { MATCHED_BY } from '../actions-text.ts'
import { describeChanges, describeWhere, nothingToDo, scopeLines } from '../heading-text.ts'
import { describeWarning } from '../remarks.ts'
import { counted, duration, tellingLabel } from '../style.ts'
import {
  alertOf,
  assembled,
  barsOf,
  fieldValues,
  type GridSource,
  gridSection,
  HELD,
  type ReportOptions,
  type Shown,
  type Stack,
  shownBy,
  warningAlerts,
} from './assembly.ts'
import type { AssembledReport, MarkedRow } from './document.ts'
import { planLists } from './plan-lists.ts'
import type { Block, Row, Section, Tone } from './report.ts'
import {
  accountingSection,
  fieldsSection,
  type Problems,
  problemSections,
  problemsOf,
  remarksSection,
} from './sections.ts'

/** The sections of a plan before and after the problems. The report of an apply uses them too. */
interface PlanParts {
  first: Section[]
  rest: Section[]
  grids: GridSource[]
}

export async function planReport(plan: Plan, options: ReportOptions): Promise<AssembledReport> {
  const shown = shownBy(options.mask)
  const problems = await problemSections(() => problemsOf(plan), shown)
  const parts = await planParts(plan, shown, options)
  const { sentence, tone } = outlook(plan)
  const title = plan.purpose === 'destroy' ? 'Deletion plan' : 'Plan'
  const head = [describeWhere(plan.where), ...scopeLines(plan.set.scope).map(shown.text)]
  return assembled({ what: title, name: plan.name, head, sentence, tone }, options, {
    sections: [summarySection(plan, problems, shown), ...parts.first, ...problems.sections, ...parts.rest],
    grids: [problems.source, ...parts.grids],
  })
}

export async function planParts(plan: Plan, shown: Shown, { most }: ReportOptions): Promise<PlanParts> {
  const actions = actionGrid(plan, shown, most)
  const lists = await planLists(plan, shown, most)
  return {
    first: [
      ...chartsSection(plan, shown),
      ...gridSection(actions, 'plain', 'Click a row or press Enter to see its values. Press / to search.'),
    ],
    rest: [
      ...fieldsSection(plan.fields, shown),
      ...lists.sections,
      ...remarksSection(plan, shown),
      ...accountingSection(plan.set.accounting, shown),
    ],
    grids: [actions, ...lists.grids],
  }
}

function summarySection(plan: Plan, { links }: Problems, shown: Shown): Section {
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [...alertsOf(plan, shown), figuresOf(plan), ...links, ...leftOutText(plan, shown), countsTable(plan)],
  }
}

export function alertsOf({ summary }: Plan, shown: Shown): Block[] {
  return [
    ...summary.refusals.map(({ message, hint }) => alertOf({ message, hint }, 'bad', 'Refused:', shown)),
    ...warningAlerts(summary.warnings, shown),
    ...summary.notices.map((notice) => {
      return alertOf({ message: describeWarning(notice), hint: notice.hint }, 'plain', 'Worth a look:', shown)
    }),
  ]
}

function figuresOf({ summary, set, purpose }: Plan): Block {
  const most = purpose === 'destroy' ? 'delete' : 'create'
  const sum = (field: 'create' | 'update' | 'adopt' | 'delete' | 'blocked' | 'unchanged' | 'orphaned') =>
    summary.kinds.reduce((total, kind) => total + kind[field], 0)
  const bad = (value: number): Tone => (value > 0 ? 'bad' : 'plain')
  const rejected = set.rejectCount()
  const figures: Extract<Block, { type: 'figures' }>['figures'] = [
    { label: 'create', value: sum('create'), tone: 'good' },
    { label: 'update', value: sum('update') },
    { label: 'adopt', value: sum('adopt') },
    { label: 'delete', value: sum('delete'), tone: bad(sum('delete')) },
    { label: 'unchanged', value: sum('unchanged') },
    { label: 'blocked', value: sum('blocked'), tone: bad(sum('blocked')) },
    { label: 'rejected records', value: rejected, tone: bad(rejected) },
    { label: 'left out', value: set.accounting.records.leftOut },
  ]
  return { type: 'figures', figures: figures.filter(({ label, value }) => value > 0 || label === most) }
}

function leftOutText({ set }: Plan, shown: Shown): Block[] {
  const lines = describeAllLeftOut(set)
  return lines.length === 0 ? [] : [{ type: 'list', items: lines.map(shown.text) }]
}

function countsTable({ summary, purpose }: Plan): Block {
  const columns = [
    'desired',
    'create',
    'update',
    'adopt',
    'unchanged',
    'gone',
    'blocked',
    'delete',
    'orphaned',
  ] as const
  const isDestroy = purpose === 'destroy'
  const kinds = summary.kinds.filter((kind) => kind.delete > 0 || (!isDestroy && kind.desired + kind.orphaned > 0))
  const first = isDestroy ? 'delete' : 'desired'
  const some = columns.filter((column) => column === first || (!isDestroy && kinds.some((kind) => kind[column] > 0)))
  return {
    type: 'table',
    caption: 'By kind',
    columns: [{ label: '' }, ...some.map((label) => ({ label, numeric: true as const }))],
    rows: kinds.map((kind) => [kind.plural, ...some.map((column) => kind[column])]),
  }
}

function chartsSection(plan: Plan, shown: Shown): Section[] {
  const { summary, set, purpose } = plan
  const desired = purpose === 'apply'
  const blocks = [
    ...actionsChart(summary.kinds),
    ...(desired ? membershipCharts(set, shown) : []),
    ...(desired ? passwordsChart(summary.passwords) : []),
  ]
  return [{ id: 'charts', title: 'At a glance', blocks }]
}

function outlook(plan: Plan): { sentence: string; tone: Tone } {
  const { summary, set } = plan
  const { refusals, kinds, estimate, warnings } = summary
  const rejected = set.rejectCount()
  const blocked = kinds.reduce((total, kind) => total + kind.blocked, 0)
  const without = [
    ...(rejected > 0 ? [`${counted(rejected, 'record')} rejected`] : []),
    ...(blocked > 0 ? [`${counted(blocked, 'resource')} blocked`] : []),
  ]
  const rest = without.length === 0 || !summary.changes ? '' : ` Not included: ${without.join(' and ')}.`
  const time = estimate.seconds < 1 ? '' : `, ${duration(estimate.seconds)} at least`
  const changes = summary.changes
    ? `${describeChanges(kinds)} ${figure(estimate.writes)} ${estimate.writes === 1 ? 'write' : 'writes'} to WorkOS${time}.`
    : nothingToDo(plan, (_format, text) => text)
  if (refusals.length > 0) return { sentence: `Refused: apply writes nothing. ${changes}${rest}`, tone: 'bad' }
  const isGone = kinds.some(({ gone }) => gone > 0)
  const odd = without.length > 0 || isGone || kinds.some((kind) => kind.delete > 0) || openWarnings(warnings).length > 0
  return { sentence: `${changes}${rest}`, tone: odd ? 'warn' : 'good' }
}

const TYPES = ['blocked', 'create', 'update', 'adopt', 'delete'] as const

const LOOK: Record<Action['type'], { mark: string; tone: Tone }> = {
  blocked: { mark: '!', tone: 'bad' },
  create: { mark: '+', tone: 'good' },
  update: { mark: '~', tone: 'warn' },
  adopt: { mark: '=', tone: 'info' },
  delete: { mark: '-', tone: 'bad' },
}

/** Values in a closed row. */
const SUMMARY = 4

/** Every action with its values by kind: all blocked ones, and the first `most` of the others. */
function actionGrid(plan: Plan, shown: Shown, most = HELD): GridSource {
  const kinds = plan.summary.kinds.filter((kind) => TYPES.some((type) => kind[type] > 0))
  const heldOf = (counts: (typeof kinds)[number]) => {
    let room = most
    return TYPES.map((type) => {
      const held = type === 'blocked' ? counts.blocked : Math.min(counts[type], room)
      if (type !== 'blocked') room -= held
      return held
    })
  }
  const held = kinds.map(heldOf)
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
  return {
    grid: {
      id: 'actions',
      title: 'Actions',
      columns: [
        { label: 'resource', share: 3 },
        { label: 'name', share: 2, minor: true },
        { label: 'values', share: 5, minor: true },
      ],
      groupLabel: 'kind',
      groups: kinds.map(({ kind }) => kind),
      facetLabel: 'action',
      facets: TYPES.map((type, n) => ({ label: type, ...LOOK[type], held: sum(held.map((counts) => counts[n] ?? 0)) })),
      total: sum(kinds.map((kind) => sum(TYPES.map((type) => kind[type])))),
      held: sum(held.flat()),
      limit: `the first ${most.toLocaleString('en')} of each kind, and all blocked ones`,
    },
    async *rows() {
      for (const [group, { kind }] of kinds.entries()) {
        for (const [facet, type] of TYPES.entries()) {
          const limit = held[group]?.[facet] ?? 0
          if (limit > 0) yield* rowsOf(plan, { kind, type, limit, group, facet }, shown)
        }
      }
    },
  }
}

interface Wanted {
  kind: string
  type: Action['type']
  limit: number
  group: number
  facet: number
}

function* rowsOf(plan: Plan, { kind, type, limit, group, facet }: Wanted, shown: Shown): Generator<MarkedRow> {
  for (const action of actionsOfType(plan.set.rundb, kind, type, limit))
    yield { group, facet, row: rowOf(plan, JSON.parse(action), shown) }
}

function rowOf(plan: Plan, action: Action, shown: Shown): Row {
  const { before, after, secrets } = actionValues(plan, action)
  const fields = fieldValues(before, after, secrets, shown)
  const changes = fields.slice(0, SUMMARY).map(([field, from, to]) => {
    const [before, after] = [from, to].map((value) => (typeof value === 'string' ? value : undefined))
    const change = action.type === 'update' || action.type === 'adopt'
    const values = change && before !== undefined ? `${before} → ${after ?? 'removed'}` : (after ?? before ?? '')
    return `${field}: ${values}`
  })
  const summary = action.type === 'blocked' ? shown.about(action.message, action.key) : changes.join(' · ')
  const name = tellingLabel(action)
  const label = name === undefined ? '' : shown.value(name)
  const remarks = remarksOf(plan, action).map(([name, text]): [string, string] => [name, shown.about(text, action.key)])
  return [[shown.text(address(action)), label, summary], fields, remarks]
}

function remarksOf({ set }: Plan, action: Action): [string, string][] {
  const from: [string, string][] = action.type === 'delete' ? [] : [['source', set.origin(action.kind, action.key)]]
  const id: [string, string][] = 'id' in action ? [['WorkOS ID', action.id]] : []
  switch (action.type) {
    case 'blocked':
      return [
        ...from,
        ['why', action.message],
        ...(action.hint === undefined ? [] : [['what to do', action.hint] as [string, string]]),
      ]
    case 'adopt': {
      const former: [string, string][] =
        action.former === undefined ? [] : [['previously', address({ kind: action.kind, key: action.former })]]
      return [...from, ...id, ['matched by', MATCHED_BY[action.matchedBy]], ...former]
    }
    case 'delete':
      return action.with === undefined ? id : [...id, ['deleted with', address(action.with)]]
    default:
      return [...from, ...id]
  }
}

function actionsChart(kinds: readonly KindSummary[]): Block[] {
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

function membershipCharts({ rundb }: DesiredSet, shown: Shown): Block[] {
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

function passwordsChart({ algorithms, none }: PasswordCounts): Block[] {
  const labels = algorithms.map(({ algorithm }) => (algorithm === 'clear' ? 'in clear' : algorithm))
  const nothing = none > 0 && algorithms.length > 0 ? [none] : []
  const padded = (values: number[]) => [...values, ...nothing.map(() => 0)]
  const stack: Stack = [
    ['kept', 'good', padded(algorithms.map(({ kept }) => kept))],
    ['reset', 'bad', padded(algorithms.map(({ reset }) => reset))],
    ['not sent: already in WorkOS', 'info', padded(algorithms.map(({ there }) => there))],
    ['no password', 'other', [...algorithms.map(() => 0), ...nothing]],
  ]
  return barsOf('Passwords', 'users', [...labels, ...nothing.map(() => 'none')], stack)
}
