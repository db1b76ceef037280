import { figure } from '../../diagnostics/printable.ts'

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
