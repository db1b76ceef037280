/**
 * The progress of a run on the terminal and for listeners. gauge.ts adds up steps, work and waits.
 */

import type { Writable } from 'node:stream'
import { type Clock, systemClock, type Wait, waitedFor } from '../clock.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import type { Step } from '../diagnostics/step.ts'
import type { FailedRequest } from '../http/retry.ts'
import type { RequestCounts } from '../workos/client.ts'
import type { RequestClass } from '../workos/limiter.ts'
import { type Figures, Gauge, type Work } from './gauge.ts'
import { counted, duration } from './style.ts'
import { cutToWidth, graphemesWidth } from './table.ts'

/** Milliseconds between two lines without a terminal, and between two redraws on one. */
const LINE_EVERY = 5_000
const DRAW_EVERY = 100
/** Milliseconds between redraws without news, for countdowns and the time left. */
const TICK = 1_000
/** A wait after a failure is shown at once from this length on, milliseconds. */
const ANNOUNCED_AT_ONCE = 3_000

type Terminal = Writable & { isTTY?: boolean; columns?: number }

export interface ProgressListener {
  phaseStarted?(phase: string): void
  phaseEnded?(figures: Figures): void
  waiting?(wait: Wait): void
  /** Every second while a phase runs. */
  ticked?(figures: Figures): void
}

interface ProgressOptions {
  clock?: Clock
  /** False: show nothing, but notify listeners. */
  shown?: boolean
  listeners?: readonly ProgressListener[]
  /** False: never redraw a line, for terminals without escape sequences. */
  redraws?: boolean
}

/** Shows progress: a redrawn line on a terminal, a new line every few seconds elsewhere. */
export class Progress {
  readonly #stream: Terminal
  readonly #clock: Clock
  readonly #shown: boolean
  readonly #redraws: boolean
  readonly #listeners: readonly ProgressListener[]
  readonly #gauge = new Gauge()
  #isDrawn = false
  #lastDraw = Number.NEGATIVE_INFINITY
  #lastLine = Number.NEGATIVE_INFINITY
  #announcedUntil = Number.NEGATIVE_INFINITY
  #cancelTick: (() => void) | undefined

  constructor(
    stream: Terminal,
    { clock = systemClock, shown = true, listeners = [], redraws = true }: ProgressOptions = {},
  ) {
    this.#stream = stream
    this.#clock = clock
    this.#shown = shown
    this.#redraws = redraws && stream.isTTY === true
    this.#listeners = listeners
  }

  step(step: Step): void {
    const now = this.#clock.now()
    const isNew = step.phase !== this.#gauge.phase
    if (isNew) this.#endPhase()
    this.#gauge.step(step, now)
    if (isNew) this.#startPhase(step.phase)
    this.#show()
  }

  begin(work: Work): void {
    this.#endPhase()
    this.#gauge.begin(work, this.#clock.now())
    this.#startPhase(work.phase)
    this.#show()
  }

  finish(outcome: 'done' | 'failed' | 'blocked'): void {
    this.#gauge.finish(outcome, this.#clock.now())
    if (this.#gauge.isDone) this.#lastDraw = Number.NEGATIVE_INFINITY
    this.#show()
  }

  /** A wait within another is not announced. `wallClock`: milliseconds since the epoch. */
  waiting(wait: Wait, wallClock: number): void {
    const now = this.#clock.now()
    this.#gauge.waiting(wait, now)
    if (now + wait.ms >= this.#announcedUntil + 1_000) {
      this.#announcedUntil = now + wait.ms
      for (const listener of this.#listeners) listener.waiting?.(wait)
      if (!this.#redraws && wait.reason !== 'pace' && wait.ms >= ANNOUNCED_AT_ONCE) {
        const until = new Date(wallClock + wait.ms).toTimeString().slice(0, 8)
        this.note(`waiting for ${waitedFor(wait)} until ${until} (${wait.why})`)
      }
    }
    this.#lastDraw = Number.NEGATIVE_INFINITY
    this.#show()
  }

  /** Writes a line that stays. */
  note(text: string): void {
    if (this.#shown) this.aside(() => this.#stream.write(`${printable(text)}\n`))
  }

  /** Removes the progress line while `write` writes to the same terminal. */
  aside(write: () => void): void {
    this.#erase()
    write()
    this.#lastDraw = Number.NEGATIVE_INFINITY
    if (this.#redraws) this.#show()
  }

  /** Ends the phase and removes its line before other output. */
  clear(): void {
    this.#endPhase()
    this.#gauge.end()
    this.#cancelTick?.()
    this.#cancelTick = undefined
    this.#stream.off('resize', this.#onResize)
    this.#erase()
  }

  #startPhase(phase: string): void {
    const now = this.#clock.now()
    // Keep the timer across phases. Otherwise short phases would never be shown.
    if (this.#cancelTick === undefined) {
      this.#lastLine = now
      this.#tickLater()
      this.#stream.on('resize', this.#onResize)
    }
    this.#lastDraw = Number.NEGATIVE_INFINITY
    for (const listener of this.#listeners) listener.phaseStarted?.(phase)
  }

  #endPhase(): void {
    const figures = this.#gauge.figures(this.#clock.now())
    if (figures === undefined) return
    for (const listener of this.#listeners) listener.phaseEnded?.(figures)
  }

  #tickLater(): void {
    this.#cancelTick = this.#clock.schedule(TICK, () => this.#tick(), true)
  }

  #tick(): void {
    this.#tickLater()
    const figures = this.#gauge.figures(this.#clock.now())
    if (figures === undefined) return
    for (const listener of this.#listeners) listener.ticked?.(figures)
    this.#show()
  }

  #show(): void {
    if (!this.#shown) return
    const now = this.#clock.now()
    const figures = this.#isDue(now) ? this.#gauge.figures(now) : undefined
    if (figures === undefined) return
    if (this.#redraws) {
      this.#lastDraw = now
      this.#isDrawn = true
      // Leave the last column free: some terminals break the line when it is filled.
      this.#stream.write(`\r\x1b[2K${progressLine(figures, (this.#stream.columns || 80) - 1)}`)
    } else {
      this.#lastLine = now
      this.#stream.write(`${progressText(figures)}\n`)
    }
  }

  #isDue(now: number): boolean {
    return this.#redraws ? now - this.#lastDraw >= DRAW_EVERY : now - this.#lastLine >= LINE_EVERY
  }

  readonly #onResize = () => {
    this.#lastDraw = Number.NEGATIVE_INFINITY
    if (this.#isDrawn) this.#show()
  }

  #erase(): void {
    if (this.#isDrawn) this.#stream.write('\r\x1b[2K')
    this.#isDrawn = false
  }
}

/** Forms of a line with widths of the bar, the best first. */
const LENGTHS = ['long', 'short', 'brief', 'terse'] as const
type Length = (typeof LENGTHS)[number]
const FORMS: readonly (readonly [Length, number])[] = [
  ...LENGTHS.slice(0, 3).flatMap((length) => [24, 16, 10].map((width) => [length, width] as const)),
  ...LENGTHS.slice(0, 3).map((length) => [length, 0] as const),
  ...[24, 16, 10, 0].map((width) => ['terse', width] as const),
]

export function progressText(figures: Figures): string {
  return join(partsOf(figures, 'long'))
}

/** The same in at most `columns` columns, with a bar if the share is known. */
export function progressLine(figures: Figures, columns: number): string {
  const share = shareOf(figures)
  const forms = FORMS.filter(([, width]) => share !== undefined || width === 0)
  const candidates = forms.map(([length, width]) => `${bar(share ?? 0, width)}${join(partsOf(figures, length))}`)
  const fitting = candidates.find((line) => graphemesWidth(line) <= columns)
  return cutToWidth(fitting ?? candidates.at(-1) ?? '', columns)
}

/** `4.2`, `50`, `1,200`. */
export function rateText(perSecond: number): string {
  return perSecond > 0 && perSecond < 9.95 ? String(Math.round(perSecond * 10) / 10) : figure(Math.round(perSecond))
}

function join(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(', ')
}

/** The most important first, because the end can be cut off. */
function partsOf(figures: Figures, length: Length): (string | undefined)[] {
  const { failed, blocked, rate, left = 0, elapsed, wait } = figures
  return [
    headOf(figures, length),
    failed > 0 ? `${figure(failed)} failed` : undefined,
    blocked > 0 ? `${figure(blocked)} blocked` : undefined,
    rate === undefined || elapsed < 1 || length === 'terse' ? undefined : `${rateText(rate)}/s`,
    left > 0 ? `${duration(Math.ceil(left))} left` : undefined,
    wait === undefined ? undefined : waitText(wait, length),
  ]
}

function headOf({ phase, done, total, unit, share, elapsed, isWork }: Figures, length: Length): string {
  const of = total === undefined ? '' : `/${figure(total)}`
  if (isWork && (length === 'brief' || length === 'terse')) return `${figure(done ?? 0)}${of}`
  const counted = done === undefined ? '' : `: ${figure(done)}${of}${unit === undefined ? '' : ` ${unit}`}`
  const part = share === undefined ? '' : ` (${Math.floor(share * 100)}%)`
  const seconds = total === undefined ? Math.floor(elapsed) : 0
  const time = seconds === 0 ? '' : done === undefined ? `, ${duration(seconds)}` : ` in ${duration(seconds)}`
  return `${printable(phase)}${counted}${part}${time}`
}

function waitText(wait: NonNullable<Figures['wait']>, length: Length): string {
  const seconds = duration(Math.max(1, Math.ceil(wait.seconds)))
  const brief = wait.reason === 'retry' ? 'the next attempt' : 'the rate limit'
  if (length === 'terse') return `waiting ${seconds}`
  if (length !== 'long') return `waiting for ${brief}, ${seconds}`
  const why = wait.reason === 'pace' ? '' : ` (${printable(wait.why)})`
  return `waiting for ${printable(waitedFor(wait))}, ${seconds}${why}`
}

function shareOf({ done, total, share }: Figures): number | undefined {
  if (total === undefined || done === undefined) return share
  return total === 0 ? 1 : Math.min(1, done / total)
}

function bar(share: number, width: number): string {
  if (width === 0) return ''
  const filled = Math.round(share * width)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} `
}

/** Reports the time of each phase and the reason of each wait. */
export function verboseListener(say: (text: string) => void): ProgressListener {
  return {
    phaseEnded({ phase, done, unit, elapsed }) {
      const count = done === undefined ? '' : ` ${figure(done)}${unit === undefined ? '' : ` ${unit}`} in`
      say(`${phase}:${count} ${preciseDuration(elapsed)}`)
    },
    waiting: (wait) => say(`waiting for ${waitedFor(wait)}, ${preciseDuration(wait.ms / 1000)} (${wait.why})`),
  }
}

/** A request without a usable response, on one line. */
export function failedRequestText({ method, path, why, attempt }: FailedRequest): string {
  return `${method} ${path}: ${why} (attempt ${attempt})`
}

/** The requests of a command by rate limit class. */
export function requestsText(classes: Record<RequestClass, number>, { refused, repeated }: RequestCounts): string {
  const parts = [
    `${counted(classes.write, 'write')} and ${counted(classes.read, 'read')} under /user_management`,
    counted(classes['organization-delete'], 'organization deletion'),
    counted(classes.other, 'other'),
    `${figure(refused)} rate-limited (429)`,
    `${figure(repeated)} retried`,
  ]
  return `requests to WorkOS: ${parts.join(', ')}`
}

function preciseDuration(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds * 10) / 10} s` : duration(seconds)
}
