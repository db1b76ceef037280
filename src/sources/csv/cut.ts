/**
 * Finds the ends of CSV records without parsing them. It looks only at bytes that can end a record.
 * From the last certain end on, text that is not clearly well-formed goes to the parser.
 */

import { type Cut, MAX_CUT, type Scanner } from '../text/cut.ts'

export interface CsvCodes {
  /** Bytes. Records end at LF or CRLF. A quote inside quotes is doubled or escaped. */
  delimiter: number
  quote: number | undefined
  /** Removes the meaning of the next byte, anywhere. */
  escape: number | undefined
}

interface ScanSettings extends CsvCodes {
  /** Longer records go to the parser, which rejects them. */
  maxRecordBytes: number
}

const LF = 0x0a
const CR = 0x0d

/** States of the scanner. Plain numbers for speed: it looks at every byte. */
const START = 0
const FIELD = 1
const UNQUOTED = 2
const AFTER_CR = 3
const QUOTED = 4
const QUOTED_CR = 5
const AFTER_QUOTE = 6
const ESCAPED = 7
const QUOTED_ESCAPED = 8

export class CsvScanner implements Scanner {
  readonly #delimiter: number
  /** -1: nothing quotes. */
  readonly #quote: number
  /** -1: only the quote escapes. */
  readonly #escape: number
  readonly #maxRecord: number
  #state = START
  #line: number
  /** The current cut: its bytes, its first line, its records. */
  #length = 0
  #first: number
  #rows = 0
  #lastLine = 0
  /** Position in the cut at which the current record or blank line begins. */
  #record = 0
  #recordLine: number
  /** End of the last record. The parser needs the blank lines before a line. */
  sure = 0
  sureLine: number
  isUnsure = false
  isFull = false

  /** @param line on which the text begins */
  constructor(line: number, { delimiter, quote = -1, escape: backslash = -1, maxRecordBytes }: ScanSettings) {
    this.#escape = backslash
    this.#maxRecord = maxRecordBytes
    this.#delimiter = delimiter
    this.#quote = quote
    this.#line = line
    this.#first = line
    this.#recordLine = line
    this.sureLine = line
  }

  scan(chunk: Buffer, from: number, rows: number): number {
    const others = [CR, this.#quote, this.#escape]
    const isPlain = this.#state <= UNQUOTED && !others.some((byte) => has(chunk, byte, from))
    const end = isPlain ? this.#scanLines(chunk, from, rows) : this.#scanBytes(chunk, from, rows)
    this.#length += end - from
    if (this.#length - this.sure > this.#maxRecord) this.isUnsure = true
    return end
  }

  /** Without quotes, escapes and CR, every line is a record. */
  #scanLines(chunk: Buffer, from: number, rows: number): number {
    let at = from
    for (let end = chunk.indexOf(LF, at); end !== -1; end = chunk.indexOf(LF, at)) {
      this.#line += 1
      at = end + 1
      if (this.#border(this.#length + at - from, 1, rows)) return at
    }
    if (at < chunk.length) this.#state = chunk[chunk.length - 1] === this.#delimiter ? FIELD : UNQUOTED
    return chunk.length
  }

  #scanBytes(chunk: Buffer, from: number, rows: number): number {
    const delimiter = this.#delimiter
    const quote = this.#quote
    const backslash = this.#escape
    let state = this.#state
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      if (state >= ESCAPED) {
        // The byte after a CR decides what the CR means.
        if (byte === CR) return this.#unclear(at)
        if (byte === LF) this.#line += 1
        state = state === ESCAPED ? UNQUOTED : QUOTED
        continue
      }
      if (byte === backslash && state !== AFTER_QUOTE && state !== AFTER_CR) {
        state = state >= QUOTED ? QUOTED_ESCAPED : ESCAPED
        continue
      }
      if (state >= QUOTED) {
        if (state !== AFTER_QUOTE) {
          if (byte === quote) state = AFTER_QUOTE
          else if (byte === CR) {
            this.#line += 1
            state = QUOTED_CR
          } else {
            if (byte === LF && state === QUOTED) this.#line += 1
            state = QUOTED
          }
          continue
        }
        if (byte === quote) {
          state = QUOTED
          continue
        }
        if (byte !== delimiter && byte !== LF && byte !== CR) return this.#unclear(at)
      }
      if (byte === LF) {
        this.#line += 1
        const ends = state === AFTER_CR ? 2 : 1
        state = START
        if (this.#border(this.#length + at + 1 - from, ends, rows)) return at + 1
        if (this.isUnsure) return at + 1
      } else if (state === AFTER_CR) return this.#unclear(at)
      else if (byte === CR) state = AFTER_CR
      else if (byte === delimiter) state = FIELD
      else if (byte === quote) {
        // With backslash escapes, a quote in the middle of a field is an ordinary character.
        if (state === UNQUOTED && backslash !== -1) continue
        if (state === UNQUOTED) return this.#unclear(at)
        state = QUOTED
      } else state = UNQUOTED
    }
    this.#state = state
    return chunk.length
  }

  /**
   * Ends a record or a blank line.
   * @param end position in the cut after the line end
   * @param ends number of bytes in the line end
   * @returns whether the scan ends here
   */
  #border(end: number, ends: number, rows: number): boolean {
    if (end - this.sure > this.#maxRecord) {
      this.isUnsure = true
      return true
    }
    this.#state = START
    const isBlank = end - this.#record === ends
    if (!isBlank) this.#count()
    this.#record = end
    this.#recordLine = this.#line
    if (isBlank) return false
    this.sure = end
    this.sureLine = this.#line
    this.isFull = this.#rows >= rows || end >= MAX_CUT
    return this.isFull
  }

  #count(): void {
    this.#rows += 1
    this.#lastLine = this.#recordLine
  }

  #unclear(at: number): number {
    this.isUnsure = true
    return at
  }

  finish(): boolean {
    if (this.#state >= AFTER_CR && this.#state !== AFTER_QUOTE) return false
    if (this.#length > this.#record) this.#count()
    return true
  }

  take(): Omit<Cut, 'bytes'> {
    const cut = { line: this.#first, rows: this.#rows, lastLine: this.#lastLine }
    this.#first = this.#line
    this.#rows = 0
    this.#lastLine = 0
    this.#length = 0
    this.#record = 0
    this.sure = 0
    this.isFull = false
    return cut
  }
}

function has(chunk: Buffer, byte: number, from: number): boolean {
  return byte !== -1 && chunk.indexOf(byte, from) !== -1
}
