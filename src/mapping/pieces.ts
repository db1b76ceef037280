/**
 * The work of a thread on pieces of a source: mapping the records of a piece, or loading joined
 * rows into a table.
 */

import { on } from 'node:events'
import { JoinTable } from '../sources/join/join-table.ts'
import { readPiece, readRows } from '../sources/read-piece.ts'
import type { LoadedTable } from '../sources/source.ts'
import { type ColumnsRead, tallyOf } from '../sources/tally.ts'
import type {
  ChunkCounts,
  LoadAnswer,
  LoadMessage,
  LoadTask,
  MapResult,
  MapTask,
  PieceResult,
  PieceTask,
} from './result.ts'

/** What the thread does with records. */
type MapRecords = (task: MapTask) => Promise<MapResult | ChunkCounts>

/** Reads the records of a piece and maps them. @param columns undefined: the run has no pieces */
export async function mapPiece(
  { piece, heartbeat, lines }: PieceTask,
  map: MapRecords,
  columns: ColumnsRead | undefined,
): Promise<PieceResult> {
  if (columns === undefined) throw new Error('this thread was started for chunks of records only')
  const { records, found } = await readPiece(piece)
  for (const [index, { origin }] of records.entries()) lines[index] = origin.line ?? 0
  const tally = tallyOf(records, columns)
  return { result: await map({ records, heartbeat }), found, tally }
}

/** Loads the rows from a port, and answers each message once its rows are loaded. */
export async function loadTable({ place, port }: LoadTask): Promise<LoadedTable> {
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
