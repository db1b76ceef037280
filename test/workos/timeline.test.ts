import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestTimeline } from '../../src/workos/timeline.ts'

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

test('requests are counted by class and second, from the first on', () => {
  const timeline = new RequestTimeline()
  expect(timeline.read()).toBeUndefined()
  for (const at of [5000, 5999, 6000, 8000]) timeline.record('write', at)
  timeline.record('read', 6500)
  timeline.record('refused', 8000)
  expect(timeline.read()).toEqual({
    width: 1000,
    counts: {
      write: [2, 1, 0, 1],
      read: [0, 1, 0, 0],
      other: [0, 0, 0, 0],
      'organization-delete': [0, 0, 0, 0],
      refused: [0, 0, 0, 1],
    },
  })
})

test('however long a run takes, at most 600 buckets contain all its requests', () => {
  const step = fc.integer({ min: 0, max: 4_000_000 })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), (steps) => {
      const timeline = new RequestTimeline()
      let now = 77
      for (const step of steps) {
        now += step
        timeline.record('write', now)
      }
      const { width, counts } = timeline.read() ?? { width: 0, counts: { write: [] } }
      expect(counts.write.length).toBeLessThanOrEqual(600)
      expect(sum(counts.write)).toBe(steps.length)
      // The last request is in the last bucket, the first in the first.
      expect(counts.write.at(-1)).toBeGreaterThan(0)
      expect(counts.write[0]).toBeGreaterThan(0)
      const spent = steps.slice(1).reduce((total, one) => total + one, 0)
      expect(counts.write.length).toBe(Math.floor(spent / width) + 1)
    }),
  )
})
