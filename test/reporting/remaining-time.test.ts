import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { estimate } from '../../src/planning/estimate.ts'
import { Gauge } from '../../src/reporting/gauge.ts'
import { Progress } from '../../src/reporting/progress.ts'
import { type Limits, RateLimiter } from '../../src/workos/limiter.ts'
import { SimulatedClock } from '../simulated-clock.ts'

const LIMITS: Limits = {
  writes: { count: 500, perMs: 10_000 },
  reads: { count: 1_000, perMs: 10_000 },
  requests: { count: 6_000, perMs: 60_000 },
}

interface Shown {
  /** Seconds since the start. */
  at: number
  left: number | undefined
}

/**
 * Sends writes, 50 at a time, each answered after 40 ms, and keeps the time left that is shown each
 * second.
 */
async function run(writes: number, limits: Limits, refuseAt?: number): Promise<{ shown: Shown[]; seconds: number }> {
  const clock = new SimulatedClock()
  const gauge = new Gauge()
  const limiter = new RateLimiter(limits, clock, (wait) => gauge.waiting(wait, clock.now()))
  const begun = clock.now()
  let ahead = writes
  const work = { phase: 'applying', total: writes, leastMs: () => limiter.leastMs({ write: ahead }) }
  gauge.begin(work, begun)
  let left = writes
  let ended: number | undefined
  const worker = async () => {
    while (ahead > 0) {
      ahead -= 1
      const permit = await limiter.acquire('write')
      await new Promise<void>((resolve) => clock.schedule(40, resolve))
      if (left === refuseAt) limiter.refused(60_000)
      permit.done()
      // The state is written before the action counts as done.
      await new Promise<void>((resolve) => clock.schedule(20, resolve))
      left -= 1
      gauge.finish('done', clock.now())
      if (left === 0) ended = clock.now()
    }
  }
  const workers = Promise.all(Array.from({ length: 50 }, worker))
  const shown: Shown[] = []
  while (ended === undefined) {
    shown.push({ at: (clock.now() - begun) / 1000, left: gauge.figures(clock.now())?.left })
    await clock.advance(1_000)
  }
  await workers
  return { shown, seconds: (ended - begun) / 1000 }
}

describe('the time left', () => {
  test.each([600, 2_500, 5_100])('for %i writes is right within 2 s or 5 % from the start', async (writes) => {
    const { shown, seconds } = await run(writes, LIMITS)
    const least = estimate({ writes, userManagementWrites: writes, organizationDeletes: 0 }, LIMITS).seconds
    expect(seconds).toBeGreaterThanOrEqual(least)
    expect(shown.length).toBeGreaterThan(least)
    for (const { at, left = Number.NaN } of shown) {
      const truth = seconds - at
      // Never less than the real time, except for responses in transit.
      expect(left, `after ${at} s of ${seconds}`).toBeGreaterThan(truth - 1)
      expect(left, `after ${at} s of ${seconds}`).toBeLessThan(truth + Math.max(2, truth * 0.05))
      // Never less than the estimate of the plan.
      expect(at + left).toBeGreaterThanOrEqual(least)
    }
  })

  test('includes a pause', async () => {
    const { shown, seconds } = await run(1_500, LIMITS, 900)
    const during = shown.filter(({ at }) => at > 12 && at < 60)
    expect(during.length).toBeGreaterThan(40)
    for (const { at, left = Number.NaN } of during) expect(at + left).toBeGreaterThan(seconds * 0.85)
  })

  test('decreases every second even if nothing happens', async () => {
    const { shown } = await run(2_500, LIMITS)
    const inWait = shown.filter(({ at }) => at >= 2 && at <= 9).map(({ left = Number.NaN }) => left)
    expect(inWait).toEqual([...inWait].sort((a, b) => b - a))
    expect(new Set(inWait).size).toBe(inWait.length)
  })

  test('stays in proportion while requests hang', async () => {
    const clock = new SimulatedClock()
    const gauge = new Gauge()
    gauge.begin({ phase: 'applying', total: 1_200, leastMs: () => 0 }, clock.now())
    for (let done = 0; done < 600; done += 1) {
      await clock.advance(100)
      gauge.finish('done', clock.now())
    }
    for (let second = 1; second <= 15; second += 1) {
      await clock.advance(1_000)
      if (second % 8 === 0) gauge.finish('done', clock.now())
      const left = gauge.figures(clock.now())?.left ?? Number.NaN
      expect(left, `after ${second} s`).toBeGreaterThan(55)
      expect(left, `after ${second} s`).toBeLessThan(120)
    }
  })

  test('is not shown if it is unknown', async () => {
    const clock = new SimulatedClock()
    const stream = new PassThrough({ encoding: 'utf8' })
    const subject = new Progress(stream, { clock })
    subject.begin({ phase: 'applying', total: 10, leastMs: () => 0 })
    await clock.advance(5_000)
    expect(stream.read()).toBe('applying: 0/10, 0/s\n')
    subject.clear()
  })
})

test('windows give the least time for the rest by their content', async () => {
  const clock = new SimulatedClock()
  const limiter = new RateLimiter({ ...LIMITS, writes: { count: 2, perMs: 1_000 } }, clock)
  expect(limiter.leastMs({})).toBe(0)
  expect(limiter.leastMs({ write: 2 })).toBe(0)
  expect(limiter.leastMs({ write: 3 })).toBe(1_005)
  expect(limiter.leastMs({ write: 4.2 })).toBe(2_010)
  const permit = await limiter.acquire('write')
  expect(limiter.leastMs({ write: 1 })).toBe(0)
  expect(limiter.leastMs({ write: 2 })).toBe(1_005)
  await clock.advance(100)
  permit.done()
  await clock.advance(400)
  expect(limiter.leastMs({ write: 1 })).toBe(0)
  expect(limiter.leastMs({ write: 2 })).toBe(605)
  expect(limiter.leastMs({ write: 3 })).toBe(1_005)
  limiter.refused(5_000)
  expect(limiter.leastMs({ write: 1 })).toBe(5_000)
  expect(limiter.leastMs({ read: 1 })).toBe(5_000)
  expect(limiter.leastMs({})).toBe(0)
})

test('waiting requests come first', async () => {
  const clock = new SimulatedClock()
  const limiter = new RateLimiter({ ...LIMITS, writes: { count: 1, perMs: 1_000 } }, clock)
  ;(await limiter.acquire('write')).done()
  void limiter.acquire('write')
  void limiter.acquire('write')
  expect(limiter.leastMs({})).toBe(2_010)
  expect(limiter.leastMs({ write: 1 })).toBe(3_015)
})
