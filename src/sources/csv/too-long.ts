import { SourceError } from '../../diagnostics/errors.ts'
import type { SourceFile } from '../text/file.ts'
import { raiseLimit, sizeText } from '../text/record-limit.ts'
import { type Encoding, readText } from '../text/utf8.ts'

const LF = 0x0a
const CR = 0x0d

/**
 * The place of a record that is too long, and the dialect of its file. Codes of ASCII characters.
 */
export interface LongRecord {
  line: number
  delimiter: string
  quote: string | undefined
  /** Inside quotes. Undefined: the quote escapes itself. */
  escape: string | undefined
  limit: number
}

/**
 * Explains why a record is too long. Reads the file again, because only the text after the limit
 * shows whether a quote is the cause.
 */
export async function tooLong(
  file: SourceFile,
  encoding: Encoding | undefined,
  record: LongRecord,
): Promise<SourceError> {
  const { bytes, isSound, endLine } = await measure(file, encoding, record)
  const { line, limit } = record
  const until = endLine > line ? ` and continues to line ${endLine}` : ''
  return new SourceError({
    code: 'record_too_long',
    message: `the record that begins here is longer than ${sizeText(limit)}${isSound ? until : ''}`,
    hint: isSound ? raiseLimit(limit, bytes) : 'look for a quote on this line that is not closed',
    at: { file: file.name, line },
  })
}

interface Measured {
  bytes: number
  /** Whether its quotes are closed. */
  isSound: boolean
  endLine: number
}

async function measure(file: SourceFile, encoding: Encoding | undefined, record: LongRecord): Promise<Measured> {
  const walk = new Walk(record)
  for await (const chunk of readText(file, { encoding, onNul: () => {} })) if (walk.take(chunk)) break
  return walk.result()
}

/** Goes to the line of the record, and through the record to its end. */
class Walk {
  readonly #record: LongRecord
  readonly #quote: number
  readonly #escape: number
  readonly #delimiter: Buffer
  #line = 1
  #previous = LF
  #bytes = 0
  #isQuoted = false
  #isEscaped = false
  /** Whether a quote can be here: after a closing quote, or at the beginning of a field. */
  #mayQuote = true
  #hasClosed = false
  #end: Measured | undefined

  constructor(record: LongRecord) {
    this.#record = record
    this.#quote = record.quote?.charCodeAt(0) ?? -1
    this.#escape = record.escape?.charCodeAt(0) ?? -1
    this.#delimiter = Buffer.from(record.delimiter)
  }

  /** @returns whether the end is reached */
  take(chunk: Buffer): boolean {
    for (const byte of chunk) {
      if (this.#line < this.#record.line) this.#countLine(byte)
      else if (byte !== LF || this.#bytes > 0 || this.#previous !== CR) this.#step(byte)
      this.#previous = byte
      if (this.#end !== undefined) return true
    }
    return false
  }

  result(): Measured {
    return this.#end ?? { bytes: this.#bytes, isSound: !this.#isQuoted, endLine: this.#line }
  }

  #countLine(byte: number): void {
    if (byte === CR || (byte === LF && this.#previous !== CR)) this.#line += 1
  }

  #step(byte: number): void {
    this.#bytes += 1
    const hasClosed = this.#hasClosed
    const mayQuote = this.#mayQuote
    this.#hasClosed = false
    this.#mayQuote = false
    if (this.#isEscaped) this.#isEscaped = false
    else if (this.#isQuoted && byte === this.#escape) this.#isEscaped = true
    else if (this.#isQuoted && byte === this.#quote) {
      this.#isQuoted = false
      this.#hasClosed = true
    } else if (!this.#isQuoted && byte === this.#quote && (mayQuote || hasClosed)) this.#isQuoted = true
    else if (!this.#isQuoted && (byte === LF || byte === CR)) {
      this.#end = { bytes: this.#bytes, isSound: true, endLine: this.#line }
      return
    } else if (byte === this.#delimiter.at(-1)) this.#mayQuote = true
    else if (hasClosed) this.#end = { bytes: this.#bytes, isSound: false, endLine: this.#line }
    this.#countLine(byte)
  }
}
