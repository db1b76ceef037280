/**
 * The entry of json/. In: the text of a JSON document of any size, and the path of its records.
 * Out: the records with their lines, one in memory at a time. `lines.ts` reads one record per line.
 */

import { Tokenizer, TokenizerError, TokenType } from '@streamparser/json'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Json } from '../../json.ts'
import type { SourceFile } from '../text/file.ts'
import type { LineRecord, RecordSink, TextFormat } from '../text/record-file.ts'
import { raiseLimit, sizeText } from '../text/record-limit.ts'
import { ENCODED_TWICE, Grammar, MAX_DEPTH, noRecord } from './grammar.ts'
import { RecordWalk, writePath } from './record-walk.ts'

/** Number of bytes that are searched for paths if the document is not a list. */
const HEAD_BYTES = 256 * 1024

/**
 * The records at a path of names in a JSON document of any size. Without a path, the document is
 * the list. Also reads several documents one after another, like appended pages of an API. Keeps
 * only the current record in memory.
 * @throws SourceError when a document is not JSON, nests too deeply, contains a record that is too
 *   long, or lacks the path
 */
export function jsonDocument(names: readonly string[] | undefined): TextFormat {
  return {
    async *read(text, sink) {
      const reader = new DocumentReader(sink, names, {
        record: () => sink.met(),
        noObject(line, number, value) {
          sink.met()
          const reason = noRecord(value)
          sink.reject(line, { ...reason, message: `record ${number} of the file: ${reason.message}` })
        },
      })
      for await (const chunk of text) {
        const records = reader.read(chunk)
        if (records.length > 0) yield records
      }
      const last = reader.finish()
      if (last.length > 0) yield last
      if (reader.documents > 1) sink.warn(severalDocuments(sink.file, reader.documents))
    },
  }
}

function severalDocuments(file: SourceFile, count: number): Problem {
  return {
    code: 'several_documents',
    severity: 'warning',
    message: `the file contains ${count} JSON documents one after another; the records of all of them were read`,
    hint: 'check that an export was not written to the file twice; appended pages of an API are fine',
    at: { file: file.name },
  }
}

interface Listener {
  record(): void
  noObject(line: number, number: number, value: Json | undefined): void
}

/** Tokens that keep the text of numbers. */
class ExactTokenizer extends Tokenizer {
  number = ''

  protected override parseNumber(text: string): number {
    this.number = text
    return Number(text)
  }
}

class DocumentReader {
  readonly #file: SourceFile
  readonly #sink: RecordSink
  readonly #listener: Listener
  readonly #names: readonly string[] | undefined
  readonly #position = new Position()
  readonly #tokens = new ExactTokenizer({ stringBufferSize: 64 * 1024 })
  #walk: RecordWalk | undefined
  #grammar: Grammar | undefined
  #records: LineRecord[] = []
  /** Records so far, good and bad. */
  #met = 0
  /** Offsets of the last token and of the current record, and the first line of that record. */
  #offset = 0
  #start = 0
  #line = 1
  /** The document is an object, and the path of the records is not set. */
  #lost = false
  /** Number of documents that have begun. */
  documents = 0
  /** First line of the current document, and last line of the previous one. */
  #documentLine = 1
  #endLine = 1

  constructor(sink: RecordSink, names: readonly string[] | undefined, listener: Listener) {
    this.#sink = sink
    this.#file = sink.file
    this.#names = names
    this.#listener = listener
    this.#tokens.onToken = ({ token, value, offset }) => this.#take(token, value, offset)
  }

  /** The records that end in this chunk. */
  read(chunk: Buffer): LineRecord[] {
    this.#position.next(chunk)
    const start = this.#position.end - chunk.length
    this.#guarded(start, () => this.#tokens.write(chunk))
    if (this.#lost && this.#position.end > HEAD_BYTES) throw this.#noPath()
    const since = this.#walk?.inRecord ? this.#start : this.#offset
    if (this.#position.end - since > this.#sink.maxRecordBytes) throw this.#tooLong()
    return this.#taken()
  }

  finish(): LineRecord[] {
    this.#guarded(this.#position.end, () => this.#tokens.end())
    if (this.#walk === undefined) throw this.#empty()
    if (!this.#grammar?.complete)
      throw this.#broken(this.#position.end, 'export the file again: it is cut off while brackets are still open')
    if (this.#lost || !this.#walk.found) throw this.#noPath()
    return this.#taken()
  }

  #taken(): LineRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  #take(token: TokenType, value: string | number | boolean | null, offset: number): void {
    this.#offset = offset
    const isBracket = token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET
    if (this.#grammar?.complete && isBracket) this.#endDocument()
    const grammar = this.#grammar ?? this.#begin(token)
    if (!grammar.take(token, this.#exact(value))) throw this.#broken(offset, grammar.complete ? BEHIND_END : undefined)
    if (grammar.depth > MAX_DEPTH) throw this.#tooDeep(offset)
    if (grammar.complete) this.#endLine = this.#position.line(offset)
  }

  /** Numbers whose text would change stay text. NUL characters are removed from text. */
  #exact(value: string | number | boolean | null): string | number | boolean | null {
    if (typeof value === 'number') return String(value) === this.#tokens.number ? value : this.#tokens.number
    if (typeof value !== 'string' || !value.includes('\0')) return value
    const kept = value.replaceAll('\0', '')
    this.#sink.nuls(value.length - kept.length)
    return kept
  }

  /** Begins another document, which has the same path. */
  #endDocument(): void {
    if (this.#lost) throw this.#severalLost()
    if (!this.#walk?.found) throw this.#noPath()
    this.#grammar = undefined
  }

  /** The first token shows whether the document is a list. */
  #begin(token: TokenType): Grammar {
    this.documents += 1
    this.#documentLine = this.#position.line(this.#offset)
    this.#lost = this.#names === undefined && token === TokenType.LEFT_BRACE
    this.#walk = new RecordWalk(this.#lost ? NOWHERE : (this.#names ?? []), {
      begin: () => {
        this.#start = this.#offset
        this.#line = this.#position.line(this.#offset)
      },
      record: (data) => {
        if (this.#offset - this.#start >= this.#sink.maxRecordBytes) throw this.#tooLong()
        this.#listener.record()
        this.#met += 1
        this.#records.push({ line: this.#line, number: this.#met, data })
      },
      noObject: (value) => {
        this.#met += 1
        this.#listener.noObject(this.#position.line(this.#offset), this.#met, value)
      },
      encodedTwice: () => {
        throw this.#encodedTwice()
      },
    })
    this.#grammar = new Grammar(this.#walk)
    return this.#grammar
  }

  /** The tokenizer's messages show file content: take only the place from them. */
  #guarded(start: number, work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof TokenizerError)) throw error
      const index = /chunk position "(\d+)"/.exec(error.message)?.[1]
      throw this.#broken(start + Number(index ?? 0))
    }
  }

  #broken(offset: number, hint?: string): SourceError {
    return new SourceError({
      code: 'bad_json',
      message: 'the document is not valid JSON',
      hint: hint ?? 'correct the file here or export it again; nothing after this place can be read',
      at: { file: this.#file.name, ...this.#position.at(offset) },
    })
  }

  #tooLong(): SourceError {
    const inRecord = this.#walk?.inRecord === true
    const { maxRecordBytes: limit } = this.#sink
    return new SourceError({
      code: 'record_too_long',
      message: `the ${inRecord ? 'record' : 'value'} that begins here is longer than ${sizeText(limit)}`,
      hint: inRecord
        ? `set records to the path of the records; if this is one record, ${raiseLimit(limit)}`
        : raiseLimit(limit),
      at: { file: this.#file.name, line: inRecord ? this.#line : this.#position.line(this.#offset) },
    })
  }

  /** The error for several objects without a path of the records. */
  #severalLost(): SourceError {
    const { paths = [] } = this.#walk ?? {}
    const [first] = paths
    const isLine = this.#documentLine === this.#endLine && this.#position.line(this.#offset) > this.#endLine
    const whole = isLine ? 'set format: ndjson if each object is a record' : 'set records: $ if each object is a record'
    return new SourceError({
      code: 'several_documents',
      message: 'the file contains JSON objects one after another, but records is not set',
      hint: first === undefined ? whole : `set records: ${first} if the lists of records are there; ${whole}`,
      at: { file: this.#file.name, ...this.#position.at(this.#offset) },
    })
  }

  #encodedTwice(): SourceError {
    return new SourceError({
      code: 'encoded_twice',
      ...ENCODED_TWICE,
      at: { file: this.#file.name, ...this.#position.at(this.#offset) },
    })
  }

  #tooDeep(offset: number): SourceError {
    return new SourceError({
      code: 'too_deep',
      message: `brackets are nested more than ${MAX_DEPTH} levels deep`,
      hint: 'check how the file was made: it does not look like a list of users',
      at: { file: this.#file.name, ...this.#position.at(offset) },
    })
  }

  #noPath(): SourceError {
    const { paths = [] } = this.#walk ?? {}
    const known =
      paths.length > 0 ? `lists of objects are at: ${paths.join(', ')}` : 'the document contains no list of objects'
    const [first = 'users'] = paths
    const isLater = this.documents > 1
    return new SourceError({
      code: 'no_such_path',
      message: this.#lost
        ? 'the document is an object, not a list of records'
        : `there is nothing at ${writePath(this.#names ?? []) || '$'} in the document${isLater ? ' that begins here' : ''}`,
      hint: this.#lost ? `set the path of the records, like records: ${first}; ${known}` : `correct records: ${known}`,
      at: isLater ? { file: this.#file.name, line: this.#documentLine } : { file: this.#file.name },
    })
  }

  #empty(): SourceError {
    return new SourceError({ code: 'empty_file', message: 'the file is empty', at: { file: this.#file.name, line: 1 } })
  }
}

const BEHIND_END =
  'remove what follows the end of the document; to list objects separated by commas, put [ before them and ] after them'

/** A path that matches nothing: no member has an empty name with an empty name in it. */
const NOWHERE: readonly string[] = ['', '']

/** Converts offsets in a chunked text to lines and columns. Offsets can only grow. */
class Position {
  #chunk: Buffer = Buffer.alloc(0)
  /** Offset of the chunk in the text. */
  #base = 0
  #line = 1
  /** Start of the last counted line in the chunk, and its characters before the chunk. */
  #lineStart = 0
  #before = 0

  /** Offset after the chunk. */
  get end(): number {
    return this.#base + this.#chunk.length
  }

  /** Continues with the next chunk of the text. */
  next(chunk: Buffer): void {
    this.#count(this.#chunk.length)
    this.#before += this.#chunk.toString('utf8', this.#lineStart).length
    this.#base = this.end
    this.#chunk = chunk
    this.#lineStart = 0
  }

  /**
   * Line of an offset in this chunk, from 1. For an earlier offset, the line of the chunk's start.
   */
  line(offset: number): number {
    this.#count(offset - this.#base)
    return this.#line
  }

  /** Line and column of an offset in this chunk, in characters from 1. */
  at(offset: number): { line: number; column: number } {
    const line = this.line(offset)
    return {
      line,
      column: this.#before + this.#chunk.toString('utf8', this.#lineStart, offset - this.#base).length + 1,
    }
  }

  #count(to: number): void {
    for (;;) {
      const found = this.#chunk.indexOf(0x0a, this.#lineStart)
      if (found === -1 || found >= to) return
      this.#line++
      this.#lineStart = found + 1
      this.#before = 0
    }
  }
}
