import { createHash } from 'node:crypto'
import type { Reason } from '../../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { type Batch, joinedIn, type RecordStream, readMains } from '../join/joined-stream.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { type ReadContext, requireNone, type Source, type StreamCount, textsOf } from '../source.ts'
import { numberedFrom } from '../text/record-file.ts'
import type { Driver } from './driver.ts'
import { checkOptions, type DatabaseOptions, readSettings, type TableSettings } from './options.ts'
import { describeKey } from './row-key.ts'

/**
 * Makes records from a snapshot of a database. In: its rows. Out: the rows of main streams, with
 * the rows of other streams joined to them by the rules of the `file` source.
 */
export function openDatabase(config: DatabaseOptions, context: ReadContext, driver: Driver): Source {
  requireNone(checkOptions(config, driver))
  const { streams: settings, updatedSince } = readSettings(config)
  const partial = updatedSince !== undefined
  const streams = settings.map((stream) => new TableStream(stream, context, partial))
  const mains = streams.filter(({ settings: { join } }) => join === undefined)
  return {
    streams: mains.map(({ settings: { name } }) => name),
    partial,
    read: (chunkSize) => numberedFrom(readMains(mains, joinedIn(streams, context.scratch)), chunkSize),
    counts: () => streams.map((stream) => stream.count()),
    columns: () => columnsOf(snapshotOf(context)),
    digest: () =>
      createHash('sha256')
        .update(`snapshot ${snapshotOf(context).digest}\n`)
        .digest('hex'),
  }
}

/** Snapshots of earlier versions have no column names. */
function columnsOf({ facts: { columns } }: Snapshot): Map<string, string[]> {
  return new Map(Object.entries(isObject(columns) ? columns : {}).map(([stream, names]) => [stream, textsOf(names)]))
}

function snapshotOf({ snapshot }: ReadContext): Snapshot {
  if (snapshot === undefined) throw new Error('a database is read from its snapshot')
  return snapshot
}

/** The rows of one stream, counted by what happens to them. */
class TableStream implements RecordStream {
  readonly settings: TableSettings
  readonly #context: ReadContext
  readonly #leavesOut: string
  #read = 0
  #rejected = 0
  #ignored = 0

  /**
   * @param partial only changes were read; a row without a match belongs to a record that did not
   *   change
   */
  constructor(settings: TableSettings, context: ReadContext, partial: boolean) {
    const { name, join } = settings
    this.settings = partial && join ? { ...settings, join: { ...join, unmatched: 'ignore' } } : settings
    this.#context = context
    this.#leavesOut = partial ? 'source.updatedSince' : `source.streams.${name}.join.unmatched`
  }

  async *records(): AsyncGenerator<Batch> {
    const { name, place: file } = this.settings
    const { tap, signal } = this.#context
    for await (const rows of snapshotOf(this.#context).read(name, signal)) {
      this.#read += rows.length
      if (tap !== undefined) {
        for (const { line, data } of rows) if (tap.wants(file, line)) tap.take({ stream: name, file, line, data })
      }
      yield { file, records: rows }
    }
  }

  reject(file: string, line: number, refusal: Reason, data?: JsonObject): void {
    this.#rejected++
    const { name, key } = this.settings
    const origin = { file, line }
    const message = data === undefined ? refusal.message : `${describeKey(data, key)}: ${refusal.message}`
    this.#context.reject({ stream: name, origin, problem: { ...refusal, message, at: origin } })
  }

  ignore(file: string, line: number): void {
    this.#ignored++
    this.#context.ignore?.({ stream: this.settings.name, origin: { file, line }, path: this.#leavesOut })
  }

  count(): StreamCount {
    const { name, place, join } = this.settings
    const [read, rejected, ignored] = [this.#read, this.#rejected, this.#ignored]
    const passed = read - rejected - ignored
    const role = join === undefined ? 'main' : 'joined'
    const count: StreamCount = { stream: name, file: place, role, read, passed, rejected }
    return ignored === 0 ? count : { ...count, ignored }
  }
}
