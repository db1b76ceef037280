import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Wait } from '../../src/clock.ts'
import { limitsOf, RateLimiter, type RequestClass } from '../../src/workos/limiter.ts'
import { SimulatedClock } from '../simulated-clock.ts'

const PLENTY = { count: 1_000_000, perMs: 1000 }

function limiter(limits: Partial<ConstructorParameters<typeof RateLimiter>[0]>) {
  const clock = new SimulatedClock()
  return { clock, limiter: new RateLimiter({ writes: PLENTY, reads: PLENTY, requests: PLENTY, ...limits }, clock) }
}

/**
 * Sends one request after another through the limiter. Returns when each arrived at the server, in
 * order of arrival.
 */
async function drive(
  subject: ReturnType<typeof limiter>,
  requestClass: RequestClass,
  delays: readonly { there: number; back: number }[],
  atOnce: number,
): Promise<{ arrivals: number[]; end: number }> {
  const arrivals: number[] = []
  let end = 0
  let next = 0
  const worker = async () => {
    for (let delay = delays[next++]; delay !== undefined; delay = delays[next++]) {
      const { there, back } = delay
      const permit = await subject.limiter.acquire(requestClass)
      arrivals.push(subject.clock.now() + there)
      await new Promise<void>((resolve) => void subject.clock.schedule(there + back, resolve))
      permit.done()
      end = Math.max(end, subject.clock.now())
    }
  }
  const workers = Promise.all(Array.from({ length: atOnce }, worker))
  await subject.clock.runAll()
  await workers
  return { arrivals: arrivals.sort((one, other) => one - other), end }
}

/** The most arrivals in any span of `perMs`. */
function busiest(arrivals: readonly number[], perMs: number): number {
  let most = 0
  let first = 0
  for (const [index, arrival] of arrivals.entries()) {
    while (arrival - (arrivals[first] ?? 0) > perMs) first += 1
    most = Math.max(most, index - first + 1)
  }
  return most
}

const delay = (most: number) =>
  fc.record({ there: fc.integer({ min: 0, max: most }), back: fc.integer({ min: 0, max: most }) })

describe('the windows', () => {
  test('no span at the server ever contains more than the limit, whatever the delays', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 10, max: 400 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(delay(900), { minLength: 1, maxLength: 60 }),
        async (count, perMs, atOnce, delays) => {
          const { arrivals } = await drive(limiter({ writes: { count, perMs } }), 'write', delays, atOnce)
          expect(arrivals).toHaveLength(delays.length)
          expect(busiest(arrivals, perMs)).toBeLessThanOrEqual(count)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a general window and one of a class apply at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(delay(300), { minLength: 1, maxLength: 40 }), async (delays) => {
        const subject = limiter({ reads: { count: 5, perMs: 100 }, requests: { count: 7, perMs: 350 } })
        const half = Math.ceil(delays.length / 2)
        const [reads, writes] = await Promise.all([
          drive(subject, 'read', delays.slice(0, half), 6),
          drive(subject, 'write', delays.slice(half), 6),
        ])
        expect(busiest(reads.arrivals, 100)).toBeLessThanOrEqual(5)
        const all = [...reads.arrivals, ...writes.arrivals].sort((one, other) => one - other)
        expect(busiest(all, 350)).toBeLessThanOrEqual(7)
      }),
      { numRuns: 100 },
    )
  })

  test('the windows are filled: n requests take (⌈n / count⌉ − 1) windows and a round trip each', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 200, max: 2000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 40 }),
        async (count, perMs, requests, latency) => {
          const subject = limiter({ writes: { count, perMs } })
          const start = subject.clock.now()
          const delays = Array.from({ length: requests }, () => ({ there: latency, back: 0 }))
          const { end } = await drive(subject, 'write', delays, requests)
          const windows = Math.ceil(requests / count) - 1
          expect(end - start).toBeGreaterThanOrEqual(windows * perMs)
          expect(end - start).toBeLessThanOrEqual(windows * (perMs + latency + 7) + latency)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('the documented limits allow 1,500 writes in little more than 20 s', async () => {
    const subject = limiter({ writes: { count: 500, perMs: 10_000 }, requests: { count: 6000, perMs: 60_000 } })
    const start = subject.clock.now()
    const delays = Array.from({ length: 1500 }, () => ({ there: 20, back: 20 }))
    const { end, arrivals } = await drive(subject, 'write', delays, 50)
    expect(busiest(arrivals, 10_000)).toBe(500)
    expect(end - start).toBeLessThanOrEqual(20_000 * 1.05)
  })

  test('deletions of organizations have a separate window, 50 per minute', async () => {
    const subject = limiter({})
    const delays = Array.from({ length: 120 }, () => ({ there: 0, back: 0 }))
    const { arrivals } = await drive(subject, 'organization-delete', delays, 120)
    expect(busiest(arrivals, 60_000)).toBe(50)
  })
})

describe('lanes', () => {
  test('used-up writes delay neither reads nor requests outside user management', async () => {
    const { clock, limiter: subject } = limiter({ writes: { count: 1, perMs: 60_000 } })
    const first = await subject.acquire('write')
    first.done()
    const late: string[] = []
    void subject.acquire('write').then(() => late.push('write'))
    void subject.acquire('read').then(() => late.push('read'))
    void subject.acquire('other').then(() => late.push('other'))
    await clock.advance(10)
    expect(late.sort()).toEqual(['other', 'read'])
    await clock.advance(60_000)
    expect(late).toContain('write')
  })

  test('requests of a lane leave in order', async () => {
    const { clock, limiter: subject } = limiter({ writes: { count: 1, perMs: 100 } })
    const order: number[] = []
    for (const index of [0, 1, 2, 3]) {
      void subject.acquire('write').then((permit) => {
        order.push(index)
        permit.done()
      })
    }
    await clock.runAll()
    expect(order).toEqual([0, 1, 2, 3])
  })
})

describe('waiting', () => {
  test('an abort while waiting rejects with its reason and frees the place', async () => {
    const { clock, limiter: subject } = limiter({ writes: { count: 1, perMs: 100 } })
    ;(await subject.acquire('write')).done()
    const controller = new AbortController()
    const aborted = subject.acquire('write', controller.signal)
    let granted = false
    const next = subject.acquire('write').then(() => {
      granted = true
    })
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await clock.advance(106)
    await next
    expect(granted).toBe(true)
  })

  test('when the last one gives up, nothing keeps waiting', async () => {
    const { clock, limiter: subject } = limiter({})
    subject.refused(600_000)
    const controller = new AbortController()
    const waiting = ['read', 'write', 'other'].map((lane) => subject.acquire(lane as RequestClass, controller.signal))
    controller.abort(new Error('enough'))
    for (const one of waiting) await expect(one).rejects.toThrow('enough')
    const before = clock.now()
    await clock.runAll()
    expect(clock.now()).toBe(before)
  })

  test('a long pause is reported with its reason', async () => {
    const clock = new SimulatedClock()
    const waits: Wait[] = []
    const limits = { writes: { count: 1, perMs: 10_000 }, reads: PLENTY, requests: PLENTY }
    const subject = new RateLimiter(limits, clock, (wait) => waits.push(wait))
    ;(await subject.acquire('write')).done()
    void subject.acquire('write')
    expect(waits.splice(0)).toEqual([
      { whose: 'WorkOS', reason: 'pace', why: 'all requests of this period are used up', ms: 10_005 },
    ])
    subject.refused(60_000)
    void subject.acquire('read')
    expect(waits.splice(0)).toMatchObject([{ whose: 'WorkOS', reason: 'refused', why: 'Retry-After', ms: 60_000 }])
    await clock.runAll()
    // A short pause is not reported.
    const brief = { ...limits, writes: { count: 1, perMs: 900 } }
    const quick = new RateLimiter(brief, clock, (wait) => waits.push(wait))
    ;(await quick.acquire('write')).done()
    void quick.acquire('write')
    expect(waits).toEqual([])
  })

  test('an aborted signal gets no permit', async () => {
    const { limiter: subject } = limiter({})
    await expect(subject.acquire('read', AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
  })

  test('an abort after the permit changes nothing', async () => {
    const { limiter: subject } = limiter({ reads: { count: 1, perMs: 100 } })
    const controller = new AbortController()
    const permit = await subject.acquire('read', controller.signal)
    controller.abort()
    expect(() => permit.done()).not.toThrow()
  })

  test('an unused permit frees its place at once', async () => {
    const { clock, limiter: subject } = limiter({ writes: { count: 1, perMs: 60_000 } })
    const permit = await subject.acquire('write')
    let granted = false
    void subject.acquire('write').then(() => {
      granted = true
    })
    await clock.advance(1)
    expect(granted).toBe(false)
    permit.unused()
    await clock.advance(1)
    expect(granted).toBe(true)
  })
})

describe('after a rejection', () => {
  /** When a request of this class leaves, from now. */
  async function waits({ clock, limiter: subject }: ReturnType<typeof limiter>, requestClass: RequestClass = 'write') {
    const start = clock.now()
    let left = Number.NaN
    const sent = subject.acquire(requestClass).then((permit) => {
      left = clock.now() - start
      permit.done()
    })
    await clock.runAll()
    await sent
    return left
  }

  test('every lane pauses for as long as the server requires', async () => {
    for (const requestClass of ['write', 'read', 'other'] as const) {
      const subject = limiter({})
      subject.limiter.refused(7_000)
      expect(await waits(subject, requestClass)).toBe(7_000)
    }
  })

  test('a shorter wait does not end a longer one', async () => {
    const subject = limiter({})
    subject.limiter.refused(30_000)
    subject.limiter.refused(2_000)
    expect(await waits(subject)).toBe(30_000)
  })

  test('a server that requires no wait still gets a second', async () => {
    const subject = limiter({})
    subject.limiter.refused(0)
    expect(await waits(subject)).toBe(1000)
  })

  test('without Retry-After the pause doubles with each rejection in a row, up to a minute', async () => {
    const subject = limiter({})
    const pauses: number[] = []
    for (let refusal = 0; refusal < 9; refusal += 1) {
      subject.limiter.refused()
      pauses.push(await waits(subject))
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  test('a few rejections among many responses keep the pause short', async () => {
    const subject = limiter({})
    const pauses: number[] = []
    for (let refusal = 0; refusal < 6; refusal += 1) {
      for (let answer = 0; answer < 5; answer += 1) (await subject.limiter.acquire('write')).done()
      const permit = await subject.limiter.acquire('write')
      subject.limiter.refused()
      permit.done()
      pauses.push(await waits(subject))
    }
    expect(pauses).toEqual([1000, 1000, 1000, 1000, 1000, 1000])
  })

  test('a few responses among many rejections do not', async () => {
    const subject = limiter({})
    const pauses: number[] = []
    for (let refusal = 0; refusal < 4; refusal += 1) {
      const permits = await Promise.all(Array.from({ length: 6 }, () => subject.limiter.acquire('write')))
      permits[0]?.done()
      for (const permit of permits.slice(1)) {
        subject.limiter.refused()
        permit.done()
      }
      pauses.push(await waits(subject))
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000])
  })

  test('rejections of requests in flight together count as one', async () => {
    const subject = limiter({ writes: { count: 100, perMs: 1000 } })
    for (let request = 0; request < 50; request += 1) subject.limiter.refused()
    expect(await waits(subject)).toBe(1000)
  })

  test('the windows shrink for a while, then regain what they lost', async () => {
    const subject = limiter({ writes: { count: 100, perMs: 1000 } })
    const burst = async () => {
      const delays = Array.from({ length: 100 }, () => ({ there: 0, back: 0 }))
      const { arrivals } = await drive(subject, 'write', delays, 100)
      return busiest(arrivals, 500)
    }
    expect(await burst()).toBe(100)
    subject.limiter.refused()
    expect(await burst()).toBe(75)
    for (let period = 0; period < 5; period += 1) {
      await subject.clock.advance(11_000)
      await waits(subject)
    }
    await subject.clock.advance(2_000)
    expect(await burst()).toBe(100)
  })

  test('however often it is rejected, a tenth of the limit stays', async () => {
    const subject = limiter({ writes: { count: 100, perMs: 1000 } })
    for (let refusal = 0; refusal < 20; refusal += 1) {
      subject.limiter.refused(1000)
      await subject.clock.advance(1001)
    }
    let left = 0
    for (let request = 0; request < 100; request += 1) void subject.limiter.acquire('write').then(() => (left += 1))
    await subject.clock.advance(0)
    await subject.clock.advance(1)
    expect(left).toBe(10)
  })
})

test('a percentage is that share of each documented limit, and never zero', () => {
  expect(limitsOf('70%')).toEqual({
    writes: { count: 350, perMs: 10_000 },
    reads: { count: 700, perMs: 10_000 },
    requests: { count: 4200, perMs: 60_000 },
    organizationDeletes: { count: 35, perMs: 60_000 },
  })
  expect(limitsOf('1%').organizationDeletes).toEqual({ count: 1, perMs: 60_000 })
  expect(limitsOf({ writes: '50%', reads: '12.5%', requests: '100/m' })).toEqual({
    writes: { count: 250, perMs: 10_000 },
    reads: { count: 125, perMs: 10_000 },
    requests: { count: 100, perMs: 60_000 },
  })
})
