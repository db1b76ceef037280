import { describe, expect, test } from 'vitest'
import type { Figures } from '../../src/reporting/gauge.ts'
import { progressLine, progressText, rateText } from '../../src/reporting/progress.ts'
import { cutToWidth, graphemesWidth } from '../../src/reporting/table.ts'

const APPLYING: Figures = {
  phase: 'applying',
  isWork: true,
  done: 50_000,
  total: 100_000,
  failed: 12,
  blocked: 3,
  rate: 50,
  elapsed: 1_000,
  left: 1_000,
  wait: { whose: 'WorkOS', reason: 'pace', why: 'all requests of this period are used up', seconds: 3.2 },
}

const READING: Figures = { phase: 'reading the source', isWork: false, failed: 0, blocked: 0, elapsed: 3.4 }

test('figures are shown in full', () => {
  expect(progressText(APPLYING)).toBe(
    'applying: 50,000/100,000, 12 failed, 3 blocked, 50/s, 16 min 40 s left, waiting for the rate limit of WorkOS, 4 s',
  )
  expect(progressText({ ...READING, done: 12_000, unit: 'records', rate: 4_100, share: 0.345, left: 6.2 })).toBe(
    'reading the source: 12,000 records (34%) in 3 s, 4,100/s, 7 s left',
  )
  expect(progressText({ ...READING, done: 12_000, unit: 'records', rate: 4_100, elapsed: 0.4 })).toBe(
    'reading the source: 12,000 records',
  )
  expect(progressText({ ...READING, phase: 'merging duplicates' })).toBe('merging duplicates, 3 s')
})

test('a wait shows its reason', () => {
  const waiting = (wait: NonNullable<Figures['wait']>) =>
    progressText({ ...READING, wait }).replace(/.*waiting for /, '')
  expect(waiting({ whose: 'WorkOS', reason: 'refused', why: 'Retry-After', seconds: 75 })).toBe(
    'the rate limit of WorkOS, 1 min 15 s (Retry-After)',
  )
  expect(waiting({ whose: 'WorkOS', reason: 'retry', why: 'attempt 3 follows', seconds: 0.2 })).toBe(
    'WorkOS, 1 s (attempt 3 follows)',
  )
})

describe('a line', () => {
  test.each([140, 120, 100, 80, 79, 60, 40, 20, 10, 3, 1, 0])('fits into %i columns', (columns) => {
    expect(graphemesWidth(progressLine(APPLYING, columns))).toBeLessThanOrEqual(columns)
  })

  test('the bar is shortened first, then the words, and the progress never', () => {
    expect(progressLine(APPLYING, 140)).toBe(`${'█'.repeat(12)}${'░'.repeat(12)} ${progressText(APPLYING)}`)
    expect(progressLine(APPLYING, 125)).toBe(`${'█'.repeat(5)}${'░'.repeat(5)} ${progressText(APPLYING)}`)
    expect(progressLine(APPLYING, 105)).toBe(
      '█████░░░░░ 50,000/100,000, 12 failed, 3 blocked, 50/s, 16 min 40 s left, waiting for the rate limit, 4 s',
    )
    expect(progressLine(APPLYING, 79)).toBe(
      '█████░░░░░ 50,000/100,000, 12 failed, 3 blocked, 16 min 40 s left, waiting 4 s',
    )
    const calm = { ...APPLYING, failed: 0, blocked: 0 }
    expect(progressLine(calm, 79)).toBe('50,000/100,000, 50/s, 16 min 40 s left, waiting for the rate limit, 4 s')
    const { wait: _wait, ...going } = calm
    expect(progressLine(going, 79)).toBe('████████████░░░░░░░░░░░░ applying: 50,000/100,000, 50/s, 16 min 40 s left')
    expect(progressLine(APPLYING, 30)).toBe('50,000/100,000, 12 failed, 3 …')
  })

  test('wide characters count twice and are not split', () => {
    const figures = { ...READING, phase: `asking ${'管理者'.repeat(20)}`, elapsed: 0 }
    for (const columns of [20, 21]) {
      const line = progressLine(figures, columns)
      expect(graphemesWidth(line)).toBeLessThanOrEqual(columns)
      expect(line).toMatch(/^asking [管理者]+…$/)
    }
  })
})

test('widths match those of a terminal', () => {
  expect(graphemesWidth('abc')).toBe(3)
  expect(graphemesWidth('e\u0301')).toBe(1)
  expect(graphemesWidth('管理')).toBe(4)
  expect(graphemesWidth('👩‍👩‍👧')).toBe(2)
  expect(cutToWidth('a👩‍👩‍👧b', 3)).toBe('a…')
  expect(cutToWidth('abc', 3)).toBe('abc')
})

test.each([
  [0, '0'],
  [0.83, '0.8'],
  [5, '5'],
  [9.96, '10'],
  [1_234.5, '1,235'],
])('a rate of %d per second is %s', (rate, text) => {
  expect(rateText(rate)).toBe(text)
})
