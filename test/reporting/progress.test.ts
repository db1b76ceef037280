import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Progress } from '../../src/reporting/progress.ts'
import { SimulatedClock } from '../simulated-clock.ts'

function progress(terminal?: { isTTY: true; columns?: number }) {
  const clock = new SimulatedClock()
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), terminal)
  const written = () => String(stream.read() ?? '')
  return { clock, written, progress: new Progress(stream, clock) }
}

const TERMINAL = { isTTY: true, columns: 60 } as const

test('without a terminal a line comes every few seconds, without escape sequences', async () => {
  const { clock, written, progress: subject } = progress()
  subject.begin(100)
  for (let step = 1; step <= 100; step += 1) {
    await clock.advance(200)
    subject.step(step % 10 !== 0)
  }
  subject.clear()
  const text = written()
  expect(text).not.toMatch(/[\x1b\r]/)
  expect(text.split('\n')).toEqual([
    '25/100, 2 failed or blocked, 5/s, 15 s left',
    '50/100, 5 failed or blocked, 5/s, 10 s left',
    '75/100, 7 failed or blocked, 5/s, 5 s left',
    '100/100, 10 failed or blocked, 5/s, 0 s left',
    '',
  ])
})

test('without a terminal a short run is silent', async () => {
  const { clock, written, progress: subject } = progress()
  subject.status('reading the source')
  await clock.advance(1_000)
  subject.begin(2)
  subject.step(true)
  subject.step(true)
  subject.clear()
  expect(written()).toBe('')
})

test('on a terminal one line is drawn over and over, and is gone at the end', async () => {
  const { clock, written, progress: subject } = progress(TERMINAL)
  subject.begin(10)
  for (let step = 1; step <= 10; step += 1) {
    await clock.advance(500)
    subject.step(true)
  }
  subject.clear()
  const drawn = written().split('\r\x1b[2K').slice(1)
  expect(drawn).toHaveLength(11)
  expect(drawn[4]).toBe('████████████░░░░░░░░░░░░ 5/10, 2/s, 3 s left')
  expect(drawn[9]).toContain('10/10')
  expect(drawn[10]).toBe('')
  expect(drawn.join('')).not.toContain('\n')
})

test('a terminal is not flooded, and the last step is always drawn', async () => {
  const { written, progress: subject } = progress(TERMINAL)
  subject.begin(1000)
  for (let step = 1; step <= 1000; step += 1) subject.step(true)
  const drawn = written().split('\r\x1b[2K').slice(1)
  expect(drawn).toHaveLength(2)
  expect(drawn[1]).toContain('1000/1000')
  for (let message = 0; message < 50; message += 1) subject.status(`reading ${message}`)
  expect(written().length).toBeLessThan(4000)
})

test('phases without a known length are throttled as well', () => {
  const { written, progress: subject } = progress(TERMINAL)
  for (let message = 0; message < 50; message += 1) subject.status(`reading ${message}`)
  expect(written()).toBe('\r\x1b[2Kreading 0')
})

test('a line never grows past the terminal, and data cannot steer it', () => {
  const { written, progress: subject } = progress(TERMINAL)
  subject.status(`reading \x1b[2J\nevil ${'x'.repeat(500)}`)
  const drawn = written().replace('\r\x1b[2K', '')
  expect(drawn).toMatch(/^reading \\x1b\[2J\\nevil x+$/)
  expect(drawn).toHaveLength(59)
})

test('clearing what was never drawn writes nothing', () => {
  const { written, progress: subject } = progress(TERMINAL)
  subject.clear()
  expect(written()).toBe('')
})

const WAIT = { what: 'the rate limit of WorkOS', why: 'Retry-After', ms: 60_000 }
const at = new Date('2026-03-04T21:13:05').getTime()

test('a pause is told of at once, with what is waited for and until when', async () => {
  const { clock, written, progress: subject } = progress()
  subject.begin(100)
  subject.waiting(WAIT, at)
  expect(written()).toBe('waiting for the rate limit of WorkOS until 21:14:05 (Retry-After)\n')
  // Others that wait for the same, or for less, say nothing new.
  await clock.advance(5_000)
  subject.waiting({ ...WAIT, ms: 55_000 }, at + 5_000)
  expect(written()).toBe('')
  subject.waiting({ ...WAIT, ms: 115_000 }, at + 5_000)
  expect(written()).toBe('waiting for the rate limit of WorkOS until 21:15:05 (Retry-After)\n')
})

test('on a terminal a pause takes the place of the bar', () => {
  const { written, progress: subject } = progress({ isTTY: true, columns: 100 })
  subject.begin(10)
  subject.step(true)
  subject.waiting(WAIT, at)
  const last = written().split('\r\x1b[2K').at(-1)
  expect(last).toBe('waiting for the rate limit of WorkOS until 21:14:05 (Retry-After)')
})
