const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const HASH = 0x23

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
 * Finds the header line: the first that is neither blank nor begins with `#` (exports put remarks there).
 * The delimiter is the candidate that stands most often outside quotes in it.
 * @param complete whether the file ends with these bytes
 * @returns 'more' when the line goes on beyond these bytes, undefined when the file holds no header
 */
export function readHead(bytes: Buffer, complete: boolean): Head | 'more' | undefined {
  let start = 0
  let line = 1
  for (;;) {
    const scan = scanLine(bytes, start, complete)
    if (scan === 'more') return 'more'
    const content = bytes.subarray(start, scan.end)
    const blank = content.every((byte) => byte === 0x20 || byte === TAB)
    if (!blank && content[0] !== HASH) {
      return { start, line, end: scan.end, rest: scan.rest, nextLine: line + scan.lines, ...dialect(scan) }
    }
    if (scan.rest >= bytes.length && complete) return undefined
    start = scan.rest
    line += content[0] === HASH ? 1 : scan.lines
  }
}

interface Scan {
  end: number
  rest: number
  /** Line ends in it, those inside quotes included. */
  lines: number
  counts: Map<number, number>
  newline: Head['newline']
}

function scanLine(bytes: Buffer, start: number, complete: boolean): Scan | 'more' {
  const remark = bytes[start] === HASH
  const counts = new Map<number, number>()
  let quoted = false
  let lines = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE && !remark) quoted = !quoted
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
