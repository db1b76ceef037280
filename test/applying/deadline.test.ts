import { describe, expect, test } from 'vitest'
import { DeadlinePassed, openDeadline, readDeadline } from '../../src/applying/deadline.ts'
import { readDuration } from '../../src/clock.ts'
import { SimulatedClock } from '../simulated-clock.ts'

const HOUR = 3_600_000
/** Noon in this machine's time zone. */
const NOON = new Date(2030, 0, 31, 12, 0).getTime()

describe('the text of a deadline', () => {
  test.each([
    ['13:30', NOON + 1.5 * HOUR],
    ['5:30', new Date(2030, 1, 1, 5, 30).getTime()],
    // The current minute counts as past: the next one is tomorrow's.
    ['12:00', new Date(2030, 1, 1, 12, 0).getTime()],
    ['2030-01-31T13:00', NOON + HOUR],
    ['2030-01-31T13:00:00Z', Date.UTC(2030, 0, 31, 13)],
    ['2030-01-31T13:00:00.5+02:00', Date.UTC(2030, 0, 31, 11) + 500],
    ['4h', NOON + 4 * HOUR],
    ['1d2h3m4s', NOON + 26 * HOUR + 184_000],
  ])('%s is a moment', (text, at) => {
    expect(readDeadline(text, NOON)?.at).toBe(at)
  })

  test.each([
    '',
    '24:00',
    '12:60',
    '12',
    '4',
    '0h',
    'h',
    '4h4h',
    '2030-13-01T00:00Z',
    '2030-02-30T00:00Z',
    'tomorrow',
    '-4h',
  ])('%j is not a moment', (text) => expect(readDeadline(text, NOON)).toBeUndefined())

  test('a duration is not a time of day', () => {
    expect(readDuration('90m')).toBe(1.5 * HOUR)
    expect(readDuration('05:30')).toBeUndefined()
  })
})

describe('the signal', () => {
  function opened(ms: number) {
    const clock = new SimulatedClock()
    let asleep = 0
    const start = clock.now()
    const now = () => NOON + asleep + clock.now() - start
    const deadline = openDeadline({ at: NOON + ms, said: '05:30' }, { now, clock })
    const sleep = (more: number) => {
      asleep += more
    }
    return { clock, deadline, sleep }
  }

  test('is aborted at the moment, and names it', async () => {
    const { clock, deadline } = opened(4 * HOUR)
    await clock.advance(4 * HOUR - 1)
    expect(deadline.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(deadline.signal.reason).toBeInstanceOf(DeadlinePassed)
    expect(deadline.signal.reason).toMatchObject({ said: '05:30', exitCode: 5 })
  })

  test('is aborted soon after the machine slept through the moment', async () => {
    const { clock, deadline, sleep } = opened(4 * HOUR)
    await clock.advance(1000)
    sleep(5 * HOUR)
    await clock.advance(30_000)
    expect(deadline.signal.aborted).toBe(true)
  })

  test('is aborted from the start if the moment has passed, and never once it is closed', async () => {
    expect(opened(-1).deadline.signal.aborted).toBe(true)
    const { clock, deadline } = opened(HOUR)
    deadline.close()
    await clock.advance(2 * HOUR)
    expect(deadline.signal.aborted).toBe(false)
  })
})
