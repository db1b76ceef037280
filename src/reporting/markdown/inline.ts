import { figure, printable } from '../../diagnostics/printable.ts'

/**
 * What GitHub and GitLab make something of in running text: addresses, links, mentions of people,
 * numbers of issues and merge requests. Those of another repository leave a trace there.
 */
const TOKEN =
  /([^\s"'(<]+@[^\s"')>]+|(?:https?:\/\/|www\.)[^\s"')>]+|(?<!\w)@[\w/-]+|(?<!\w)(?:[\w.-]+(?:\/[\w.-]+)*)?[#!]\d+|(?<!\w)GH-\d+)/i

/**
 * Text that is data, in running text: no character of it is markup, and a reader of the source
 * still reads it.
 */
export function prose(text: string): string {
  return printable(text)
    .split(TOKEN)
    .map((part, index) => (index % 2 === 1 ? code(part) : escapeMarkup(part)))
    .join('')
}

/** Underscores mean nothing within a word, and names of settings are full of them. */
function escapeMarkup(text: string): string {
  return text.replace(/[\\`*{}[\]<>|&~]|(?<![a-z0-9])_|_(?![a-z0-9])/gi, (character) => `\\${character}`)
}

/** Data as code, in running text and in cells of tables: GitHub makes nothing of it. */
export function code(text: string): string {
  const content = printable(text).replaceAll('|', '\\|')
  if (content === '') return ''
  const ticks = '`'.repeat(longestRun(content) + 1)
  const space = /^`|`$|^ .* $/.test(content) ? ' ' : ''
  return `${ticks}${space}${content}${space}${ticks}`
}

/** Lines of data as a block of code. Each must be printable already. */
export function fenced(lines: readonly string[], language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1))
  return `${fence}${language}\n${lines.join('\n')}\n${fence}\n`
}

/**
 * A block that is folded until somebody opens it. The heading is ours: what stands there is HTML.
 */
export function folded(heading: string, content: string): string {
  return `<details><summary>${heading}</summary>\n\n${content}\n</details>\n`
}

/**
 * A table with the columns of text to the left, and all others, figures, to the right. The cells
 * are Markdown already.
 */
export function grid(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  text: readonly number[] = [0],
): string {
  const rule = head.map((_, index) => (text.includes(index) ? '---' : '--:'))
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
}

/** For the list in a section. */
const ROOM_FOR_LIST = 5_000
/** How many lines a list has at most. */
export const SAMPLE = 20
/** The length of one warning, refusal or reason. */
const SENTENCE = 600

/** The first rows there is room for, and how many more there are. */
export function within(rows: readonly string[], total: number, mark = '- '): string {
  let room = ROOM_FOR_LIST
  const kept: string[] = []
  for (const row of rows.slice(0, SAMPLE)) {
    room -= row.length
    if (room < 0) break
    kept.push(row)
  }
  const rest = total - kept.length
  return `${kept.join('')}${rest > 0 ? `${mark}… ${figure(rest)} more\n` : ''}`
}

/** A sentence of bounded length. */
export function clipped(text: string): string {
  return text.length > SENTENCE ? `${text.slice(0, SENTENCE - 1)}…` : text
}
