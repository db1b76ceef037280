/**
 * What workers do with the pieces of a source. In: a piece, or the pieces of what is joined to others. Out: what the mapping makes of its
 * records, and what was found beside them; or a table on disk.
 */

import { on } from 'node:events'
import { codeOf } from '../diagnostics/errors.ts'
import { JoinTable } from '../sources/join/join-table.ts'
import { loadReaders, readPiece, readRows } from '../sources/read-piece.ts'
import type { RowsOnDisk } from '../sources/source.ts'
import { type ColumnsRead, tallyOf } from '../sources/tally.ts'
import type { CompiledMapping } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import type { DiskFailure, LoadAnswer, LoadMessage, LoadTask, PieceResult, PieceTask } from './result.ts'

/** What a worker does with pieces. */
export interface PieceWorker {
  /** Takes the records out of a piece and maps them. */
  map(task: PieceTask): Promise<PieceResult | { failure: DiskFailure }>
  /** Loads the rows that come over a port, and answers each message when it has loaded what was in it. */
  load(task: LoadTask): Promise<RowsOnDisk | { failure: DiskFailure }>
}

/** Loads everything that pieces may need. */
export async function createPieceWorker(mapping: CompiledMapping, columns: ColumnsRead): Promise<PieceWorker> {
  await loadReaders()
  return {
    map: (task) => withoutLoss(mapPiece(task, mapping, columns)),
    load: (task) => withoutLoss(loadTable(task)),
  }
}

async function mapPiece(
  { piece, heartbeat, lines }: PieceTask,
  mapping: CompiledMapping,
  columns: ColumnsRead,
): Promise<PieceResult> {
  const { records, found } = await readPiece(piece)
  for (const [index, { origin }] of records.entries()) lines[index] = origin.line ?? 0
  const tally = tallyOf(records, columns)
  return { result: await mapChunk({ records, heartbeat }, mapping), found, tally }
}

async function loadTable({ place, port }: LoadTask): Promise<RowsOnDisk> {
  const table = new JoinTable(place.folder, place.name, place.file)
  try {
    for await (const messages of on(port, 'message')) {
      const message: LoadMessage = messages[0]
      if ('end' in message) break
      port.postMessage(await load(table, message))
    }
    return table.finish()
  } finally {
    table.close()
    port.close()
  }
}

async function load(table: JoinTable, message: Exclude<LoadMessage, { end: true }>): Promise<LoadAnswer> {
  if ('rows' in message) {
    table.load(message.rows)
    return undefined
  }
  const { rows, found } = await readRows(message.piece)
  table.load(rows)
  return found
}

/** Errors of SQLite and of the file system as values: on their way between threads they would lose their codes. */
async function withoutLoss<T>(work: Promise<T>): Promise<T | { failure: DiskFailure }> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof Error) || codeOf(error) === undefined) throw error
    return { failure: { message: error.message, details: { ...error } } }
  }
}
