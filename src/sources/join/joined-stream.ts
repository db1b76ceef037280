/**
 * Joins streams of records by key expressions, from any source. In: streams, each with its join.
 * Out: the records of main streams with joined rows attached. Each stream receives its unmatched
 * records.
 */

import { ManifestError } from '../../diagnostics/errors.ts'
import type { Reason } from '../../diagnostics/problem.ts'
import { type CompiledExpression, ExpressionFailure } from '../../expressions/expression.ts'
import type { Json, JsonObject } from '../../json.ts'
import { nothingFound, pieceOf } from '../parts.ts'
import type { PieceReader } from '../piece-reader.ts'
import type { JoinedPart, JoinRow, PieceFound, PieceJoin, TablePlace, Threads } from '../source.ts'
import type { FilePart, LineRecord } from '../text/record-file.ts'
import { JoinedRows, JoinTable } from './join-table.ts'
import { type JoinSettings, joinExpression, type StreamOfTree } from './options.ts'

/** Records of one stream from one file. */
export interface Batch {
  /** As messages name it. */
  file: string
  records: LineRecord[]
}

/** A stream of records, as joins see it. */
export interface RecordStream {
  readonly settings: StreamOfTree
  records(): AsyncGenerator<Batch>
  /**
   * Rejects a record that was read.
   * @param data the record, if available
   */
  reject(file: string, line: number, refusal: Reason, data?: JsonObject): void
  /** Leaves out a record that was read, as the manifest says. */
  ignore(file: string, line: number): void
}

/** A stream that can also be read in parts by other threads: see RecordFile.parts. */
export interface PartStream extends RecordStream {
  parts(size: number): AsyncGenerator<{ file: string; part: FilePart }>
}

/** Creates the joined streams of a stream, new on each call. */
export type FindJoined<Stream extends RecordStream = RecordStream> = (name: string) => JoinedStream<Stream>[]

/** @param scratch a private folder that is removed after the run */
export function joinedIn<Stream extends RecordStream>(streams: readonly Stream[], scratch: string): FindJoined<Stream> {
  let tables = 0
  const joinedTo: FindJoined<Stream> = (name) =>
    streams.flatMap((stream) => {
      const { join } = stream.settings
      if (join?.into !== name) return []
      const place = { folder: scratch, name: `join-${tables++}`, file: stream.settings.name }
      return new JoinedStream(stream, join, joinedTo(stream.settings.name), place)
    })
  return joinedTo
}

/** The records of main streams, one stream after another, with joined rows attached. */
export async function* readMains(
  mains: readonly RecordStream[],
  joinedTo: FindJoined,
): AsyncGenerator<Batch & { stream: string }> {
  for (const main of mains) {
    const { name } = main.settings
    const joined = joinedTo(name)
    try {
      for (const other of joined) await other.load()
      for await (const batch of main.records()) {
        yield { ...batch, stream: name, records: await attachAll(joined, batch, main) }
      }
      for (const other of joined) other.finish()
    } finally {
      for (const other of joined) other.close()
    }
  }
}

/**
 * Stores the records of one stream, with their own joined records, until their main records are
 * read.
 */
export class JoinedStream<Stream extends RecordStream = RecordStream> {
  readonly stream: Stream
  readonly #join: JoinSettings
  readonly #joined: readonly JoinedStream<Stream>[]
  readonly #place: TablePlace
  #table: JoinTable | JoinedRows | undefined

  /**
   * @param joined streams that are joined to this one
   * @param place of its rows, if they are on disk
   */
  constructor(stream: Stream, join: JoinSettings, joined: readonly JoinedStream<Stream>[], place: TablePlace) {
    this.stream = stream
    this.#join = join
    this.#joined = joined
    this.#place = place
  }

  async load(): Promise<void> {
    for (const joined of this.#joined) await joined.load()
    const { folder, name, file } = this.#place
    const table = new JoinTable(folder, name, file)
    this.#table = table
    for await (const batch of this.stream.records()) {
      const records = await attachAll(this.#joined, batch, this.stream)
      table.load(await this.#rows({ ...batch, records }))
    }
    table.finish()
    this.#hasLoaded()
  }

  /** Loads the stream in another thread. */
  async loadIn(this: JoinedStream<PartStream>, threads: Threads, size: number): Promise<void> {
    for (const joined of this.#joined) await joined.loadIn(threads, size)
    this.#table = JoinedRows.openToChange(await threads.load(this.#place, this.#parts(size)))
    this.#hasLoaded()
  }

  #hasLoaded(): void {
    if (this.#join.as === 'one') this.#rejectSeconds()
    for (const joined of this.#joined) joined.finish()
  }

  async *#parts(this: JoinedStream<PartStream>, size: number): AsyncGenerator<JoinedPart> {
    const { name: stream } = this.stream.settings
    const joined = this.#joined.map((other) => other.joined())
    const key = this.#join.key.text
    for await (const { file, part } of this.stream.parts(size)) {
      if ('step' in part) yield part
      else if ('records' in part) {
        const batch = { file, records: part.records }
        yield { rows: await this.#rows({ file, records: await attachAll(this.#joined, batch, this.stream) }) }
      } else {
        yield {
          piece: { ...pieceOf(part, { reader: 'file', stream, file, joined }, 0), key },
          settle: (found) => {
            part.settle(found)
            refuseTaken(file, found)
            for (const { line, problem } of found.left) this.#leave(file, line, problem)
          },
        }
      }
    }
  }

  /** The rows, for other threads. */
  joined(): PieceJoin {
    const table = this.#table
    if (!(table instanceof JoinedRows)) throw new Error('the rows have not been loaded by another thread')
    const { to, as } = this.#join
    return { stream: this.stream.settings.name, table: table.table, manner: { to: to.text, as } }
  }

  async #rows(batch: Batch): Promise<JoinRow[]> {
    const found = nothingFound()
    const rows = await keyedRows(batch, this.#join.key, found)
    for (const { line, problem } of found.refused) {
      this.stream.reject(batch.file, line, problem, dataAt(batch.records, line))
    }
    for (const { line, problem } of found.left) this.#leave(batch.file, line, problem, dataAt(batch.records, line))
    return rows
  }

  #rejectSeconds(): void {
    for (const { key, file, line, data } of this.#table?.removeSurplus() ?? []) {
      const problem = {
        code: 'second_row',
        message: `an earlier record has the same key "${shown(key)}", and the join takes only one`,
        hint: 'remove one of them, or join with as: many',
      }
      this.stream.reject(file, line, problem, data)
    }
  }

  attach(records: LineRecord[], found: PieceFound): Promise<LineRecord[]> {
    const { to, as } = this.#join
    const { name } = this.stream.settings
    return attachRows(records, { name, to, as, take: (keys) => this.#table?.take(keys) ?? [] }, found)
  }

  /** Reports unmatched records, after all main records have been read. */
  finish(): void {
    const { into, to } = this.#join
    for (const { key, file, line, data } of this.#table?.unused() ?? []) {
      const problem = {
        code: 'unmatched_row',
        message: `no record of ${into} has the key "${shown(key)}"`,
        hint: `check that it matches ${to.text} exactly, or set unmatched: ignore to leave such rows out`,
      }
      this.#leave(file, line, problem, data)
    }
  }

  #leave(file: string, line: number, refusal: Reason, data?: JsonObject): void {
    if (this.#join.unmatched === 'ignore') this.stream.ignore(file, line)
    else this.stream.reject(file, line, refusal, data)
  }

  close(): void {
    this.#table?.close()
    for (const joined of this.#joined) joined.close()
  }
}

/** Attaches joined rows to the records of a batch. */
export async function attachAll(
  joined: readonly JoinedStream[],
  batch: Batch,
  stream: RecordStream,
): Promise<LineRecord[]> {
  const { file } = batch
  const found = nothingFound()
  const records = await attachEach(joined, batch.records, found)
  refuseTaken(file, found)
  for (const { line, problem } of found.refused) stream.reject(file, line, problem, dataAt(batch.records, line))
  return records
}

/** Attaches joined rows, and collects the findings. */
export async function attachEach(
  joined: readonly JoinedStream[],
  records: LineRecord[],
  found: PieceFound,
): Promise<LineRecord[]> {
  let kept = records
  for (const other of joined) kept = await other.attach(kept, found)
  return kept
}

interface Attaching {
  name: string
  to: CompiledExpression
  as: JoinSettings['as']
  take(keys: readonly string[]): JsonObject[][]
}

/**
 * Attaches joined rows to each record, under the name of the stream.
 * @param found collects rejected records
 * @returns the other records
 */
async function attachRows(
  records: LineRecord[],
  { name, to, as, take }: Attaching,
  found: PieceFound,
): Promise<LineRecord[]> {
  const kept: LineRecord[] = []
  const keys: string[][] = []
  for (const record of records) {
    if (Object.hasOwn(record.data, name)) {
      found.nameTaken ??= { stream: name, line: record.line }
      return records
    }
    const own = keysOf(to, record.data)
    const read = own instanceof Promise ? await own : own
    if (!read.ok) found.refused.push({ line: record.line, problem: numberedRefusal(read.refusal, record.number) })
    else {
      kept.push(record)
      keys.push(read.keys)
    }
  }
  for (const [index, rows] of findRows(keys, take).entries()) {
    const data = kept[index]?.data
    if (data === undefined) continue
    if (as === 'many') data[name] = rows
    else if (rows[0] !== undefined) data[name] = rows[0]
  }
  return kept
}

/** For each list of keys, the rows of the first key that has any. */
function findRows(keys: readonly string[][], take: Attaching['take']): JsonObject[][] {
  const found: JsonObject[][] = keys.map(() => [])
  for (let place = 0; ; place++) {
    const open = keys.flatMap((own, index) => {
      const key = own[place]
      return key === undefined || found[index]?.length !== 0 ? [] : { index, key }
    })
    if (open.length === 0) return found
    const rows = take(open.map(({ key }) => key))
    for (const [at, { index }] of open.entries()) found[index] = rows[at] ?? []
  }
}

async function keyedRows({ file, records }: Batch, key: CompiledExpression, found: PieceFound): Promise<JoinRow[]> {
  const rows: JoinRow[] = []
  for (const { line, number, data } of records) {
    const keys = keysOf(key, data)
    const read = keys instanceof Promise ? await keys : keys
    if (!read.ok) found.refused.push({ line, problem: numberedRefusal(read.refusal, number) })
    else if (read.keys.length > 0) rows.push({ key: read.keys, file, line, data })
    else found.left.push({ line, problem: numberedRefusal(noKey(key.text), number) })
  }
  return rows
}

export const joinReader: PieceReader = {
  async attach({ joined }, records, find, found) {
    let kept = records
    for (const join of joined) {
      if (join.manner === undefined) throw new Error('a stream is joined by expressions')
      const { to, as } = join.manner
      const take: Attaching['take'] = (keys) => find(join).take(keys)
      kept = await attachRows(kept, { name: join.stream, to: expressionOf(to), as, take }, found)
    }
    return kept
  },
  rows({ file, key = '' }, records, found) {
    return keyedRows({ file, records }, expressionOf(key), found)
  },
}

const expressions = new Map<string, CompiledExpression>()

/** An expression that has compiled in another thread. */
function expressionOf(text: string): CompiledExpression {
  let expression = expressions.get(text)
  if (expression === undefined) {
    expression = joinExpression(text)
    expressions.set(text, expression)
  }
  return expression
}

function noKey(expression: string): Reason {
  return {
    code: 'no_join_key',
    message: `the record has no key for the join: ${expression} returns no value`,
    hint: 'fill it in, or correct join.key',
  }
}

function dataAt(records: readonly LineRecord[], line: number): JsonObject | undefined {
  return records.find((record) => record.line === line)?.data
}

/** @throws ManifestError when a join would replace a member of a record */
export function refuseTaken(file: string, { nameTaken: taken }: PieceFound): void {
  if (taken !== undefined) throw nameTaken(taken.stream, file, taken.line)
}

function nameTaken(name: string, file: string, line: number): ManifestError {
  return new ManifestError({
    code: 'name_taken',
    message: `the record at ${file}:${line} already has a member ${name}, which a join cannot replace`,
    hint: 'rename the stream',
    path: `source.streams.${name}`,
  })
}

function shown(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key
}

type Keys = { ok: true; keys: string[] } | { ok: false; refusal: Reason }

/**
 * The keys that an expression returns for a record: none, one, or several in order. Numbers and
 * booleans are compared as their JSON text, so that IDs in CSV match IDs in JSON.
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
  const message = `the join expression fails on this record: ${error.publicMessage}`
  return { ok: false, refusal: { code: 'expression_failed', message, hint: error.hint } }
}

/** Adds the record's number to the message, for formats with several records on one line. */
function numberedRefusal(refusal: Reason, number: number | undefined): Reason {
  return number === undefined ? refusal : { ...refusal, message: `record ${number} of the file: ${refusal.message}` }
}

function badKey(expression: string): Reason {
  return {
    code: 'bad_join_key',
    message: `${expression} returns an object or a nested list, which cannot be a key`,
    hint: 'select the member that contains the ID',
  }
}
