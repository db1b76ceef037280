import { workerData } from 'node:worker_threads'
import { codeOf } from '../diagnostics/errors.ts'
import { RunDatabase, type StagingPlace } from '../rundb/run-database.ts'
import type { LoadedTable } from '../sources/source.ts'
import type { ColumnsRead } from '../sources/tally.ts'
import { compileMapping, type MapperSettings } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import type { ChunkCounts, DiskFailure, LoadTask, MapResult, MapTask, PieceResult, PieceTask } from './result.ts'
import { stageResult } from './stage-result.ts'

export interface WorkerSettings {
  settings: MapperSettings
  /** To search in the records of pieces. Undefined: there are no pieces. */
  columns: ColumnsRead | undefined
  /** The run's database, where it stages results. Undefined: it returns the results. */
  database: StagingPlace | undefined
}

const { settings, columns, database }: WorkerSettings = workerData
// The top-level await makes the pool load this module by import(): its first attempt, require(),
// fails then. Node aborts the whole process if a worker is terminated while it requires an ES
// module.
const mapping = await Promise.resolve(settings).then(compileMapping)
let rundb: RunDatabase | undefined
const map = async (task: MapTask) => {
  const result = await mapChunk(task, mapping)
  if (database === undefined || task.records.length === 0) return result
  // Opened only once there is something to stage: a worker that starts late would wait for a
  // database that is closed by then.
  rundb ??= new RunDatabase(database)
  return stageResult(rundb, result)
}
// For the same reason nothing is loaded later.
const pieces = columns && (await import('./pieces.ts').then(({ createPieceWorker }) => createPieceWorker(map, columns)))

type Task = MapTask | PieceTask | LoadTask
type Answer = MapResult | ChunkCounts | PieceResult | LoadedTable | { failure: DiskFailure }

/**
 * The entry of a mapping worker: compiles once, then maps and stages chunks, or loads rows that are
 * joined to records.
 */
export default async function work(task: Task): Promise<Answer> {
  if ('records' in task) return withoutLoss(map(task))
  if (pieces === undefined) throw new Error('this worker was started for chunks of records only')
  return 'piece' in task ? withoutLoss(pieces.map(task)) : withoutLoss(pieces.load(task))
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
