import { figure } from '../../diagnostics/printable.ts'
import { openWarnings } from '../../planning/accepted-warnings.ts'
import type { Plan } from '../../planning/plan.ts'
import { describeChanges } from '../headline.ts'
import { describeAllLeftOut } from '../left-out-with-text.ts'
import { nothingToDo } from '../nothing-text.ts'
import { describeWarning } from '../remarks.ts'
import { scopeLines } from '../scope-text.ts'
import { counted, duration } from '../style.ts'
import { describeWhere } from '../where-text.ts'
import { actionGrid } from './action-rows.ts'
import { alertOf, warningAlerts } from './alerts.ts'
import { assembled, type ReportOptions } from './assembled.ts'
import { actionsChart, membershipCharts, passwordsChart } from './charts.ts'
import type { AssembledReport } from './document.ts'
import { type GridSource, gridSection } from './lists.ts'
import { planLists } from './plan-lists.ts'
import { accountingSection, fieldsSection, remarksSection } from './plan-sections.ts'
import { type Problems, problemSections, problemsOf } from './problems.ts'
import type { Block, Section, Tone } from './report.ts'
import { type Shown, shownBy } from './shown.ts'

/** What an apply shows of its plan too: what stands before what went wrong, and what stands behind it. */
export interface PlanParts {
  first: Section[]
  rest: Section[]
  grids: GridSource[]
}

/** A plan as an HTML report. */
export async function planReport(plan: Plan, options: ReportOptions): Promise<AssembledReport> {
  const shown = shownBy(options.mask)
  const problems = await problemSections(() => problemsOf(plan), shown)
  const parts = await planParts(plan, shown, options)
  const { sentence, tone } = outlook(plan)
  const title = plan.purpose === 'destroy' ? 'Plan of a deletion' : 'Plan'
  const head = [describeWhere(plan.where), ...scopeLines(plan.set.scope).map(shown.text)]
  return assembled({ what: title, name: plan.name, head, sentence, tone }, options, {
    sections: [summarySection(plan, problems, shown), ...parts.first, ...problems.sections, ...parts.rest],
    grids: [problems.source, ...parts.grids],
  })
}

/** What a plan does: charts, actions, fields, lists. */
export async function planParts(plan: Plan, shown: Shown, { most }: ReportOptions): Promise<PlanParts> {
  const actions = actionGrid(plan, shown, most)
  const lists = await planLists(plan, shown, most)
  return {
    first: [
      ...chartsSection(plan, shown),
      ...gridSection(
        actions,
        'plain',
        'A row opens with Enter or a click and shows its values. The key / leads to the search.',
      ),
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

/** What refuses a plan, and what is odd about it. */
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

/** What a plan comes to, in a sentence. */
function outlook(plan: Plan): { sentence: string; tone: Tone } {
  const { summary, set } = plan
  const { refusals, kinds, estimate, warnings } = summary
  const rejected = set.rejectCount()
  const blocked = kinds.reduce((total, kind) => total + kind.blocked, 0)
  const without = [
    ...(rejected > 0 ? [`${counted(rejected, 'record')} rejected`] : []),
    ...(blocked > 0 ? [`${counted(blocked, 'resource')} blocked`] : []),
  ]
  const rest = without.length === 0 || !summary.changes ? '' : ` Without ${without.join(' and ')}.`
  const time = estimate.seconds < 1 ? '' : `, ${duration(estimate.seconds)} at least`
  const changes = summary.changes
    ? `${describeChanges(kinds)} ${figure(estimate.writes)} ${estimate.writes === 1 ? 'write' : 'writes'} to WorkOS${time}.`
    : nothingToDo(plan, (_format, text) => text)
  if (refusals.length > 0)
    return { sentence: `Refused: apply carries none of this out. ${changes}${rest}`, tone: 'bad' }
  const isGone = kinds.some(({ gone }) => gone > 0)
  const odd = without.length > 0 || isGone || kinds.some((kind) => kind.delete > 0) || openWarnings(warnings).length > 0
  return { sentence: `${changes}${rest}`, tone: odd ? 'warn' : 'good' }
}
