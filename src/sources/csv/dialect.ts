/** How a CSV file is written, as far as it is not found in the file. */
export interface Dialect {
  /** One character, or `tab`. Default: found in the first line. */
  delimiter?: string
  /** Names of the columns of a file without a header; an empty name leaves its column out. Default: the header names them. */
  columns?: readonly string[]
  /** Lines at the beginning that are neither header nor rows. Default: none. */
  skipLines?: number
  /** Lines that begin with it are passed over. Default: none but those before the header that begin with `#`. */
  comment?: string
  /** One ASCII character, or `none`. Default: `"`. */
  quote?: string
  /** The ASCII character before a quote inside a quoted field. Default: the quote. */
  escape?: string
}

const QUOTE = '"'

/** The character that quotes; undefined when none does. */
export function quoteOf({ quote = QUOTE }: Dialect): string | undefined {
  return quote === 'none' ? undefined : quote
}

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d

/** What exports put before remarks. */
const REMARK = '#'

/** In the order in which a draw is decided. */
const DELIMITERS = [',', ';', '\t', '|'] as const

/** What the beginning of a CSV file says about the rest. */
export interface Head {
  /** Byte positions of the header line, its line end left out. */
  start: number
  end: number
  /** Where the rows begin. */
  rest: number
  /** Line of the header, and the line on which the rows begin, from 1. */
  line: number
  nextLine: number
  delimiter: string
  newline: '\n' | '\r\n' | '\r'
}

/**
 * Finds the first line that is neither skipped, blank nor a comment: the header, or the first row of a file without one. Before
 * a header, lines that begin with `#` are comments in any dialect. The delimiter is the candidate that stands most often outside
 * quotes in that line.
 * @param complete whether the file ends with these bytes
 * @returns 'more' when the line goes on beyond these bytes, undefined when there is no such line
 */
export function readHead(bytes: Buffer, complete: boolean, written: Dialect = {}): Head | 'more' | undefined {
  const quotes = quotesOf(written)
  const comment = commentOf(written)
  const skipped = written.skipLines ?? 0
  let start = 0
  let line = 1
  for (;;) {
    const passed = line <= skipped || comment(bytes, start)
    const scan = scanLine(bytes, start, complete, passed ? {} : quotes)
    if (scan === 'more') return 'more'
    const content = bytes.subarray(start, scan.end)
    const blank = content.every((byte) => byte === 0x20 || byte === TAB)
    if (!blank && !passed) {
      return { start, line, end: scan.end, rest: scan.rest, nextLine: line + scan.lines, ...dialect(scan) }
    }
    if (scan.rest >= bytes.length && complete) return undefined
    start = scan.rest
    line += passed ? 1 : scan.lines
  }
}

/** Character codes. */
interface Quotes {
  quote?: number
  /** Where it is not the quote itself. */
  escape?: number
}

function quotesOf(written: Dialect): Quotes {
  const quote = quoteOf(written)
  if (quote === undefined) return {}
  const own = written.escape === undefined || written.escape === quote ? undefined : written.escape
  return { quote: quote.charCodeAt(0), escape: own?.charCodeAt(0) }
}

function commentOf({ comment, columns }: Dialect): (bytes: Buffer, start: number) => boolean {
  const marks = [comment, columns === undefined ? REMARK : undefined].filter((mark) => mark !== undefined)
  const prefixes = marks.map((mark) => Buffer.from(mark))
  return (bytes, start) => prefixes.some((prefix) => prefix.equals(bytes.subarray(start, start + prefix.length)))
}

interface Scan {
  end: number
  rest: number
  /** Line ends in it, those inside quotes included. */
  lines: number
  counts: Map<number, number>
  newline: Head['newline']
}

function scanLine(bytes: Buffer, start: number, complete: boolean, quotes: Quotes): Scan | 'more' {
  const counts = new Map<number, number>()
  let quoted = false
  let lines = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (quoted && byte === quotes.escape) {
      at++
      continue
    }
    if (byte === quotes.quote) quoted = !quoted
    if (byte === CR || byte === LF) {
      if (byte === CR && at + 1 === bytes.length && !complete) return 'more'
      const pair = byte === CR && bytes[at + 1] === LF
      lines++
      if (!quoted) {
        return {
          end: at,
          rest: at + (pair ? 2 : 1),
          lines,
          counts,
          newline: pair ? '\r\n' : byte === CR ? '\r' : '\n',
        }
      }
      if (pair) at++
    } else if (!quoted) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  }
  return complete ? { end: bytes.length, rest: bytes.length, lines, counts, newline: '\n' } : 'more'
}

function dialect(scan: Scan): Pick<Head, 'delimiter' | 'newline'> {
  let delimiter: string = DELIMITERS[0]
  let most = 0
  for (const candidate of DELIMITERS) {
    const count = scan.counts.get(candidate.charCodeAt(0)) ?? 0
    if (count > most) {
      most = count
      delimiter = candidate
    }
  }
  return { delimiter, newline: scan.newline }
}
