import type { Row } from '../report.ts'

/** What rows are wanted: every word of the text, and of one group and one facet where they are given. */
export interface Wanted {
  text: string
  group?: number
  facet?: number
}

/** The rows of a grid: a line of JSON each, parsed when it is shown, with the number of its group and its facet. */
export interface Lines {
  json: string[]
  /** The same in lower case. */
  lower: string[]
  groups: number[]
  facets: number[]
}

/** What JSON puts around and between texts. */
const STRUCTURE = /[[\]{},:"\\]/

/** Places of the lines that are wanted, in order. @param within the places to look at; default: all */
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
