import type { Row } from '../report.ts'

/** Selects rows with every word of the text, and optionally one group and one facet. */
export interface Wanted {
  text: string
  group?: number
  facet?: number
}

/** The rows of a grid as JSON lines, parsed when shown, with the numbers of group and facet. */
export interface Lines {
  json: string[]
  /** The same in lower case. */
  lower: string[]
  groups: number[]
  facets: number[]
}

/** Characters that JSON puts around texts. */
const STRUCTURE = /[[\]{},:"\\]/

/** Indexes of the selected lines, in order. @param within the indexes to search; default: all */
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
    // A comma or a quote can match between two texts. Then search the texts themselves.
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

/** Pixels of one closed row. Keep style.css in step. */
export const ROW = 36

/**
 * Browsers do not draw elements of more than about 17 million pixels. Beyond this height, the
 * scroll bar moves faster than the rows.
 */
const TALLEST = 8_000_000

/** The positions of rows in a long list. Opened rows are taller. */
export class RowWindow {
  /** The additional height of opened rows, in order of position. */
  #opened: { at: number; height: number }[] = []
  count = 0

  /** The height of all rows. */
  get virtual(): number {
    return this.count * ROW + this.#opened.reduce((sum, { height }) => sum + height, 0)
  }

  /** The height on the page. */
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

  /** Pixels of all rows above a row. */
  above(at: number): number {
    let sum = at * ROW
    for (const opened of this.#opened) if (opened.at < at) sum += opened.height
    return sum
  }

  /** The row at `y` pixels of the virtual height. */
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

  /** The virtual position at the top for a scroll position. */
  virtualTop(scrolled: number, view: number): number {
    const room = this.physical - view
    return room <= 0 || this.physical === this.virtual ? scrolled : (scrolled / room) * (this.virtual - view)
  }

  /** The scroll position for a virtual position. */
  scrolled(virtualTop: number, view: number): number {
    const room = this.virtual - view
    return room <= 0 || this.physical === this.virtual ? virtualTop : (virtualTop / room) * (this.physical - view)
  }
}

export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}
