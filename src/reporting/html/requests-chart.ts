import { figure } from '../../diagnostics/printable.ts'
import type { Limits } from '../../workos/limiter.ts'
import type { TimelineCounts } from '../../workos/timeline.ts'
import type { Block, TimeChart } from './report.ts'

/** A limit so many times above all that was sent would press the curves flat: the note says it. */
const NEAR = 10

/**
 * Requests per second by class, each over the time that its limit counts in: so a burst that the limit allows stays below the line of the
 * limit, and only what exceeds it would cross it.
 */
export function requestsChart(timeline: TimelineCounts | undefined, { writes, reads }: Limits): Block[] {
  if (timeline === undefined) return []
  const { width, counts } = timeline
  const rest = counts.other.map((count, n) => count + (counts['organization-delete'][n] ?? 0))
  const series = [
    { label: 'writes', colour: 0, counts: counts.write, over: writes.perMs },
    { label: 'reads', colour: 1, counts: counts.read, over: reads.perMs },
    { label: 'other requests', colour: 2, counts: rest, over: writes.perMs },
    { label: 'answered 429', colour: 3, counts: counts.refused, over: writes.perMs },
  ]
    .filter(({ counts }) => counts.some((count) => count > 0))
    .map(({ over, ...one }) => ({ ...one, perSecond: rolling(one.counts, width, over) }))
  const allowed = (limit: Limits['writes']) => limit.count / (limit.perMs / 1000)
  const limits = [
    { label: 'limit of writes', colour: 0, perSecond: allowed(writes) },
    { label: 'limit of reads', colour: 1, perSecond: allowed(reads) },
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

/** Of each bucket, the mean per second of the buckets up to it that fit into the time that a limit counts in. */
function rolling(counts: readonly number[], width: number, over: number): number[] {
  const buckets = Math.max(1, Math.floor(over / width))
  const seconds = (buckets * width) / 1000
  let sum = 0
  return counts.map((count, n) => {
    sum += count - (n >= buckets ? (counts[n - buckets] ?? 0) : 0)
    return sum / seconds
  })
}
