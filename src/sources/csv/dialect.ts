/** Settings of a CSV file that are not detected in the file. */
export interface Dialect {
  /** One character, or `tab`. Default: detected in the first line. */
  delimiter?: string
  /**
   * Column names of a file without a header. An empty name leaves out its column. Default: the file
   * has a header.
   */
  columns?: readonly string[]
  /** Lines to skip at the beginning. Default: 0. */
  skipLines?: number
  /** Prefix of lines to skip. Default: `#`, only before the header. */
  comment?: string
  /** One ASCII character, or `none`. Default: `"`. */
  quote?: string
  /**
   * The ASCII character before a quote inside a quoted field. Default: the quote. `backslash`:
   * backslashes escape anywhere, as in PostgreSQL's COPY text and MySQL's exports (backslash.ts).
   */
  escape?: string
  /** Maximum number of bytes in a record. Default: MAX_RECORD_BYTES. */
  maxRecordBytes?: number
}

/** Value of `escape` for files in which backslashes escape anywhere. */
const BACKSLASH = 'backslash'

/** Whether backslashes escape anywhere, inside and outside quotes. */
export function hasBackslashes(written: Dialect): boolean {
  return written.escape === BACKSLASH
}

const QUOTE = '"'

/** The quote character. Undefined: nothing quotes. */
export function quoteOf({ quote = QUOTE }: Dialect): string | undefined {
  return quote === 'none' ? undefined : quote
}

export const BACKSLASH_CODE = 0x5c
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d

/** Prefix of remarks in exports. */
const REMARK = '#'

/** The earlier delimiter wins if two are equally frequent. */
const DELIMITERS = [',', ';', '\t', '|'] as const

/**
 * First line of files for spreadsheets, which sets the delimiter. Some programs repeat the
 * delimiter to fill all columns.
 */
const SEPARATOR_LINE = /^"?sep=([^"\w])"?\1*[ \r]*$/iu

/** Maximum length of such a line, in bytes. */
const MAX_SEPARATOR_LINE = 4096

export interface Head {
  /** Byte positions of the header line, without its line end. */
  start: number
  end: number
  /** Byte position of the rows. */
  rest: number
  /** Line of the header, and first line of the rows, from 1. */
  line: number
  nextLine: number
  delimiter: string
  newline: '\n' | '\r\n' | '\r'
}

/**
 * Finds the header, or the first row of a file without one: the first line that is not skipped,
 * blank or a comment. Before a header, lines that begin with `#` are comments in any dialect. A
 * line like `sep=;` sets the delimiter. Otherwise, the most frequent candidate outside quotes in
 * the found line is the delimiter.
 * @param complete whether the file ends with these bytes
 * @returns 'more' when the line continues beyond these bytes, undefined when there is no such line
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

/** The delimiter that a line like `sep=;` at this place sets. */
function separatorIn(bytes: Buffer, start: number, complete: boolean): string | undefined {
  const scan = scanLine(bytes.subarray(start, start + MAX_SEPARATOR_LINE), 0, complete, {})
  if (scan === 'more') return undefined
  return SEPARATOR_LINE.exec(bytes.toString('utf8', start, start + scan.end))?.[1]
}

/** Character codes. */
interface Quotes {
  quote?: number
  /** Undefined: the quote escapes itself. */
  escape?: number
  /** Whether the escape also counts outside quotes. */
  everywhere?: boolean
  /** The last byte of the delimiter, if it is set. */
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

/** Bytes after which a quote opens a field, if no delimiter is set. */
const OPENING: ReadonlySet<number> = new Set(DELIMITERS.map((delimiter) => delimiter.charCodeAt(0)))

/** Whether a quote at this place opens a field. A quote in the middle of a field does not. */
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
  /** Number of line ends, including those inside quotes. */
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
      // A doubled quote closes the field and opens it again.
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
