/**
 * Parses text with backslash escapes, which a CSV parser does not support. PostgreSQL's COPY text,
 * `mysql --batch` and INTO OUTFILE write it: `\t`, `\n`, `\\`, a backslash before a delimiter or a
 * line end, and `\N` for no value.
 */

import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Row } from './format.ts'

export interface BackslashSettings {
  /** As written in the manifest, for messages. */
  file: string
  delimiter: string
  /** One character. Undefined: nothing quotes. */
  quote: string | undefined
  /** Whether CR alone ends lines. Otherwise CR is an ordinary character. */
  isCrOnly: boolean
  comment?: string
  /** Line on which the text begins. */
  line: number
  /** Receives the number of NUL characters that were left out. */
  onNul(count: number): void
}

const LF = 0x0a
const CR = 0x0d
const BACKSLASH = 0x5c

/** Meaning of a letter after a backslash. Every other character stands for itself. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['Z', '\u001a'],
])

const NUL = '0'
const NOTHING = 'N'
/** Ends the data of COPY, on its own line. */
const END_OF_DATA = '.'

/** Settings to use with `escape: backslash`. */
export interface Backslashes {
  quote?: 'none'
}

/**
 * A cell `\N`, which COPY text and INTO OUTFILE write for no value, and escapes that only they
 * write.
 */
const NULL_CELL = /(?:^|[\t,;|])\\N(?=[\t,;|\r\n]|$)/m
const ESCAPED = /\\[\\tnr0]/

/** A quoted cell. */
const QUOTED = /(?:^|[\t,;|])"[^\t\n]*"(?=[\t,;|\r\n]|$)/m

/**
 * Detects the output of COPY text, mysql --batch and INTO OUTFILE: by `\N`, or by escapes in an
 * unquoted file with tabs. JSON in CSV cells has backslashes too. `areEscapes`: the file has
 * escapes other than \N, which some CSV files contain.
 */
export function backslashesIn(text: string): { settings: Backslashes; areEscapes: boolean } | undefined {
  const hasTabs = /^[^\n]*\t/.test(text)
  const isQuoted = QUOTED.test(text)
  const areEscapes = ESCAPED.test(text)
  const isEscaped = NULL_CELL.test(text) ? !text.includes('""') : hasTabs && !isQuoted && areEscapes
  if (!isEscaped) return undefined
  return { settings: hasTabs && !isQuoted ? { quote: 'none' } : {}, areEscapes }
}

/**
 * Warns about a file with escapes but without `escape`. Otherwise the escapes would become part of
 * values.
 */
export function unreadEscapes(file: string, text: string): Problem | undefined {
  const found = backslashesIn(text)
  if (found === undefined || !found.areEscapes) return undefined
  const settings = found.settings.quote === undefined ? 'escape: backslash' : 'quote: none and escape: backslash'
  return {
    code: 'unread_escapes',
    severity: 'warning',
    message: 'the file seems to use backslash escapes such as \\t, \\n and \\N, but they are read as plain text',
    hint: `set ${settings} if PostgreSQL's COPY or mysql wrote the file; set escape: '"' if the backslashes are data`,
    at: { file },
  }
}

type State = 'start' | 'field' | 'escaped' | 'escaped cr' | 'quoted' | 'after quote' | 'cr' | 'comment'

/** Parses a text that comes in pieces. No piece ends within a character. */
export class BackslashRows {
  readonly #settings: BackslashSettings
  readonly #delimiter: number
  readonly #quote: number
  #rows: Row[] = []
  #fields: string[] = []
  #field = ''
  #state: State = 'start'
  #inQuotes = false
  /** Whether the field or the row has content even if it looks empty: quotes, `\N`. */
  #isWritten = false
  #isEnd = false
  #line: number
  #recordLine: number
  /** Text that can be the beginning of a comment. */
  #carried = ''
  /** Number of characters in the current record. */
  length = 0

  constructor(settings: BackslashSettings) {
    this.#settings = settings
    this.#delimiter = settings.delimiter.charCodeAt(0)
    this.#quote = settings.quote === undefined ? -1 : settings.quote.charCodeAt(0)
    this.#line = settings.line
    this.#recordLine = settings.line
  }

  /** Line on which the current record begins. */
  get recordLine(): number {
    return this.#recordLine
  }

  /** The rows that end in a piece of the text. Blank lines are not rows. */
  take(piece: string): Row[] {
    const text = this.#carried + piece
    // The next character decides what a CR means.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text
    this.#carried = text.slice(whole.length)
    this.#scan(whole, false)
    return this.#taken()
  }

  /**
   * The last rows.
   * @throws SourceError for an unclosed quote
   */
  finish(): Row[] {
    this.#scan(this.#carried, true)
    if (this.#inQuotes && this.#state !== 'after quote') throw unclosedQuote(this.#settings.file, this.#recordLine)
    // A backslash at the very end stands for itself.
    if (this.#state === 'escaped') this.#field += '\\'
    if (this.#state !== 'comment' && this.#state !== 'cr') this.#endRecord()
    return this.#taken()
  }

  #scan(text: string, isLast: boolean): void {
    /** Start of the text that is not yet in the field. */
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (this.#state === 'start' && this.#isComment(text, at, isLast)) {
        if (this.#state === 'start') {
          this.#carried = text.slice(at) + this.#carried
          return
        }
        continue
      }
      from = this.#step(code, at, from, text)
      at = Math.max(at, from - 1)
    }
    if (this.#state === 'field' || this.#state === 'quoted') this.#field += text.slice(from)
    this.length += text.length
  }

  /**
   * @returns the start of the text that is not yet in the field; everything before it is processed
   */
  #step(code: number, at: number, from: number, text: string): number {
    switch (this.#state) {
      case 'start':
        return this.#begin(code, at, text)
      case 'field':
        return this.#inField(code, at, from, text)
      case 'quoted':
        return this.#inQuoted(code, at, from, text)
      case 'after quote':
        return this.#afterQuote(code, at, text)
      case 'escaped':
        return this.#unescape(text, at)
      case 'escaped cr':
        // The escaped line end can have two characters.
        this.#state = this.#inQuotes ? 'quoted' : 'field'
        if (code !== LF) return this.#step(code, at, at, text)
        this.#field += '\n'
        return at + 1
      case 'cr':
        this.#state = 'start'
        return code === LF ? at + 1 : this.#begin(code, at, text)
      case 'comment':
        if (code === LF || code === CR) this.#endLine(code, at)
        return at + 1
    }
  }

  #taken(): Row[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  /**
   * Whether a comment begins here, or might begin once more text is available. Then the state
   * stays.
   */
  #isComment(text: string, at: number, isLast: boolean): boolean {
    const { comment } = this.#settings
    if (comment === undefined || this.#fields.length > 0) return false
    if (text.startsWith(comment, at)) {
      this.#state = 'comment'
      return true
    }
    return !isLast && text.length - at < comment.length && comment.startsWith(text.slice(at))
  }

  #begin(code: number, at: number, text: string): number {
    this.#state = 'field'
    if (code !== this.#quote) return this.#inField(code, at, at, text)
    this.#inQuotes = true
    this.#isWritten = true
    this.#state = 'quoted'
    return at + 1
  }

  #inField(code: number, at: number, from: number, text: string): number {
    if (code === BACKSLASH) return this.#escape(at, from, text)
    const { delimiter, isCrOnly } = this.#settings
    if (code === this.#delimiter && text.startsWith(delimiter, at)) {
      this.#field += text.slice(from, at)
      this.#endField()
      return at + delimiter.length
    }
    if (code === LF || (code === CR && isCrOnly)) {
      const isPair = code === LF && at > from && text.charCodeAt(at - 1) === CR
      this.#field += text.slice(from, isPair ? at - 1 : at)
      this.#endLine(code, at)
      return at + 1
    }
    this.#countLine(code, at, text)
    return from
  }

  #inQuoted(code: number, at: number, from: number, text: string): number {
    if (code === BACKSLASH) return this.#escape(at, from, text)
    if (code !== this.#quote) {
      this.#countLine(code, at, text)
      return from
    }
    this.#field += text.slice(from, at)
    this.#state = 'after quote'
    return at + 1
  }

  #afterQuote(code: number, at: number, text: string): number {
    const { delimiter, file } = this.#settings
    if (code === this.#quote) {
      this.#state = 'quoted'
      this.#field += text.charAt(at)
      return at + 1
    }
    const isDelimiter = code === this.#delimiter && text.startsWith(delimiter, at)
    if (!isDelimiter && code !== LF && code !== CR) throw brokenQuote(file, this.#recordLine, this.#line)
    this.#inQuotes = false
    if (isDelimiter) {
      this.#endField()
      return at + delimiter.length
    }
    this.#endLine(code, at)
    return at + 1
  }

  #escape(at: number, from: number, text: string): number {
    this.#field += text.slice(from, at)
    this.#state = 'escaped'
    return at + 1
  }

  #unescape(text: string, at: number): number {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    this.#state = this.#inQuotes ? 'quoted' : 'field'
    const isFirst = this.#field === ''
    if (character === '\n' || character === '\r') this.#line += 1
    if (character === '\r') this.#state = 'escaped cr'
    if (character === NUL) this.#settings.onNul(1)
    else if (character === NOTHING && isFirst) this.#isWritten = true
    else {
      if (character === END_OF_DATA && isFirst && this.#fields.length === 0) this.#isEnd = true
      this.#field += MEANT.get(character) ?? character
    }
    return at + character.length
  }

  #endField(): void {
    this.#fields.push(this.#field)
    this.#field = ''
    this.#state = 'start'
  }

  #endLine(code: number, at: number): void {
    this.#line += 1
    this.#endRecord()
    this.#state = code === CR ? 'cr' : 'start'
    this.length = -(at + 1)
  }

  /** Ends a record, or a comment, which has no fields. */
  #endRecord(): void {
    const isBlank = this.#fields.length === 0 && this.#field === '' && !this.#isWritten
    const isEnd = this.#isEnd && this.#fields.length === 0 && this.#field === END_OF_DATA
    if (!isBlank && !isEnd) this.#rows.push({ line: this.#recordLine, fields: [...this.#fields, this.#field] })
    this.#fields = []
    this.#field = ''
    this.#isWritten = false
    this.#isEnd = false
    this.#inQuotes = false
    this.#recordLine = this.#line
  }

  /** Counts a line inside a field. CRLF counts once, at its LF. */
  #countLine(code: number, at: number, text: string): void {
    if (code === LF || (code === CR && text.charCodeAt(at + 1) !== LF)) this.#line += 1
  }
}

function unclosedQuote(file: string, line: number): SourceError {
  return new SourceError({
    code: 'unclosed_quote',
    message: 'a quote that opens here is never closed',
    hint: 'add quote: none if the file quotes nothing, as in COPY text and mysql --batch',
    at: { file, line },
  })
}

function brokenQuote(file: string, start: number, line: number): SourceError {
  return new SourceError({
    code: 'broken_quote',
    message: `cannot find the end of the record that begins here: a quote at line ${line} neither ends its field nor is doubled`,
    hint: 'add quote: none if the file quotes nothing, as in COPY text and mysql --batch',
    at: { file, line: start },
  })
}
