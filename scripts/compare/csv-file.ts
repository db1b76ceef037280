import { createLines } from '../../bench/lines.ts'
import type { Draw } from './draw.ts'

export interface CsvStyle {
  delimiter: string
  newline: string
  /** The share of malformed rows. */
  broken: number
  /** Precedes the header. */
  preamble: string
}

const PLAIN: CsvStyle = { delimiter: ',', newline: '\n', broken: 0, preamble: '' }

/** A CSV file with ragged rows, stray quotes, blank lines or other line ends. */
export function createCsv(path: string, columns: readonly string[], draw: Draw, style: Partial<CsvStyle> = {}) {
  const { delimiter, newline, broken, preamble } = { ...PLAIN, ...style }
  const lines = createLines(path)
  lines.add(preamble + columns.join(delimiter) + newline)
  return {
    add(row: Readonly<Record<string, string>>): void {
      const quoteAll = draw.chance(0.1)
      const cells = columns.map((column) => cellOf(row[column] ?? '', quoteAll, delimiter))
      const line = cells.join(delimiter)
      lines.add(draw.chance(broken) ? draw.pick(BREAKS)(line, { delimiter, newline }) : line + newline)
    },
    close: () => lines.close(),
  }
}

function cellOf(value: string, quoteAlways: boolean, delimiter: string): string {
  if (!quoteAlways && !/["\r\n]/.test(value) && !value.includes(delimiter)) return value
  return `"${value.replaceAll('"', '""')}"`
}

type Break = (line: string, style: Pick<CsvStyle, 'delimiter' | 'newline'>) => string

const BREAKS: readonly Break[] = [
  (line, { delimiter, newline }) => `${line}${delimiter}one more${newline}`,
  // Not inside quotes: an unclosed quote would end the file.
  (line, { delimiter, newline }) => (line.includes('"') ? line : line.slice(0, line.lastIndexOf(delimiter))) + newline,
  (_, { newline }) => `stray "quote" in a cell${newline}`,
  (line, { delimiter, newline }) => `a stray" quote${delimiter}${line.replaceAll(/["\r\n]/g, '')}${newline}`,
  (line, { newline }) => `${newline}${newline}${line}${newline}`,
  (line, { newline }) => `   ${newline}${line}${newline}`,
  (line, { delimiter, newline }) => `${delimiter.repeat(20)}${newline}${line}${newline}`,
  (line, { delimiter, newline }) => `${delimiter}${newline}${line}${newline}`,
  (line, { newline }) => `${line}${newline === '\n' ? '\r\n' : '\n'}`,
  (line, { newline }) => `# no remark here${newline}${line}${newline}`,
  (line, { newline }) => `"only one cell"${newline}${line}${newline}`,
  (line, { newline }) => `\u0000${line}${newline}`,
  (line, { newline }) => `"${'a long cell, "" '.repeat(6000)}"${newline}${line}${newline}`,
]
