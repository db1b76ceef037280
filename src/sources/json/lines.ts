/**
 * NDJSON, one record per line. In: a stream of text, or a cut of it in any thread. Out: the records
 * with their lines, and rejected lines.
 */

import { SourceError } from '../../diagnostics/errors.ts'
import type { Reason } from '../../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import { firstFault, parseJsonText, withoutNuls } from '../../json-text.ts'
import type { RowsFound } from '../csv/format.ts'
import { type Cut, cutRecords, MAX_CUT, type Scanner, type Unsure } from '../text/cut.ts'
import type { SourceFile } from '../text/file.ts'
import type { LineRecord, RecordSink, TextFormat } from '../text/record-file.ts'
import { ownMembers, unfilled } from '../text/reject-columns.ts'
import { linesOf } from '../text/utf8.ts'
import { lineTooLong, MAX_DEPTH, nestedTooDeep, noRecord } from './grammar.ts'

/** Skips blank lines. Rejects a line that is not an object, and continues. */
export const ndjson: TextFormat = {
  async *read(text, sink, begun) {
    let first = begun === undefined
    for await (const lines of linesOf(text, sink.maxRecordBytes, begun)) {
      const records: LineRecord[] = []
      for (const { line, content } of lines) {
        sink.reached(line)
        if (content === '') continue
        if (first) refuseDocument(content, sink.file, line)
        first = false
        sink.met()
        const parsed = content === undefined ? lineTooLong(sink.maxRecordBytes) : recordIn(content, sink.nuls)
        if ('code' in parsed) sink.reject(line, parsed, content)
        else records.push({ line, data: parsed.data })
      }
      if (records.length > 0) yield records
    }
  },
  cut: cutLines,
}

/**
 * Cuts at line ends. Leaves lines that are longer than a record can be to the reader of the whole
 * text.
 */
async function* cutLines(
  text: AsyncGenerator<Buffer>,
  { file, maxRecordBytes }: Pick<RecordSink, 'file' | 'maxRecordBytes'>,
  size: number,
): AsyncGenerator<Cut, Unsure | undefined> {
  const cuts = cutRecords(text, new LineScanner(maxRecordBytes), () => size)
  let next = await cuts.next()
  for (let hasBegun = false; !next.done; next = await cuts.next()) {
    if (!hasBegun) {
      const first = linesIn(next.value).find(({ content }) => content !== '')
      hasBegun = first !== undefined
      if (first !== undefined) refuseDocument(first.content, file, first.line)
    }
    yield next.value
  }
  return next.value
}

/** The records of a cut, without the members that a file of rejected rows adds. */
export function recordsInCut(
  cut: Pick<Cut, 'bytes' | 'line'>,
  onNul: (count: number) => void,
): { records: LineRecord[]; found: RowsFound } {
  const records: LineRecord[] = []
  const found: RowsFound = { read: 0, blank: 0, refused: [] }
  for (const { line, content } of linesIn(cut)) {
    if (content === '') continue
    found.read++
    const parsed = recordIn(content, onNul)
    const own = 'code' in parsed ? parsed : ownMembers(parsed.data)
    if ('code' in own) found.refused.push({ line, problem: own })
    else if ('data' in own) records.push({ line, data: own.data })
    else found.refused.push({ line, problem: unfilled(own.text) })
  }
  return { records, found }
}

/** The lines of a cut without surrounding spaces. */
function linesIn({ bytes, line }: Pick<Cut, 'bytes' | 'line'>): { line: number; content: string }[] {
  const { buffer, byteOffset, byteLength } = bytes
  const text = Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
  return text.split('\n').map((content, index) => ({ line: line + index, content: content.trim() }))
}

const LF = 0x0a

/** Counts every line as a record, even blank ones: only the reader knows all kinds of spaces. */
class LineScanner implements Scanner {
  readonly #maxRecord: number
  #line = 1
  /** The current cut: its bytes, and its first line. */
  #length = 0
  #first = 1
  /** End of the last line. */
  sure = 0
  isUnsure = false
  isFull = false

  constructor(maxRecord: number) {
    this.#maxRecord = maxRecord
  }

  get sureLine(): number {
    return this.#line
  }

  scan(chunk: Buffer, from: number, rows: number): number {
    let at = from
    for (let end = chunk.indexOf(LF, at); end !== -1; end = chunk.indexOf(LF, at)) {
      if (this.#isTooLong(this.#length + end - from)) return this.#passed(at - from, at)
      at = end + 1
      this.#line += 1
      this.sure = this.#length + at - from
      this.isFull = this.#line - this.#first >= rows || this.sure >= MAX_CUT
      if (this.isFull) return this.#passed(at - from, at)
    }
    this.#isTooLong(this.#length + chunk.length - from)
    return this.#passed(chunk.length - from, chunk.length)
  }

  /** @param end of the line as far as it is known: its position in the cut */
  #isTooLong(end: number): boolean {
    this.isUnsure = end - this.sure > this.#maxRecord
    return this.isUnsure
  }

  #passed(bytes: number, at: number): number {
    this.#length += bytes
    return at
  }

  finish(): boolean {
    if (this.#length > this.sure) this.#line += 1
    return true
  }

  take(): Omit<Cut, 'bytes'> {
    const cut = { line: this.#first, rows: this.#line - this.#first, lastLine: this.#line - 1 }
    this.#first = this.#line
    this.#length = 0
    this.sure = 0
    this.isFull = false
    return cut
  }
}

function recordIn(content: string, onNul: (count: number) => void): Reason | { data: JsonObject } {
  const parsed = parseJsonText(content)
  if (!parsed.ok) {
    return isFollowed(content)
      ? severalOnLine
      : { code: 'bad_json', message: parsed.message, hint: 'write one complete JSON object on each line' }
  }
  if (!isRecord(parsed.value)) return Array.isArray(parsed.value) ? listOnLine : noRecord(parsed.value)
  // Each level takes two brackets.
  if (content.length > 2 * MAX_DEPTH && isDeeper(parsed.value, MAX_DEPTH)) return nestedTooDeep
  if (!content.includes('\\u0000')) return { data: parsed.value }
  const { value, count } = withoutNuls(parsed.value)
  onNul(count)
  return { data: isRecord(value) ? value : parsed.value }
}

const severalOnLine: Reason = {
  code: 'bad_json',
  message: 'this line contains several JSON objects',
  hint: 'put each on its own line; or set format: json and records: $ to read objects one after another, even if lines end with CR only',
}

const listOnLine: Reason = {
  code: 'not_an_object',
  message: 'a record must be an object, but this line is a list',
  hint: 'put each record of the list on its own line',
}

/** Whether an object ends where another begins. */
function isFollowed(content: string): boolean {
  const at = firstFault(content)
  return content[at] === '{' && content.slice(0, at).trimEnd().endsWith('}')
}

function isRecord(value: Json): value is JsonObject {
  return isObject(value)
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1))
}

/** Whether a text begins with a line of only a bracket, and so is a document over several lines. */
export function isOverLines(text: string): boolean {
  return /^\s*[[{][ \t]*\r?\n/.test(text)
}

/**
 * @throws SourceError when the first non-blank line begins a document over several lines, or is a
 *   list
 */
function refuseDocument(content: string | undefined, file: SourceFile, line: number): void {
  const reason =
    content === '[' || content === '{' ? overLines : content?.startsWith('[') ? listFirst(content) : undefined
  if (reason !== undefined) throw new SourceError({ code: 'not_ndjson', ...reason, at: { file: file.name, line } })
}

const overLines = {
  message: 'the first line is only a bracket: this is one JSON document, not one record per line',
  hint: 'set format: json',
}

/**
 * Why a file that begins with a list is rejected. Undefined: the line is not JSON, and is rejected
 * itself.
 */
function listFirst(content: string): Pick<Reason, 'message' | 'hint'> | undefined {
  const parsed = parseJsonText(content)
  if (!parsed.ok || !Array.isArray(parsed.value)) return undefined
  if (parsed.value.length > 0 && !parsed.value.some(isRecord)) {
    return {
      message: 'the first line is a list of bare values, but a record must be an object with names',
      hint: 'write each line as an object, like {"id": "1", "email": "ada@example.com"}, or write the file as CSV with a header',
    }
  }
  return {
    message: 'the first line is a whole list: this is JSON, not one record per line',
    hint: 'set format: json to read one list or several; if other lines are objects, put each record of the list on its own line',
  }
}
