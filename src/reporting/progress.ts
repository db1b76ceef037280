import type { Writable } from 'node:stream'
import { printable } from '../diagnostics/printable.ts'
import { duration } from './style.ts'

/** Seconds between two lines where there is no terminal to draw a bar on. */
const LINE_EVERY = 5
const BAR = 24

/** Shows how far a run is: a bar that is redrawn on a terminal, a line every few seconds elsewhere. */
export class Progress {
  readonly #stream: Writable & { isTTY?: boolean; columns?: number }
  #started = performance.now()
  #drawn = false
  #lastDraw = 0
  #done = 0
  #failed = 0
  #total = 0

  constructor(stream: Writable & { isTTY?: boolean; columns?: number }) {
    this.#stream = stream
  }

  /** A phase whose length is not known. */
  status(message: string): void {
    if (this.#stream.isTTY) this.#draw(printable(message))
    else this.#line(message)
  }

  /** Starts counting towards a total. */
  begin(total: number): void {
    this.#total = total
    this.#started = performance.now()
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
    const now = performance.now()
    if (now - this.#lastDraw < 100 && this.#done !== this.#total) return
    this.#lastDraw = now
    this.#drawn = true
    this.#stream.write(`\r\x1b[2K${text.slice(0, (this.#stream.columns ?? 80) - 1)}`)
  }

  #line(text: string): void {
    const now = performance.now()
    if (now - this.#lastDraw < LINE_EVERY * 1000) return
    if (this.#lastDraw > 0 || now - this.#started >= LINE_EVERY * 1000) this.#stream.write(`${printable(text)}\n`)
    this.#lastDraw = now
  }

  #bar(): string {
    const filled = this.#total === 0 ? BAR : Math.round((this.#done / this.#total) * BAR)
    return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${this.#figures()}`
  }

  #figures(): string {
    const seconds = (performance.now() - this.#started) / 1000
    const rate = this.#done / Math.max(seconds, 0.001)
    const left = rate > 0 ? duration((this.#total - this.#done) / rate) : '?'
    const failed = this.#failed > 0 ? `, ${this.#failed} failed or blocked` : ''
    return `${this.#done}/${this.#total}${failed}, ${rate.toFixed(0)}/s, ${left} left`
  }
}
