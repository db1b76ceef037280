import { describe, expect, test } from 'vitest'
import { Pace } from '../../src/http/pace.ts'
import { SimulatedClock } from '../simulated-clock.ts'

/**
 * Sends `count` requests with immediate responses. Returns when they left, in milliseconds from the
 * start.
 */
function times(pace: Pace, clock: SimulatedClock, count: number, answered: () => void = () => {}): number[] {
  const start = clock.now()
  const left: number[] = []
  for (let index = 0; index < count; index += 1) {
    void pace.acquire().then(() => {
      left.push(clock.now() - start)
      answered()
      pace.release()
    })
  }
  return left
}

describe('a pace', () => {
  test('with its own rate spreads requests evenly', async () => {
    const clock = new SimulatedClock()
    const left = times(new Pace({ rate: { requests: 4, seconds: 2 }, concurrency: 10, clock }), clock, 5)
    await clock.runAll()
    expect(left).toEqual([0, 500, 1000, 1500, 2000])
  })

  test('keeps requests in flight within its concurrency, in order', async () => {
    const clock = new SimulatedClock()
    const pace = new Pace({ concurrency: 2, clock })
    const gone: number[] = []
    for (let index = 0; index < 4; index += 1) void pace.acquire().then(() => gone.push(index))
    await clock.advance(10_000)
    expect(gone).toEqual([0, 1])
    pace.release()
    await clock.advance(0)
    expect(gone).toEqual([0, 1, 2])
  })

  test("slows down before the server's bucket is empty, and never empties it", async () => {
    const clock = new SimulatedClock()
    const pace = new Pace({ concurrency: 5, clock })
    const bucket = { limit: 20, tokens: 20, fullAt: clock.now() + 10_000, refused: 0 }
    const serve = () => {
      if (clock.now() >= bucket.fullAt) Object.assign(bucket, { tokens: 20, fullAt: clock.now() + 10_000 })
      if (bucket.tokens === 0) bucket.refused += 1
      else bucket.tokens -= 1
      pace.learn({ limit: 20, remaining: bucket.tokens, resetMs: bucket.fullAt - clock.now() })
    }
    const left = times(pace, clock, 50, serve)
    await clock.runAll()
    expect(left).toHaveLength(50)
    expect(bucket.refused).toBe(0)
    expect(left.filter((at) => at === 0)).toHaveLength(15)
    expect(left.filter((at) => at < 10_000).length).toBeGreaterThanOrEqual(19)
    expect(left.at(-1)).toBeLessThan(25_000)
  })

  test("waits until the server's bucket is full if it is empty", async () => {
    const clock = new SimulatedClock()
    const pace = new Pace({ concurrency: 1, clock })
    const left = times(pace, clock, 3, () => pace.learn({ limit: 10, remaining: 0, resetMs: 3000 }))
    await clock.runAll()
    expect(left).toEqual([0, 3000, 6000])
  })

  test('counts requests in flight against the bucket', async () => {
    const clock = new SimulatedClock()
    const pace = new Pace({ concurrency: 3, clock })
    for (let index = 0; index < 3; index += 1) await pace.acquire()
    pace.learn({ limit: 10, remaining: 2, resetMs: 5000 })
    pace.release()
    const left = times(pace, clock, 1)
    await clock.runAll()
    expect(left).toEqual([5000])
  })
})

describe('a rejection', () => {
  async function pauseAfter(refuse: (pace: Pace) => void): Promise<number> {
    const clock = new SimulatedClock()
    const pace = new Pace({ concurrency: 1, clock })
    await pace.acquire()
    refuse(pace)
    pace.release()
    const left = times(pace, clock, 1)
    await clock.runAll()
    return left[0] ?? -1
  }

  test('pauses for as long as the server requires, at least a second', async () => {
    expect(await pauseAfter((pace) => pace.refused(7000))).toBe(7000)
    expect(await pauseAfter((pace) => pace.refused(0))).toBe(1000)
  })

  test('without a time pauses until the bucket is full', async () => {
    const refuse = (pace: Pace) => {
      pace.learn({ limit: 10, remaining: 0, resetMs: 4000 })
      pace.refused(undefined)
    }
    expect(await pauseAfter(refuse)).toBe(4000)
  })

  test('without any information backs off longer each time, up to a minute', async () => {
    const clock = new SimulatedClock()
    const pace = new Pace({ concurrency: 1, clock })
    const left = times(pace, clock, 10, () => pace.refused(undefined))
    await clock.runAll()
    const pauses = left.slice(1).map((at, index) => at - (left[index] ?? 0))
    for (const [index, pause] of pauses.entries()) {
      const ceiling = Math.min(60_000, 1000 * 2 ** index)
      expect(pause).toBeGreaterThanOrEqual(Math.max(1000, ceiling / 2))
      expect(pause).toBeLessThanOrEqual(Math.max(1000, ceiling))
    }
  })

  test('of several requests at once counts as one', async () => {
    const clock = new SimulatedClock()
    const pace = new Pace({ concurrency: 4, clock })
    for (let index = 0; index < 4; index += 1) await pace.acquire()
    for (let index = 0; index < 4; index += 1) {
      pace.refused(undefined)
      pace.release()
    }
    const left = times(pace, clock, 1)
    await clock.runAll()
    expect(left).toEqual([1000])
  })
})

test('waiting ends on an abort, and others still get their turn', async () => {
  const clock = new SimulatedClock()
  const pace = new Pace({ concurrency: 1, clock })
  await pace.acquire()
  const abort = new AbortController()
  const first = pace.acquire(abort.signal)
  const second = pace.acquire()
  abort.abort(new Error('called off'))
  await expect(first).rejects.toThrow('called off')
  pace.release()
  await second
  await expect(pace.acquire(abort.signal)).rejects.toThrow('called off')
})
