import type { Writable } from 'node:stream'
import { type Clock, systemClock, type Wait } from '../clock.ts'
import { printable } from '../diagnostics/printable.ts'
import { duration } from './style.ts'

/** Milliseconds between two lines where there is no terminal to draw a bar on, and between two drawings where there is. */
const LINE_EVERY = 5_000
const DRAW_EVERY = 100
const BAR = 24

/** Shows how far a run is: a bar that is redrawn on a terminal, a line every few seconds elsewhere. */
export class Progress {
  readonly #stream: Writable & { isTTY?: boolean; columns?: number }
  readonly #clock: Clock
  #started: number
  #drawn = false
  #lastDraw = Number.NEGATIVE_INFINITY
  #lastLine: number
  #done = 0
  #failed = 0
  #total = 0
  #waitsUntil = Number.NEGATIVE_INFINITY

  constructor(stream: Writable & { isTTY?: boolean; columns?: number }, clock: Clock = systemClock) {
    this.#stream = stream
    this.#clock = clock
    this.#started = clock.now()
    this.#lastLine = this.#started
  }

  /** A phase whose length is not known. */
  status(message: string): void {
    if (this.#stream.isTTY) this.#draw(printable(message))
    else this.#line(message)
  }

  /** A pause has begun; one within another is not told of again. `wallClock`: milliseconds since the epoch. */
  waiting({ what, why, ms }: Wait, wallClock: number): void {
    const now = this.#clock.now()
    if (now + ms < this.#waitsUntil + 1_000) return
    this.#waitsUntil = now + ms
    const time = new Date(wallClock + ms).toTimeString().slice(0, 8)
    this.#lastDraw = Number.NEGATIVE_INFINITY
    this.#lastLine = Number.NEGATIVE_INFINITY
    this.status(`waiting for ${what} until ${time} (${why})`)
  }

  /** Starts counting towards a total. */
  begin(total: number): void {
    this.#total = total
    this.#started = this.#clock.now()
  }

  /** One more is done. */
  step(ok: boolean): void {
    this.#done += 1
    if (!ok) this.#failed += 1
    if (this.#stream.isTTY) this.#draw(this.#bar())
    else this.#line(this.#figures())
  }

  /** Removes the bar, so that ordinary output may follow. */
  clear(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[2K')
    this.#drawn = false
  }

  #draw(text: string): void {
    const now = this.#clock.now()
    const last = this.#total > 0 && this.#done === this.#total
    if (now - this.#lastDraw < DRAW_EVERY && !last) return
    this.#lastDraw = now
    this.#drawn = true
    this.#stream.write(`\r\x1b[2K${text.slice(0, (this.#stream.columns || 80) - 1)}`)
  }

  #line(text: string): void {
    const now = this.#clock.now()
    if (now - this.#lastLine < LINE_EVERY) return
    this.#lastLine = now
    this.#stream.write(`${printable(text)}\n`)
  }

  #bar(): string {
    const filled = this.#total === 0 ? BAR : Math.round((this.#done / this.#total) * BAR)
    return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${this.#figures()}`
  }

  #figures(): string {
    const seconds = (this.#clock.now() - this.#started) / 1000
    const rate = this.#done / Math.max(seconds, 0.001)
    const left = rate > 0 ? duration((this.#total - this.#done) / rate) : '?'
    const failed = this.#failed > 0 ? `, ${this.#failed} failed or blocked` : ''
    return `${this.#done}/${this.#total}${failed}, ${rate.toFixed(0)}/s, ${left} left`
  }
}
