import { expect, test } from 'vitest'
import { requestsChart } from '../../../src/reporting/html/apply-report.ts'
import type { TimeChart } from '../../../src/reporting/html/report.ts'

const limit = (count: number, perMs = 10_000) => ({ count, perMs })
const LIMITS = {
  writes: limit(500),
  reads: limit(1000),
  requests: limit(6000, 60_000),
  organizationDeletes: limit(50, 60_000),
}

function chartOf(counts: { write?: number[]; read?: number[]; refused?: number[] }, width = 1000): TimeChart {
  const length = Math.max(...Object.values(counts).map(({ length }) => length))
  const none = Array.from({ length }, () => 0)
  const timeline = {
    width,
    counts: { write: none, read: none, other: none, 'organization-delete': none, refused: none, ...counts },
  }
  const [block] = requestsChart(timeline, LIMITS)
  if (block?.type !== 'chart' || block.chart.kind !== 'time') throw new Error('there is no chart')
  return block.chart
}

const bursts = (count: number, ...seconds: number[]) =>
  Array.from({ length: 30 }, (_, n) => (seconds.includes(n) ? count : 0))

test('allowed bursts reach the line of the limit and do not cross it', () => {
  const { series, limits } = chartOf({ write: bursts(500, 0, 10, 20) })
  expect(limits).toEqual([{ label: 'write limit', colour: 0, perSecond: 50 }])
  expect(series.map(({ label, perSecond }) => [label, Math.min(...perSecond), Math.max(...perSecond)])).toEqual([
    ['writes', 50, 50],
  ])
  expect(series[0]?.counts.slice(0, 2)).toEqual([500, 0])
})

test('requests over the limit cross its line', () => {
  const { series } = chartOf({ write: bursts(500, 0, 9), refused: bursts(100, 9) })
  expect(Math.max(...(series[0]?.perSecond ?? []))).toBe(100)
  expect(series.map(({ label }) => label)).toEqual(['writes', 'rate-limited (429)'])
})

test('the line is drawn even if the rate stays below it, but not if it would flatten the curves', () => {
  expect(chartOf({ write: bursts(70, 0, 10, 20) }).limits).toHaveLength(1)
  expect(chartOf({ write: bursts(6, 0) }).limits).toEqual([])
  const { limits } = chartOf({ write: bursts(70, 0), read: bursts(50, 0) })
  expect(limits.map(({ label }) => label)).toEqual(['write limit'])
})

test('wide buckets of a long run are shown as they are', () => {
  const { series, note } = chartOf({ write: [1600, 800] }, 32_000)
  expect(series[0]?.perSecond).toEqual([50, 25])
  expect(note).toContain('mean of the 32 s before it')
})
