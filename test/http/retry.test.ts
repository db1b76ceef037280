import { describe, expect, test } from 'vitest'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { parseBucketLevel } from '../../src/http/pace.ts'
import {
  Attempts,
  backOff,
  type FailedRequest,
  parseRetryAfter,
  Refusals,
  type Retries,
  serverTime,
} from '../../src/http/retry.ts'
import { hurriedClock } from '../simulated-clock.ts'

describe('headers', () => {
  const now = Date.parse('2026-01-02T03:04:05Z')

  test.each([
    ['30', 30_000],
    ['0', 0],
    ['Fri, 02 Jan 2026 03:04:25 GMT', 20_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['86400', 600_000],
    ['soon', undefined],
    ['', undefined],
    ['  ', undefined],
    ['-5', 0],
    ['1.5', 1500],
    [undefined, undefined],
  ])('Retry-After: %s is %s ms', (header, wait) => {
    expect(parseRetryAfter(header, now)).toBe(wait)
  })

  test("a bucket needs all three headers, and uses the server's time", () => {
    const headers = (reset: string) => (name: string) =>
      new Map([
        ['date', 'Fri, 02 Jan 2026 03:04:05 GMT'],
        ['x-ratelimit-limit', '50'],
        ['x-ratelimit-remaining', '3'],
        ['x-ratelimit-reset', reset],
      ]).get(name)
    const reset = String(now / 1000 + 9)
    expect(parseBucketLevel(headers(reset), serverTime(headers(reset)('date')))).toEqual({
      limit: 50,
      remaining: 3,
      resetMs: 9000,
    })
    expect(parseBucketLevel(headers('tomorrow'), now)).toBeUndefined()
    expect(parseBucketLevel((name) => (name === 'x-ratelimit-limit' ? '50' : undefined), now)).toBeUndefined()
    const okta = (name: string) => headers(reset)(name.replace('x-rate-limit-', 'x-ratelimit-'))
    expect(parseBucketLevel((name) => (name.startsWith('x-ratelimit') ? undefined : okta(name)), now)).toMatchObject({
      remaining: 3,
    })
  })
})

describe('attempts', () => {
  const request = { method: 'GET', path: '/users' }

  function retries(options: Partial<Retries> = {}) {
    const told: (FailedRequest | string)[] = []
    const clock = hurriedClock()
    const redactor = new Redactor()
    redactor.register('s3cr3t')
    return {
      told,
      clock,
      retries: {
        whose: 'the tenant',
        longestPause: 8_000,
        clock,
        redactor,
        explainsPauses: true,
        onWait: ({ why }) => told.push(why),
        onFailedRequest: (failed) => told.push(failed),
        unreachable: ({ path }, why, attempts) => new Error(`${path}: ${why} (${attempts})`),
        rateLimited: ({ path }, times) => new Error(`${path}: 429 ${times} times`),
        ...options,
      } satisfies Retries,
    }
  }

  test('are repeated after doubling pauses up to the longest one, then given up', async () => {
    const { retries: options, clock } = retries()
    const attempts = new Attempts(options, request, (number) => number < 9)
    for (let n = 1; n < 9; n += 1) await attempts.failed({ why: 'HTTP 503', status: 503 })
    expect(clock.waits).toHaveLength(8)
    for (const [at, ms] of clock.waits.entries()) {
      const longest = Math.min(8_000, 200 * 2 ** at)
      expect(ms).toBeGreaterThanOrEqual(longest / 2)
      expect(ms).toBeLessThanOrEqual(longest)
    }
    await expect(attempts.failed({ why: 'HTTP 503', status: 503 })).rejects.toThrow('/users: HTTP 503 (9)')
  })

  test('wait as long as the response requires, and are reported without a secret', async () => {
    const { retries: options, clock, told } = retries()
    await new Attempts(options, request, () => true).failed({ why: 'bad s3cr3t', waitMs: 17_000 })
    expect(clock.waits).toEqual([17_000])
    expect(told).toEqual([
      { method: 'GET', path: '/users', why: 'bad [redacted]', attempt: 1 },
      'bad [redacted]; attempt 2 follows',
    ])
  })

  test('with 429 are given up at the twenty-first', () => {
    const { retries: options, told } = retries()
    const refusals = new Refusals(options, request)
    for (let n = 1; n <= 20; n += 1) refusals.add()
    expect(() => refusals.add()).toThrow('/users: 429 21 times')
    expect(told.at(-1)).toEqual({ method: 'GET', path: '/users', status: 429, why: 'HTTP 429', attempt: 21 })
  })
})

test('a pause doubles up to its longest, and jitter removes at most half of it', () => {
  const growth = { first: 250, longest: 8_000 }
  const whole = [1, 2, 3, 6, 7, 50].map((times) => backOff(times, { ...growth, jitter: false }))
  expect(whole).toEqual([250, 500, 1_000, 8_000, 8_000, 8_000])
  for (let times = 1; times < 100; times++) {
    const pause = backOff(3, growth)
    expect(pause).toBeGreaterThanOrEqual(500)
    expect(pause).toBeLessThan(1_000)
  }
})
