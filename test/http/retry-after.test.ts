import { describe, expect, test } from 'vitest'
import { parseBucketLevel, parseRetryAfter, serverTime } from '../../src/http/retry-after.ts'

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
    [null, undefined],
    [undefined, undefined],
  ])('Retry-After: %s is %s ms', (header, wait) => {
    expect(parseRetryAfter(header, now)).toBe(wait)
  })

  test('a bucket is known by all three of its headers, and its time by the server', () => {
    const headers = (reset: string) =>
      new Headers({
        date: 'Fri, 02 Jan 2026 03:04:05 GMT',
        'x-ratelimit-limit': '50',
        'x-ratelimit-remaining': '3',
        'x-ratelimit-reset': reset,
      })
    const reset = String(now / 1000 + 9)
    expect(parseBucketLevel(headers(reset), serverTime(headers(reset).get('date')))).toEqual({
      limit: 50,
      remaining: 3,
      resetMs: 9000,
    })
    expect(parseBucketLevel(headers('tomorrow'), now)).toBeUndefined()
    expect(parseBucketLevel(new Headers({ 'x-ratelimit-limit': '50' }), now)).toBeUndefined()
  })
})
