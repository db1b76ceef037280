/** Text layout for terminals of 80 columns: tables, sums, definitions, wrapped lines. */

import { stripVTControlCharacters } from 'node:util'
import { figure } from '../diagnostics/printable.ts'

/** Columns. */
export const WIDTH = 80

const GAP = '  '
/** Columns that a shortened name keeps at least. */
const SHORTEST_NAME = 20

/** The columns of a text on a terminal. Color sequences take none. */
export function textWidth(coloured: string): number {
  const text = coloured.includes('\x1b') ? stripVTControlCharacters(coloured) : coloured
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue
    width +=
      /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}

/** A text of at most `width` columns. A longer one loses its middle: both ends of a path matter. */
export function shortened(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  const path = shortenedPath(text.split('/'), width)
  if (path !== undefined) return path
  const characters = [...text]
  const back = Math.floor((width - 1) / 2)
  const start = taken(characters, width - 1 - back)
  const end = taken(characters.toReversed(), back)
  return `${start.join('')}…${end.toReversed().join('')}`
}

/** A path without its middle folders; undefined if its ends are already too long. */
function shortenedPath(segments: readonly string[], width: number): string | undefined {
  for (let kept = segments.length - 2; kept > 0; kept--) {
    const path = [...segments.slice(0, kept), '…', segments.at(-1)].join('/')
    if (textWidth(path) <= width) return path
  }
  return undefined
}

function taken(characters: readonly string[], width: number): string[] {
  const some: string[] = []
  let used = 0
  for (const character of characters) {
    used += textWidth(character)
    if (used > width) break
    some.push(character)
  }
  return some
}

export function padded(text: string, width: number, side: 'start' | 'end'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)))
  return side === 'start' ? blanks + text : text + blanks
}

export function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, textWidth(cell))
  }
  return widths
}

/**
 * A table with the first column aligned left and all others right. If it is too wide, names are
 * shortened. If that is not enough, the other columns follow below, with the names again.
 */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const [names = 0, ...others] = widthsOf(rows)
  const room = WIDTH - indent.length
  const all = others.reduce((sum, width) => sum + GAP.length + width, 0)
  if (names + all <= room) return drawn(rows, names, others, indent)
  const least = Math.min(names, SHORTEST_NAME)
  if (least + all <= room) return drawn(rows, room - all, others, indent)
  return blocksOf(others, room - least)
    .map(([from, to]) => {
      const some = rows.map(([name = '', ...cells]) => [name, ...cells.slice(from, to)])
      return drawn(some, least, others.slice(from, to), indent)
    })
    .join('\n')
}

/** Ranges of columns that fit side by side: [from, to). */
function blocksOf(widths: readonly number[], room: number): [number, number][] {
  const blocks: [number, number][] = []
  let from = 0
  let used = 0
  for (const [index, width] of widths.entries()) {
    if (index > from && used + GAP.length + width > room) {
      blocks.push([from, index])
      from = index
      used = 0
    }
    used += GAP.length + width
  }
  return [...blocks, [from, widths.length]]
}

function drawn(rows: readonly (readonly string[])[], names: number, widths: readonly number[], indent: string): string {
  return rows
    .map(([name = '', ...cells]) => {
      const figures = cells.map((cell, index) => padded(cell, widths[index] ?? 0, 'start'))
      const line = [padded(shortened(name, names), names, 'end'), ...figures].join(GAP)
      return `${indent}${line.trimEnd()}\n`
    })
    .join('')
}

/** The columns that are not zero in every row. */
export function nonZero<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, number>>[],
): Column[] {
  return columns.filter((column) => rows.some((row) => row[column] > 0))
}

/** A total and its parts. Parts at the same index are aligned; undefined: no such part. */
export interface Sum {
  name: string
  total: number
  parts: readonly ({ count: number; what: string } | undefined)[]
}

/**
 * `users  225  = 224 mapped  + 1 rejected`. Parts that are zero in every row are omitted. If a sum
 * is too wide, names are shortened; if that is not enough, the parts follow below their total.
 */
export function sums(rows: readonly Sum[], indent = '  '): string {
  const shown = placesOf(rows)
  const lines = rows.map(({ name, total, parts }) => {
    const some = shown.map((place) => parts[place])
    const first = some.findIndex((part) => part !== undefined)
    const cells = some.map((part, index) =>
      part === undefined ? '' : `${index === first ? '=' : '+'} ${figure(part.count)} ${part.what}`,
    )
    return [name, figure(total), ...cells]
  })
  const [names = 0, ...others] = widthsOf(lines)
  const wide = others.reduce((sum, width) => sum + GAP.length + width, indent.length)
  if (Math.min(names, SHORTEST_NAME) + wide <= WIDTH) return drawn(lines, Math.min(names, WIDTH - wide), others, indent)
  const totals = drawn(
    lines.map((line) => line.slice(0, 2)),
    Math.min(names, 50),
    others.slice(0, 1),
    indent,
  ).split('\n')
  return lines.map(([, , ...cells], index) => `${totals[index]}\n${flowing(cells, `${indent}  `)}`).join('')
}

function placesOf(rows: readonly Sum[]): number[] {
  const places = Math.max(0, ...rows.map(({ parts }) => parts.length))
  return Array.from({ length: places }, (_, place) => place).filter((place) =>
    rows.some(({ parts }) => (parts[place]?.count ?? 0) > 0),
  )
}

/** Cells one after another, in as many lines as needed. */
function flowing(cells: readonly string[], indent: string): string {
  const lines: string[] = []
  for (const cell of cells.filter((cell) => cell !== '')) {
    const last = lines.at(-1)
    if (last !== undefined && indent.length + textWidth(last) + GAP.length + textWidth(cell) <= WIDTH)
      lines[lines.length - 1] = last + GAP + cell
    else lines.push(cell)
  }
  return lines.map((line) => `${indent}${line}\n`).join('')
}

/** Names, each with a text. Further lines of the text are indented like its first. */
export function definitions(rows: readonly (readonly [name: string, text: string])[], indent = '  '): string {
  const width = Math.max(0, ...rows.map(([name]) => textWidth(name)))
  const hanging = ' '.repeat(indent.length + width + GAP.length)
  return rows
    .map(([name, text]) => {
      const lines = wrapped(text, WIDTH - hanging.length)
      return `${indent}${padded(name, width, 'end')}${GAP}${lines.join(`\n${hanging}`)}`.trimEnd().concat('\n')
    })
    .join('')
}

/** A space at which no line breaks. */
const BOUND = '\u00a0'

/** A text that `wrapped` keeps on one line. */
export function bound(text: string): string {
  return text.replaceAll(' ', BOUND)
}

/** Lines of at most `width` columns, broken at spaces. A longer word is not split. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && textWidth(last) + 1 + textWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else if (word !== '') lines.push(word)
  }
  return lines.map((line) => line.replaceAll(BOUND, ' ').trimEnd())
}

/**
 * Characters that take two columns of a terminal: those of East Asia, and emoji.
 * https://www.unicode.org/reports/tr11/
 */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** Text whose characters all take one column: Latin letters, dashes, quotes, arrows, lines. */
const PLAIN = /^[\x20-\x7e\u00a0-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u257f]*$/

let segmenter: Intl.Segmenter | undefined

/** A segmenter is slow to create, so it is created on demand. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** The columns of a text on a terminal, counted by graphemes. */
export function graphemesWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemesOf(text)) width += widthOf(segment)
  return width
}

/** The beginning of a text, cut to `columns` without splitting a grapheme. */
export function cutToWidth(text: string, columns: number): string {
  if (graphemesWidth(text) <= columns) return text
  if (PLAIN.test(text)) return columns > 0 ? `${text.slice(0, columns - 1)}…` : ''
  let width = 0
  let kept = ''
  for (const { segment } of graphemesOf(text)) {
    width += widthOf(segment)
    if (width > columns - 1) break
    kept += segment
  }
  return columns > 0 ? `${kept}…` : ''
}

function widthOf(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2
  return /^\p{M}+$/u.test(grapheme) ? 0 : 1
}
