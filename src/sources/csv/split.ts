/**
 * Splits the records of a cut, in any thread. Records without quotes are split at lines and
 * delimiters. Records with quotes go to the parser, all of a cut at once.
 */

import type { Cut } from '../text/cut.ts'
import { BackslashRows } from './backslash.ts'
import type { Layout, Row } from './format.ts'

/**
 * The rows of a cut, with their lines. Blank lines are not rows.
 * @param onNul receives the number of escaped NUL characters, which are left out
 */
export async function splitCut(
  { bytes, line }: Pick<Cut, 'bytes' | 'line'>,
  layout: Layout,
  onNul: (count: number) => void,
): Promise<Row[]> {
  const { buffer, byteOffset, byteLength } = bytes
  const text = Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
  const { delimiter, quote } = layout
  if (layout.hasBackslashes) {
    const reader = new BackslashRows({ file: '', delimiter, quote, isCrOnly: false, line, onNul })
    return [...reader.take(text), ...reader.finish()]
  }
  if (quote === undefined || !text.includes(quote)) return plainRows(text, line, delimiter)
  const rows: Row[] = []
  const quoted: { row: Row; text: string }[] = []
  for (const record of recordsOf(text, line, quote)) {
    const row: Row = { line: record.line, fields: [] }
    rows.push(row)
    if (record.quoted) quoted.push({ row, text: record.text })
    else row.fields = record.text.split(delimiter)
  }
  const parsed = await parse(quoted.map((one) => one.text).join('\n'), layout)
  if (parsed.length !== quoted.length) throw new Error('the parser and the scan found different records')
  for (const [index, { row }] of quoted.entries()) row.fields = parsed[index] ?? []
  return rows
}

function plainRows(text: string, first: number, delimiter: string): Row[] {
  const rows: Row[] = []
  let line = first - 1
  for (const written of text.split('\n')) {
    line += 1
    const record = withoutCr(written)
    if (record !== '') rows.push({ line, fields: record.split(delimiter) })
  }
  return rows
}

function* recordsOf(
  text: string,
  first: number,
  quote: string,
): Generator<{ line: number; text: string; quoted: boolean }> {
  const lines = text.split('\n')
  let line = first
  for (let index = 0; index < lines.length; index++) {
    let record = lines[index] ?? ''
    const quoted = record.includes(quote)
    const begins = line
    if (quoted) {
      // A quote inside quotes is doubled: while the number of quotes is odd, the record continues.
      for (let odd = isOdd(record, quote); odd && index + 1 < lines.length; ) {
        index += 1
        line += 1
        const next = lines[index] ?? ''
        record += `\n${next}`
        if (isOdd(next, quote)) odd = false
      }
      line += lonelyCrs(record)
    }
    line += 1
    const whole = withoutCr(record)
    if (whole !== '') yield { line: begins, text: whole, quoted }
  }
}

function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** Whether a text contains an odd number of quotes. */
function isOdd(text: string, quote: string): boolean {
  let count = 0
  for (let at = text.indexOf(quote); at !== -1; at = text.indexOf(quote, at + 1)) count += 1
  return count % 2 === 1
}

/** Inside quotes, a CR alone is also a line end. */
function lonelyCrs(record: string): number {
  return record.match(/\r(?![\n]|$)/g)?.length ?? 0
}

/** Loads the parser for quotes, which most files do not need. */
export function loadParser() {
  return import('csv-parse/sync')
}

async function parse(text: string, { delimiter, quote }: Pick<Layout, 'delimiter' | 'quote'>): Promise<string[][]> {
  const { parse: parseNow } = await loadParser()
  return parseNow(text, {
    delimiter,
    quote: quote ?? null,
    escape: quote ?? null,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
  })
}
