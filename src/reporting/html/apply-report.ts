import type { ApplyResult } from '../../applying/apply-result.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Plan } from '../../planning/plan.ts'
import type { RejectedItem } from '../../rundb/rejects.ts'
import type { Failure } from '../../state/store.ts'
import type { Limits } from '../../workos/limiter.ts'
import type { TimelineCounts } from '../../workos/timeline.ts'
import { conclusion } from '../apply.ts'
import { fromFailure } from '../errors.ts'
import { describeWhere, scopeLines } from '../heading-text.ts'
import { counted, duration } from '../style.ts'
import { assembled, barsOf, type ReportOptions, shownBy } from './assembly.ts'
import type { AssembledReport } from './document.ts'
import { alertsOf, planParts } from './plan-report.ts'
import type { Block, Section, TimeChart, Tone } from './report.ts'
import { type Problem, problemSections, rejectsOf } from './sections.ts'

interface Applied {
  plan: Plan
  result: ApplyResult
  seconds: number
  /** The failures of the run. Can be called more than once. */
  failures(): AsyncIterable<Failure[]>
  requests: TimelineCounts | undefined
  limits: Limits
}

const TONES: Record<string, Tone> = { completed: 'good', incomplete: 'warn', interrupted: 'warn', deadline: 'warn' }

export async function applyReport(applied: Applied, options: ReportOptions): Promise<AssembledReport> {
  const { plan, result, failures } = applied
  const shown = shownBy(options.mask)
  const problems = await problemSections(() => problemsOf(failures(), plan.set.rejects()), shown)
  const parts = await planParts(plan, shown, options)
  const sentence = conclusion(result, (_format, text) => text)
  const isWhole = result.rejected + result.stillAnswered === 0
  const tone = result.outcome === 'completed' && !isWhole ? 'warn' : (TONES[result.outcome] ?? 'bad')
  const head = {
    what: plan.purpose === 'destroy' ? 'Deletion' : 'Apply',
    name: plan.name,
    head: [describeWhere(result.where), `run ${result.run}`, ...scopeLines(result.scope).map(shown.text)],
  }
  const summary: Section = {
    id: 'summary',
    title: 'Result',
    blocks: [...alertsOf(plan, shown), figuresOf(applied), ...problems.links, kindsTable(result)],
  }
  const requests: Section = { id: 'requests', title: 'Requests', blocks: requestBlocks(applied) }
  return assembled({ ...head, sentence, tone }, options, {
    sections: [summary, requests, ...problems.sections, ...parts.first, ...parts.rest],
    grids: [problems.source, ...parts.grids],
  })
}

async function* problemsOf(
  failures: AsyncIterable<Failure[]>,
  rejects: Iterable<RejectedItem>,
): AsyncGenerator<Problem> {
  for await (const batch of failures) yield* batch.map(fromFailure)
  yield* rejectsOf(rejects)
}

const ENDS = ['created', 'updated', 'adopted', 'deleted', 'unchanged', 'failed', 'blocked', 'pending'] as const
const END_TONES: Record<(typeof ENDS)[number], Tone | 'other'> = {
  created: 'good',
  updated: 'warn',
  adopted: 'info',
  deleted: 'bad',
  unchanged: 'other',
  failed: 'bad',
  blocked: 'bad',
  pending: 'other',
}

function figuresOf({ result }: Applied): Block {
  const sum = (end: (typeof ENDS)[number]) => result.kinds.reduce((total, kind) => total + kind[end], 0)
  const tone = (end: (typeof ENDS)[number]): Tone => {
    if (end === 'created') return 'good'
    return ['failed', 'blocked', 'pending'].includes(end) && sum(end) > 0 ? 'bad' : 'plain'
  }
  return {
    type: 'figures',
    figures: [
      ...ENDS.map((end) => ({ label: end, value: sum(end), tone: tone(end) })),
      { label: 'rejected', value: result.rejected, tone: result.rejected > 0 ? 'bad' : 'plain' },
    ],
  }
}

function kindsTable({ kinds }: ApplyResult): Block {
  const columns = ['desired', 'toDelete', ...ENDS, 'gone', 'reduced', 'answered'] as const
  const some = kinds.filter(({ desired, toDelete }) => desired + toDelete > 0)
  const used = columns.filter((column) => column === 'desired' || some.some((kind) => kind[column] > 0))
  const label = (column: string) => ({ toDelete: 'to delete', answered: 'returned other values' })[column] ?? column
  return {
    type: 'table',
    caption: 'By kind',
    columns: [{ label: '' }, ...used.map((column) => ({ label: label(column), numeric: true as const }))],
    rows: some.map((kind) => [kind.plural, ...used.map((column) => kind[column])]),
  }
}

function requestBlocks({ result, seconds, requests, limits }: Applied): Block[] {
  const { reads, writes, refused, repeated } = result.requests
  const counts = [
    counted(writes, 'write'),
    counted(reads, 'read'),
    ...(refused > 0 ? [`${refused} rate-limited (429)`] : []),
    ...(repeated > 0 ? [`${repeated} retried`] : []),
  ]
  const some = result.kinds.filter(({ desired, toDelete }) => desired + toDelete > 0)
  return [
    { type: 'text', text: `${counts.join(', ')} in ${duration(seconds)}.` },
    ...requestsChart(requests, limits),
    ...barsOf(
      'Outcomes',
      'resources',
      some.map(({ plural }) => plural),
      ENDS.map((end) => [end, END_TONES[end], some.map((kind) => kind[end])]),
    ),
  ]
}

/** A limit this many times above the requests would flatten the curves. Only the note names it. */
const NEAR = 10

/**
 * Requests per second by class, as the mean over the window of the limit. So an allowed burst stays
 * below the line of the limit.
 */
export function requestsChart(timeline: TimelineCounts | undefined, { writes, reads }: Limits): Block[] {
  if (timeline === undefined) return []
  const { width, counts } = timeline
  const rest = counts.other.map((count, n) => count + (counts['organization-delete'][n] ?? 0))
  const series = [
    { label: 'writes', colour: 0, counts: counts.write, over: writes.perMs },
    { label: 'reads', colour: 1, counts: counts.read, over: reads.perMs },
    { label: 'other requests', colour: 2, counts: rest, over: writes.perMs },
    { label: 'rate-limited (429)', colour: 3, counts: counts.refused, over: writes.perMs },
  ]
    .filter(({ counts }) => counts.some((count) => count > 0))
    .map(({ over, ...one }) => ({ ...one, perSecond: rolling(one.counts, width, over) }))
  const allowed = (limit: Limits['writes']) => limit.count / (limit.perMs / 1000)
  const limits = [
    { label: 'write limit', colour: 0, perSecond: allowed(writes) },
    { label: 'read limit', colour: 1, perSecond: allowed(reads) },
  ]
  const drawn = limits.filter((limit) => {
    const sent = series.find(({ colour }) => colour === limit.colour)
    return sent !== undefined && limit.perSecond <= Math.max(...sent.perSecond) * NEAR
  })
  const said = (limit: Limits['writes'], what: string) => `${figure(limit.count)} ${what} in ${limit.perMs / 1000} s`
  const over = [...new Set([writes.perMs, reads.perMs].map((ms) => `${Math.max(ms, width) / 1000} s`))].join(' and ')
  const note = `Each point is the mean of the ${over} before it. The limits allow ${said(writes, 'writes')} and ${said(reads, 'reads')}.`
  const chart: TimeChart = {
    kind: 'time',
    title: 'Requests per second',
    width: width / 1000,
    series,
    limits: drawn,
    note,
  }
  return [{ type: 'chart', chart }]
}

/** For each bucket, the mean per second over the window that ends with it. */
function rolling(counts: readonly number[], width: number, over: number): number[] {
  const buckets = Math.max(1, Math.floor(over / width))
  const seconds = (buckets * width) / 1000
  let sum = 0
  return counts.map((count, n) => {
    sum += count - (n >= buckets ? (counts[n - buckets] ?? 0) : 0)
    return sum / seconds
  })
}
