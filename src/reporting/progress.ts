import type { Writable } from 'node:stream'
import { type Clock, systemClock, type Wait, waitedFor } from '../clock.ts'
import { printable } from '../diagnostics/printable.ts'
import type { Step } from '../diagnostics/step.ts'
import { type Figures, Gauge, type Work } from './gauge.ts'
import { progressLine, progressText } from './progress-text.ts'

/** Milliseconds between two lines where there is no terminal, and at least between two drawings where there is one. */
const LINE_EVERY = 5_000
const DRAW_EVERY = 100
/** Also when nothing happens it is drawn again so often, milliseconds: waits count down, and the time that is left changes. */
const TICK = 1_000
/** From this length on, a wait for something that went wrong is told at once, in milliseconds. */
const TOLD_AT_ONCE = 3_000

type Terminal = Writable & { isTTY?: boolean; columns?: number }

/** Learns what a run does while it does it. */
export interface ProgressListener {
  phaseStarted?(phase: string): void
  phaseEnded?(figures: Figures): void
  waiting?(wait: Wait): void
  /** Comes every second while something is under way. */
  ticked?(figures: Figures): void
}

export interface ProgressOptions {
  clock?: Clock
  /** False: nothing is shown; listeners learn of it all the same. */
  shown?: boolean
  listeners?: readonly ProgressListener[]
  /** False: a line is never redrawn, as on a terminal that knows no escape sequences. */
  redraws?: boolean
}

/** Shows how far a run is: a line that is redrawn on a terminal, a line every few seconds elsewhere. */
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
  #toldUntil = Number.NEGATIVE_INFINITY
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

  /** A step of a phase has been done. */
  step(step: Step): void {
    const now = this.#clock.now()
    const isNew = step.phase !== this.#gauge.phase
    if (isNew) this.#endPhase()
    this.#gauge.step(step, now)
    if (isNew) this.#startPhase(step.phase)
    this.#show()
  }

  /** Begins work whose length is known. */
  begin(work: Work): void {
    this.#endPhase()
    this.#gauge.begin(work, this.#clock.now())
    this.#startPhase(work.phase)
    this.#show()
  }

  /** One more of the work is done. */
  settle(outcome: 'done' | 'failed' | 'blocked'): void {
    this.#gauge.settle(outcome, this.#clock.now())
    if (this.#gauge.isDone) this.#lastDraw = Number.NEGATIVE_INFINITY
    this.#show()
  }

  /** A pause has begun; one within another is not told again. `wallClock`: milliseconds since the epoch. */
  waiting(wait: Wait, wallClock: number): void {
    const now = this.#clock.now()
    this.#gauge.waiting(wait, now)
    if (now + wait.ms >= this.#toldUntil + 1_000) {
      this.#toldUntil = now + wait.ms
      for (const listener of this.#listeners) listener.waiting?.(wait)
      if (!this.#redraws && wait.reason !== 'pace' && wait.ms >= TOLD_AT_ONCE) {
        const until = new Date(wallClock + wait.ms).toTimeString().slice(0, 8)
        this.note(`waiting for ${waitedFor(wait)} until ${until} (${wait.why})`)
      }
    }
    this.#lastDraw = Number.NEGATIVE_INFINITY
    this.#show()
  }

  /** A line that stays. */
  note(text: string): void {
    if (this.#shown) this.aside(() => this.#stream.write(`${printable(text)}\n`))
  }

  /** Does what writes to the same terminal, without the line in its way. */
  aside(write: () => void): void {
    this.#erase()
    write()
    this.#lastDraw = Number.NEGATIVE_INFINITY
    if (this.#redraws) this.#show()
  }

  /** Ends the phase and removes its line, so that ordinary output may follow. */
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
    // What follows a phase at once continues its lines: short phases would never be told otherwise, nor the last one of many.
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
      // The last column stays free: a terminal may go on to the next line when it is filled.
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
