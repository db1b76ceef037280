import { execFileSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Wait } from '../../src/clock.ts'
import type { Figures, Work } from '../../src/reporting/gauge.ts'
import { Progress, type ProgressListener } from '../../src/reporting/progress.ts'
import { SimulatedClock } from '../simulated-clock.ts'

interface Terminal {
  isTTY: true
  columns?: number
}

function progress(
  terminal?: Terminal,
  options: { shown?: boolean; listeners?: ProgressListener[]; redraws?: boolean } = {},
) {
  const clock = new SimulatedClock()
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), terminal)
  const written = () => String(stream.read() ?? '')
  const drawn = () => written().split('\r\x1b[2K').slice(1)
  return { clock, stream, written, drawn, progress: new Progress(stream, { clock, ...options }) }
}

const WIDE: Terminal = { isTTY: true, columns: 120 }

function applying(total: number, leastMs = () => 0): Work {
  return { phase: 'applying', total, leastMs }
}

describe('without a terminal', () => {
  test('a line appears every few seconds, without escape sequences', async () => {
    const { clock, written, progress: subject } = progress()
    subject.begin(applying(1_000))
    for (let step = 1; step <= 1_000; step += 1) {
      await clock.advance(20)
      subject.finish(step % 200 === 0 ? 'failed' : step % 450 === 0 ? 'blocked' : 'done')
    }
    subject.clear()
    const text = written()
    expect(text).not.toMatch(/[\x1b\r]/)
    expect(text.split('\n')).toEqual([
      'applying: 249/1,000, 1 failed, 50/s, 16 s left',
      'applying: 499/1,000, 2 failed, 1 blocked, 50/s, 11 s left',
      'applying: 749/1,000, 3 failed, 1 blocked, 50/s, 6 s left',
      'applying: 999/1,000, 4 failed, 2 blocked, 50/s, 1 s left',
      '',
    ])
  })

  test('the same applies to a terminal without escape sequences', async () => {
    const { clock, written, progress: subject } = progress(WIDE, { redraws: false })
    subject.begin(applying(100))
    await clock.advance(5_000)
    subject.finish('done')
    subject.waiting({ ms: 4_000, reason: 'refused', why: 'HTTP 429', whose: 'WorkOS' }, 0)
    subject.note('a remark')
    subject.clear()
    expect(written()).not.toMatch(/[\x1b\r]/)
  })

  test('a short run is silent', async () => {
    const { clock, written, progress: subject } = progress()
    subject.step({ phase: 'reading the source', done: 1_000, unit: 'records' })
    await clock.advance(1_000)
    subject.begin(applying(2))
    subject.finish('done')
    subject.finish('done')
    subject.clear()
    expect(written()).toBe('')
  })

  test('a line appears even if nothing happens', async () => {
    const { clock, written, progress: subject } = progress()
    subject.step({ phase: 'merging duplicates' })
    await clock.advance(11_000)
    expect(written()).toBe('merging duplicates, 5 s\nmerging duplicates, 10 s\n')
  })

  test('consecutive short phases are shown like one long phase', async () => {
    const { clock, written, progress: subject } = progress()
    for (const kind of ['users', 'organizations', 'memberships', 'roles']) {
      subject.step({ phase: `comparing ${kind}` })
      await clock.advance(2_000)
    }
    expect(written()).toBe('comparing memberships, 1 s\n')
  })
})

describe('on a terminal', () => {
  test('one line is redrawn, and removed at the end', async () => {
    const { clock, drawn, progress: subject } = progress(WIDE)
    subject.begin(applying(10))
    for (let step = 1; step <= 10; step += 1) {
      await clock.advance(500)
      subject.finish('done')
    }
    subject.clear()
    const lines = drawn()
    expect(lines[0]).toBe('░░░░░░░░░░░░░░░░░░░░░░░░ applying: 0/10')
    expect(lines).toContain('████████████░░░░░░░░░░░░ applying: 5/10, 2/s, 3 s left')
    expect(lines.at(-2)).toBe('████████████████████████ applying: 10/10, 2/s')
    expect(lines.at(-1)).toBe('')
    expect(lines.join('')).not.toContain('\n')
  })

  test('redraws are limited, and the last step is always drawn', () => {
    const { drawn, progress: subject } = progress(WIDE)
    subject.begin(applying(1_000))
    for (let step = 1; step <= 1_000; step += 1) subject.finish('done')
    const lines = drawn()
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain('1,000/1,000')
    for (let done = 0; done < 50; done += 1) subject.step({ phase: 'reading the source', done })
    expect(drawn()).toEqual(['reading the source: 0'])
  })

  test('data cannot control it', () => {
    const { drawn, progress: subject } = progress(WIDE)
    subject.step({ phase: 'reading \x1b[2J\nevil' })
    expect(drawn()).toEqual(['reading \\x1b[2J\\nevil'])
  })

  test('clearing writes nothing if nothing was drawn', () => {
    const { written, progress: subject } = progress(WIDE)
    subject.clear()
    expect(written()).toBe('')
  })

  test('other output appears above the line', () => {
    const { written, stream, progress: subject } = progress(WIDE)
    subject.step({ phase: 'reading the source', done: 1 })
    written()
    subject.aside(() => stream.write('warning: odd\n'))
    expect(written()).toBe('\r\x1b[2Kwarning: odd\n\r\x1b[2Kreading the source: 1')
  })

  test('it is redrawn when the terminal is resized', () => {
    const { stream, drawn, progress: subject } = progress(WIDE)
    subject.begin(applying(10))
    drawn()
    Object.assign(stream, { columns: 20 })
    stream.emit('resize')
    expect(drawn()).toEqual(['░░░░░░░░░░ 0/10'])
    subject.clear()
    expect(stream.listenerCount('resize')).toBe(0)
  })

  test('no timer and no line remain at the end', async () => {
    const { clock, written, progress: subject } = progress(WIDE)
    subject.begin(applying(10))
    subject.waiting(LIMIT, at)
    subject.clear()
    written()
    const before = clock.now()
    await clock.runAll()
    expect(clock.now()).toBe(before)
    expect(written()).toBe('')
  })
})

test('a process can end while such a timer runs', () => {
  const clock = new URL('../../src/clock.ts', import.meta.url).href
  const code = `import { systemClock } from '${clock}'; systemClock.schedule(60_000, () => {}, true)`
  execFileSync(process.execPath, ['--input-type=module', '--eval', code], { timeout: 20_000 })
})

test('the timer does not keep the process alive', () => {
  const idle: (boolean | undefined)[] = []
  const clock = {
    now: () => 0,
    schedule: (_ms: number, _callback: () => void, isIdle?: boolean) => {
      idle.push(isIdle)
      return () => {}
    },
  }
  new Progress(new PassThrough(), { clock }).step({ phase: 'reading the source' })
  expect(idle).toEqual([true])
})

const LIMIT: Wait = { whose: 'WorkOS', reason: 'pace', why: 'all requests of this period are used up', ms: 4_000 }
const REFUSED: Wait = { whose: 'WorkOS', reason: 'refused', why: 'Retry-After', ms: 60_000 }
const at = new Date('2026-03-04T21:13:05').getTime()

describe('a wait', () => {
  test('counts down every second, and disappears at its end', async () => {
    const { clock, drawn, progress: subject } = progress(WIDE)
    subject.begin(applying(10))
    subject.waiting(LIMIT, at)
    await clock.advance(4_500)
    const waits = drawn().map((line) => /waiting for the rate limit of WorkOS, (\d+) s/.exec(line)?.[1])
    expect(waits).toEqual([undefined, '4', '3', '2', '1', undefined])
  })

  test('that is long and unusual is shown at once without a terminal, with its reason and end', async () => {
    const { clock, written, progress: subject } = progress()
    subject.begin(applying(100))
    subject.waiting(REFUSED, at)
    expect(written()).toBe('waiting for the rate limit of WorkOS until 21:14:05 (Retry-After)\n')
    // Shorter or equal waits are not announced again.
    await clock.advance(4_000)
    subject.waiting({ ...REFUSED, ms: 55_000 }, at + 4_000)
    expect(written()).toBe('')
    subject.waiting({ ...REFUSED, ms: 116_000 }, at + 4_000)
    expect(written()).toBe('waiting for the rate limit of WorkOS until 21:15:05 (Retry-After)\n')
    await clock.advance(1_000)
    expect(written()).toBe('applying: 0/100, 0/s, waiting for the rate limit of WorkOS, 1 min 55 s (Retry-After)\n')
  })

  test('that is ordinary is shown only with the figures', async () => {
    const { clock, written, progress: subject } = progress()
    subject.begin(applying(100))
    for (let second = 0; second < 20; second += 1) {
      subject.waiting(LIMIT, at)
      subject.finish('done')
      await clock.advance(1_000)
    }
    expect(written().match(/.*\n/g)).toHaveLength(4)
  })
})

describe('listeners', () => {
  test('receive phases with times, waits and every second, even if nothing is shown', async () => {
    const told: string[] = []
    const line = ({ phase, done, elapsed }: Figures) => `${phase} ${done} ${elapsed}`
    const listener: ProgressListener = {
      phaseStarted: (phase) => told.push(`start ${phase}`),
      phaseEnded: (figures) => told.push(`end ${line(figures)}`),
      waiting: ({ ms }) => told.push(`wait ${ms}`),
      ticked: (figures) => told.push(`tick ${line(figures)}`),
    }
    const { clock, written, progress: subject } = progress(undefined, { shown: false, listeners: [listener] })
    subject.step({ phase: 'reading', done: 1 })
    subject.step({ phase: 'reading', done: 7 })
    await clock.advance(1_500)
    subject.begin(applying(1))
    subject.waiting(REFUSED, at)
    subject.note('a remark')
    subject.finish('failed')
    subject.clear()
    subject.clear()
    expect(told).toEqual([
      'start reading',
      'tick reading 7 1',
      'end reading 7 1.5',
      'start applying',
      'wait 60000',
      'end applying 1 0',
    ])
    expect(written()).toBe('')
  })
})
