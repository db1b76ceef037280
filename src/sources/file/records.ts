import { createHash } from 'node:crypto'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Reason } from '../../diagnostics/problem.ts'
import { type CompiledExpression, ExpressionFailure } from '../../expressions/expression.ts'
import type { Json, JsonObject } from '../../json.ts'
import { type ColumnSpec, CsvStream } from '../csv/stream.ts'
import type { JoinRow, JoinTable } from '../join/join-table.ts'
import { jsonDocument, ndjson } from '../json/document.ts'
import type { ReadContext, StreamCount } from '../source.ts'
import { expandPaths, type SourceFile } from '../text/file.ts'
import { type LineRecord, type RecordFile, TextFile } from '../text/record-file.ts'
import type { JoinSettings, StreamSettings } from './options.ts'

/** Records of one stream that come from one file. */
export interface Batch {
  /** As messages name it. */
  file: string
  records: LineRecord[]
}

/** Reads the files of a stream, one after another, and keeps count over all of them. */
export class FileStream {
  readonly settings: StreamSettings
  readonly #context: ReadContext
  readonly #files = new Map<string, RecordFile>()
  #ignored = 0

  constructor(settings: StreamSettings, context: ReadContext) {
    this.settings = settings
    this.#context = context
  }

  /** @throws ManifestError when there is no such file, SourceError when one cannot be read to its end */
  async *records(): AsyncGenerator<Batch> {
    const { paths, name } = this.settings
    for (const file of await expandPaths(paths, this.#context.directory, name)) {
      const reader = openFile(file, this.settings, this.#context)
      this.#files.set(file.name, reader)
      for await (const records of reader.records()) yield { file: file.name, records }
    }
  }

  /** Refuses a record that was read. */
  reject(file: string, line: number, refusal: Reason): void {
    this.#files.get(file)?.reject(line, refusal)
  }

  /** Leaves out a record that was read, because the manifest says so. */
  ignore(file: string, line: number): void {
    this.#ignored++
    const { name } = this.settings
    const path = `source.streams.${name}.join.unmatched`
    this.#context.ignore?.({ stream: name, origin: { file, line }, path })
  }

  count(): StreamCount {
    const { name, paths, join } = this.settings
    const counts = [...this.#files.values()].map((file) => file.count())
    const sum = (of: 'read' | 'rejected') => counts.reduce((total, count) => total + count[of], 0)
    const [read, rejected, ignored] = [sum('read'), sum('rejected'), this.#ignored]
    const count: StreamCount = {
      stream: name,
      file: paths.join(', '),
      role: join === undefined ? 'main' : 'joined',
      read,
      passed: read - rejected - ignored,
      rejected,
    }
    return ignored === 0 ? count : { ...count, ignored }
  }

  /** SHA-256 (hex) over the names and bytes of the files, once all of them have been read. */
  digest(): string {
    const whole = createHash('sha256')
    for (const [name, file] of this.#files) whole.update(`${name} ${file.digest()}\n`)
    return whole.digest('hex')
  }
}

/** What is known about the columns of a CSV file: nothing. */
export function freeColumns({ trim }: Pick<StreamSettings, 'trim'>): ColumnSpec {
  return { known: [], required: [], open: true, verbatim: trim ? [] : 'all' }
}

/** One file of a stream, in the stream's format. Nothing is read yet. */
export function openFile(file: SourceFile, settings: StreamSettings, context: ReadContext): RecordFile {
  const { name: stream, format, encoding, dialect, nulls, records } = settings
  const role = settings.join === undefined ? 'main' : 'joined'
  if (format === 'csv') {
    const columnSpec = freeColumns(settings)
    return new CsvStream({ stream, file, role, columnSpec, dialect, encoding, nulls }, context)
  }
  const textFormat = format === 'ndjson' ? ndjson : jsonDocument(records)
  return new TextFile({ stream, file, role, encoding, format: textFormat }, context)
}

/** Holds the records of one stream, with those that are joined to them, until the records come by that they belong to. */
export class JoinedStream {
  readonly stream: FileStream
  readonly #join: JoinSettings
  readonly #joined: readonly JoinedStream[]
  readonly #table: JoinTable

  /**
   * @param joined streams that are joined to this one
   * @param table empty; closed with this
   */
  constructor(stream: FileStream, join: JoinSettings, joined: readonly JoinedStream[], table: JoinTable) {
    this.stream = stream
    this.#join = join
    this.#joined = joined
    this.#table = table
  }

  /** Reads the stream to its end. */
  async load(): Promise<void> {
    for (const joined of this.#joined) await joined.load()
    for await (const batch of this.stream.records()) {
      const records = await attachAll(this.#joined, batch, this.stream)
      this.#table.load(await this.#rows({ ...batch, records }))
    }
    this.#table.finish()
    if (this.#join.as === 'one') this.#rejectSeconds()
    for (const joined of this.#joined) joined.finish()
  }

  async #rows({ file, records }: Batch): Promise<JoinRow[]> {
    const rows: JoinRow[] = []
    for (const { line, data } of records) {
      const keys = keysOf(this.#join.key, data)
      const found = keys instanceof Promise ? await keys : keys
      if (!found.ok) this.stream.reject(file, line, found.refusal)
      else if (found.keys.length > 0) rows.push({ key: found.keys, file, line, data })
      else this.#leave(file, line, noKey(this.#join.key.text))
    }
    return rows
  }

  #rejectSeconds(): void {
    for (const { key, file, line } of this.#table.removeSurplus()) {
      this.stream.reject(file, line, {
        code: 'second_row',
        message: `a record before has the key "${shown(key)}" as well, and only one may`,
        hint: 'remove one of them, or join with as: many',
      })
    }
  }

  /**
   * Puts to each record what belongs to it, under the name of the stream.
   * @param reject refuses one of these records
   * @returns the records without those that were refused
   */
  async attach(
    records: LineRecord[],
    file: string,
    reject: (line: number, refusal: Reason) => void,
  ): Promise<LineRecord[]> {
    const { name } = this.stream.settings
    const kept: LineRecord[] = []
    const keys: string[][] = []
    for (const record of records) {
      if (Object.hasOwn(record.data, name)) throw nameTaken(name, file, record.line)
      const own = keysOf(this.#join.to, record.data)
      const found = own instanceof Promise ? await own : own
      if (!found.ok) reject(record.line, found.refusal)
      else {
        kept.push(record)
        keys.push(found.keys)
      }
    }
    for (const [index, rows] of this.#find(keys).entries()) {
      const data = kept[index]?.data
      if (data === undefined) continue
      if (this.#join.as === 'many') data[name] = rows
      else if (rows[0] !== undefined) data[name] = rows[0]
    }
    return kept
  }

  /** For each list of keys the rows of the first key that has any. */
  #find(keys: readonly string[][]): JsonObject[][] {
    const found: JsonObject[][] = keys.map(() => [])
    for (let place = 0; ; place++) {
      const open = keys.flatMap((own, index) => {
        const key = own[place]
        return key === undefined || found[index]?.length !== 0 ? [] : { index, key }
      })
      if (open.length === 0) return found
      const rows = this.#table.take(open.map(({ key }) => key))
      for (const [at, { index }] of open.entries()) found[index] = rows[at] ?? []
    }
  }

  /** Tells of the records that belong to none, once all have come by. */
  finish(): void {
    const { into, to } = this.#join
    for (const { key, file, line } of this.#table.unused()) {
      this.#leave(file, line, {
        code: 'unmatched_row',
        message: `no record of ${into} has the key "${shown(key)}"`,
        hint: `it is compared to the letter with ${to.text}; unmatched: ignore leaves such rows out`,
      })
    }
  }

  #leave(file: string, line: number, refusal: Reason): void {
    if (this.#join.unmatched === 'ignore') this.stream.ignore(file, line)
    else this.stream.reject(file, line, refusal)
  }

  close(): void {
    this.#table.close()
    for (const joined of this.#joined) joined.close()
  }
}

/** Puts to the records of a batch what is joined to their stream. */
export async function attachAll(
  joined: readonly JoinedStream[],
  batch: Batch,
  stream: FileStream,
): Promise<LineRecord[]> {
  const { file } = batch
  let { records } = batch
  for (const other of joined) {
    records = await other.attach(records, file, (line, refusal) => stream.reject(file, line, refusal))
  }
  return records
}

function noKey(expression: string): Reason {
  return {
    code: 'no_join_key',
    message: `the record has no key to be joined by: ${expression} yields nothing`,
    hint: 'fill it in, or correct join.key',
  }
}

function nameTaken(name: string, file: string, line: number): ManifestError {
  return new ManifestError({
    code: 'name_taken',
    message: `the records at ${file}:${line} have a member ${name} of their own, which a join may not replace`,
    hint: 'rename the stream',
    path: `source.streams.${name}`,
  })
}

function shown(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key
}

type Keys = { ok: true; keys: string[] } | { ok: false; refusal: Reason }

/**
 * The keys that an expression yields for a record: none, one, or several in their order. Numbers and booleans are compared as the text
 * that they are in JSON, so that ids join a CSV file to a JSON document.
 */
function keysOf(expression: CompiledExpression, data: JsonObject): Keys | Promise<Keys> {
  try {
    const value = expression.evaluate(data, data)
    return value instanceof Promise
      ? value.then((later) => keysIn(later, expression), failed)
      : keysIn(value, expression)
  } catch (error) {
    return failed(error)
  }
}

function keysIn(value: Json | undefined, { text }: CompiledExpression): Keys {
  const keys: string[] = []
  for (const item of Array.isArray(value) ? value : [value]) {
    if (item === undefined || item === null || item === '') continue
    if (typeof item === 'object') return { ok: false, refusal: badKey(text) }
    keys.push(String(item))
  }
  return { ok: true, keys }
}

function failed(error: unknown): Keys {
  if (!(error instanceof ExpressionFailure)) throw error
  const refusal = { code: 'expression_failed', message: 'the expression of the join fails on this record' }
  return { ok: false, refusal: { ...refusal, hint: `JSONata says ${error.code}; guard it, like field ? $f(field)` } }
}

function badKey(expression: string): Reason {
  return {
    code: 'bad_join_key',
    message: `${expression} yields an object or a list in a list, which is no key`,
    hint: 'name the member that holds the id',
  }
}
