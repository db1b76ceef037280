import { figure, printable } from '../../diagnostics/printable.ts'

/**
 * Text that GitHub and GitLab turn into links: addresses, URLs, mentions, numbers of issues and
 * merge requests. A link to another repository leaves a trace there.
 */
const TOKEN =
  /([^\s"'(<]+@[^\s"')>]+|(?:https?:\/\/|www\.)[^\s"')>]+|(?<!\w)@[\w/-]+|(?<!\w)(?:[\w.-]+(?:\/[\w.-]+)*)?[#!]\d+|(?<!\w)GH-\d+)/i

/** Data in running text, without markup, and readable in the source of the Markdown. */
export function prose(text: string): string {
  return printable(text)
    .split(TOKEN)
    .map((part, index) => (index % 2 === 1 ? code(part) : escapeMarkup(part)))
    .join('')
}

/** Underscores within words stay: they are not markup, and names of settings have them. */
function escapeMarkup(text: string): string {
  return text.replace(/[\\`*{}[\]<>|&~]|(?<![a-z0-9])_|_(?![a-z0-9])/gi, (character) => `\\${character}`)
}

/** Data as inline code, also for table cells. */
export function code(text: string): string {
  const content = printable(text).replaceAll('|', '\\|')
  if (content === '') return ''
  const ticks = '`'.repeat(longestRun(content) + 1)
  const space = /^`|`$|^ .* $/.test(content) ? ' ' : ''
  return `${ticks}${space}${content}${space}${ticks}`
}

/** Lines as a code block. Each must already be printable. */
export function fenced(lines: readonly string[], language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1))
  return `${fence}${language}\n${lines.join('\n')}\n${fence}\n`
}

/** A folded block. `heading` is HTML, so it must not contain data. */
export function folded(heading: string, content: string): string {
  return `<details><summary>${heading}</summary>\n\n${content}\n</details>\n`
}

/** A table with the columns of `text` aligned left, and all others right. Cells are Markdown. */
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

/** Characters of the list in a section. */
const ROOM_FOR_LIST = 5_000
/** Lines of a list. */
export const SAMPLE = 20
/** Characters of one warning, refusal or reason. */
const SENTENCE = 600

/** The first rows that fit, and the number of others. */
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

export function clipped(text: string): string {
  return text.length > SENTENCE ? `${text.slice(0, SENTENCE - 1)}…` : text
}
