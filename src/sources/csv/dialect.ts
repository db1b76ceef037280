/** How a CSV file is written, as far as it is not found in the file. */
export interface Dialect {
  /** One character, or `tab`. Default: found in the first line. */
  delimiter?: string
  /**
   * Names of the columns of a file without a header; an empty name leaves its column out. Default:
   * the header names them.
   */
  columns?: readonly string[]
  /** Lines at the beginning that are neither header nor rows. Default: none. */
  skipLines?: number
  /**
   * Lines that begin with it are passed over. Default: none but those before the header that begin
   * with `#`.
   */
  comment?: string
  /** One ASCII character, or `none`. Default: `"`. */
  quote?: string
  /**
   * The ASCII character before a quote inside a quoted field, by default the quote; or `backslash`:
   * backslashes escape anywhere, as in PostgreSQL's COPY text and what mysql writes (backslash.ts).
   */
  escape?: string
  /** Bytes that one record may take. Default: as of JSON. */
  maxRecordBytes?: number
}

/** What `escape` says of files in which backslashes escape anywhere. */
const BACKSLASH = 'backslash'

/** Whether backslashes stand for characters anywhere, in quotes and outside. */
export function hasBackslashes(written: Dialect): boolean {
  return written.escape === BACKSLASH
}

const QUOTE = '"'

/** The character that quotes; undefined when none does. */
export function quoteOf({ quote = QUOTE }: Dialect): string | undefined {
  return quote === 'none' ? undefined : quote
}

export const BACKSLASH_CODE = 0x5c
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d

/** What exports put before remarks. */
const REMARK = '#'

/** In the order in which a draw is decided. */
const DELIMITERS = [',', ';', '\t', '|'] as const

/**
 * The first line of what is meant for a spreadsheet: it says the delimiter. Programs that count
 * columns repeat it to fill the line up.
 */
const SEPARATOR_LINE = /^"?sep=([^"\w])"?\1*[ \r]*$/iu

/** Bytes of the longest such line that is looked at. */
const MAX_SEPARATOR_LINE = 4096

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
 * Finds the first line that is neither skipped, blank nor a comment: the header, or the first row
 * of a file without one. Before a header, lines that begin with `#` are comments in any dialect. A
 * line like `sep=;` before it says the delimiter; without one that is the candidate that stands
 * most often outside quotes in the line that was found.
 * @param complete whether the file ends with these bytes
 * @returns 'more' when the line goes on beyond these bytes, undefined when there is no such line
 */
export function readHead(bytes: Buffer, complete: boolean, written: Dialect = {}): Head | 'more' | undefined {
  const quotes = quotesOf(written)
  const comment = commentOf(written)
  const skipped = written.skipLines ?? 0
  let start = 0
  let line = 1
  let separator: string | undefined
  for (;;) {
    const separated = separator === undefined ? separatorIn(bytes, start, complete) : undefined
    separator ??= separated
    const passed = line <= skipped || separated !== undefined || comment(bytes, start)
    const scan = scanLine(bytes, start, complete, passed ? {} : quotes)
    if (scan === 'more') return 'more'
    const content = bytes.subarray(start, scan.end)
    const blank = content.every((byte) => byte === 0x20 || byte === TAB)
    if (!blank && !passed) {
      const found = dialect(scan)
      const delimiter = separator ?? found.delimiter
      return { ...found, start, line, end: scan.end, rest: scan.rest, nextLine: line + scan.lines, delimiter }
    }
    if (scan.rest >= bytes.length && complete) return undefined
    start = scan.rest
    line += passed ? 1 : scan.lines
  }
}

/** The delimiter that a line at this place says; undefined where it says none. */
function separatorIn(bytes: Buffer, start: number, complete: boolean): string | undefined {
  const scan = scanLine(bytes.subarray(start, start + MAX_SEPARATOR_LINE), 0, complete, {})
  if (scan === 'more') return undefined
  return SEPARATOR_LINE.exec(bytes.toString('utf8', start, start + scan.end))?.[1]
}

/** Character codes. */
interface Quotes {
  quote?: number
  /** Where it is not the quote itself. */
  escape?: number
  /** The escape counts outside quotes as well. */
  everywhere?: boolean
  /** The last byte of the delimiter, where it is given. */
  delimiter?: number
}

function quotesOf(written: Dialect): Quotes {
  const quote = quoteOf(written)
  const given = written.delimiter === undefined ? undefined : Buffer.from(written.delimiter).at(-1)
  const opening = { quote: quote?.charCodeAt(0), delimiter: written.delimiter === 'tab' ? TAB : given }
  if (hasBackslashes(written)) return { ...opening, escape: BACKSLASH_CODE, everywhere: true }
  if (quote === undefined) return {}
  const own = written.escape === undefined || written.escape === quote ? undefined : written.escape
  return { ...opening, escape: own?.charCodeAt(0) }
}

/** Bytes after which a quote opens a field, where no delimiter is given. */
const OPENING: ReadonlySet<number> = new Set(DELIMITERS.map((delimiter) => delimiter.charCodeAt(0)))

/** Whether a quote at this place opens a field: one in the middle of a field is none. */
function opensField(bytes: Buffer, start: number, at: number, { delimiter }: Quotes): boolean {
  if (at === start) return true
  const before = bytes[at - 1] ?? 0
  return delimiter === undefined ? OPENING.has(before) : before === delimiter
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
  let closedAt = -1
  let lines = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === quotes.escape && (quoted || quotes.everywhere === true)) {
      at++
      continue
    }
    if (byte === quotes.quote) {
      if (quoted) closedAt = at
      // A quote that is written twice closes the field and opens it again.
      quoted = !quoted && (closedAt === at - 1 || opensField(bytes, start, at, quotes))
    }
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
