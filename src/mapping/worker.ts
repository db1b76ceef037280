import { codeOf } from '../diagnostics/errors.ts'
import { RunDatabase, type StagingPlace } from '../rundb/run-database.ts'
import { loadReaders } from '../sources/read-piece.ts'
import type { LoadedTable } from '../sources/source.ts'
import type { ColumnsRead } from '../sources/tally.ts'
import { type CompiledMapping, compileMapping } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import { loadTable, mapPiece } from './pieces.ts'
import type { ChunkCounts, DiskFailure, LoadTask, MapResult, MapTask, PieceResult, PieceTask } from './result.ts'
import { stageResult } from './stage-result.ts'

/** What the mapping tasks of a run have in common. */
export interface Setup {
  /** MapperSettings as JSON: a text costs little to send with each task. */
  settings: string
  /** To search in the records of pieces. Undefined: there are no pieces. */
  columns: ColumnsRead | undefined
  /** The run's database, where the thread stages results. Undefined: it returns the results. */
  database: StagingPlace | undefined
}

export type Mapping = { setup: Setup } & (MapTask | PieceTask)

/** A task with a setup alone compiles. An empty one shows that the thread has started. */
export type Task = Mapping | LoadTask | { setup?: Setup }

export type Answer = MapResult | ChunkCounts | PieceResult | LoadedTable | { failure: DiskFailure } | undefined

// The top-level await makes the pool load this module by import(): its first attempt, require(),
// fails then. Node aborts the whole process if a thread is terminated while it requires an ES
// module. For the same reason nothing is loaded later.
await loadReaders()

/** Of the run: a thread works for one. */
let mapping: CompiledMapping | undefined
let rundb: RunDatabase | undefined

async function map(task: MapTask, { settings, database }: Setup): Promise<MapResult | ChunkCounts> {
  mapping ??= compileMapping(JSON.parse(settings))
  const result = await mapChunk(task, mapping)
  if (database === undefined || task.records.length === 0) return result
  // Opened only once there is something to stage: a thread that starts late would wait for a
  // database that is closed by then.
  rundb ??= new RunDatabase(database)
  return stageResult(rundb, result)
}

/**
 * The entry of a mapping thread: compiles once, then maps and stages chunks, or loads rows that are
 * joined to records.
 */
export default async function work(task: Task): Promise<Answer> {
  if ('port' in task) return withoutLoss(loadTable(task))
  const { setup } = task
  if (setup === undefined) return undefined
  if ('piece' in task) return withoutLoss(mapPiece(task, (chunk) => map(chunk, setup), setup.columns))
  return withoutLoss(map('records' in task ? task : { records: [] }, setup))
}

/** Errors of SQLite and the file system as values: between threads they would lose their codes. */
async function withoutLoss<T>(work: Promise<T>): Promise<T | { failure: DiskFailure }> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof Error) || codeOf(error) === undefined) throw error
    return { failure: { message: error.message, details: { ...error } } }
  }
}
