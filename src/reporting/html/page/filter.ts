import type { Row } from '../report.ts'

/**
 * What rows are wanted: every word of the text, and of one group and one facet where they are
 * given.
 */
export interface Wanted {
  text: string
  group?: number
  facet?: number
}

/**
 * The rows of a grid: a line of JSON each, parsed when it is shown, with the number of its group
 * and its facet.
 */
export interface Lines {
  json: string[]
  /** The same in lower case. */
  lower: string[]
  groups: number[]
  facets: number[]
}

/** What JSON puts around and between texts. */
const STRUCTURE = /[[\]{},:"\\]/

/**
 * Places of the lines that are wanted, in order. @param within the places to look at; default: all
 */
export function matching(lines: Lines, { text, group, facet }: Wanted, within?: readonly number[]): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const plain = words.every((word) => !STRUCTURE.test(word))
  const needles = words.map((word) => JSON.stringify(word).slice(1, -1))
  const found: number[] = []
  const length = within?.length ?? lines.json.length
  for (let n = 0; n < length; n += 1) {
    const at = within === undefined ? n : (within[n] ?? 0)
    if (group !== undefined && lines.groups[at] !== group) continue
    if (facet !== undefined && lines.facets[at] !== facet) continue
    const line = lines.lower[at] ?? ''
    if (!needles.every((needle) => line.includes(needle))) continue
    // A comma or a quote may have been found between two texts.
    if (plain || says(lines.json[at] ?? '[[]]', words)) found.push(at)
  }
  return found
}

function says(json: string, words: readonly string[]): boolean {
  const texts = textsOf(JSON.parse(json)).map((text) => text.toLowerCase())
  return words.every((word) => texts.some((text) => text.includes(word)))
}

function textsOf(row: Row): string[] {
  return row.flat(2).filter((text) => typeof text === 'string')
}

/** Pixels of one closed row. style.css knows them too. */
export const ROW = 36

/**
 * Browsers draw no element that is taller than some 17 million pixels: beyond this the scroll bar
 * moves faster than the rows.
 */
const TALLEST = 8_000_000

/** Where the rows of a long list stand: closed ones have one height, open ones more. */
export class RowWindow {
  /** Additional height of opened rows, by their position, in order. */
  #opened: { at: number; height: number }[] = []
  count = 0

  /** What the rows take, were they all there. */
  get virtual(): number {
    return this.count * ROW + this.#opened.reduce((sum, { height }) => sum + height, 0)
  }

  /** What they take on the page. */
  get physical(): number {
    return Math.min(this.virtual, TALLEST)
  }

  isOpen(at: number): boolean {
    return this.#opened.some((opened) => opened.at === at)
  }

  open(at: number, height: number): void {
    this.close(at)
    this.#opened.push({ at, height })
    this.#opened.sort((a, b) => a.at - b.at)
  }

  close(at: number): void {
    this.#opened = this.#opened.filter((opened) => opened.at !== at)
  }

  closeAll(): void {
    this.#opened = []
  }

  heightOf(at: number): number {
    return ROW + (this.#opened.find((opened) => opened.at === at)?.height ?? 0)
  }

  /** Pixels above a row, were they all there. */
  above(at: number): number {
    let sum = at * ROW
    for (const opened of this.#opened) if (opened.at < at) sum += opened.height
    return sum
  }

  /** The row at so many pixels from the top. */
  rowAt(y: number): number {
    let before = 0
    for (const { at, height } of this.#opened) {
      if (at * ROW + before + ROW + height > y) {
        const closed = Math.floor((y - before) / ROW)
        return clamp(Math.min(closed, at), 0, this.count - 1)
      }
      before += height
    }
    return clamp(Math.floor((y - before) / ROW), 0, this.count - 1)
  }

  /** What of all rows stands at the top when the page is scrolled so far. */
  virtualTop(scrolled: number, view: number): number {
    const room = this.physical - view
    return room <= 0 || this.physical === this.virtual ? scrolled : (scrolled / room) * (this.virtual - view)
  }

  /** The other way round. */
  scrolled(virtualTop: number, view: number): number {
    const room = this.virtual - view
    return room <= 0 || this.physical === this.virtual ? virtualTop : (virtualTop / room) * (this.physical - view)
  }
}

export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}
