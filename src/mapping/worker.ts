import { workerData } from 'piscina'
import type { RowsOnDisk } from '../sources/source.ts'
import type { ColumnsRead } from '../sources/tally.ts'
import { compileMapping, type MapperSettings } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import type { DiskFailure, LoadTask, MapResult, MapTask, PieceResult, PieceTask } from './result.ts'

/** What a worker is given when it starts. */
export interface WorkerSettings {
  settings: MapperSettings
  /** To be looked into in the records of pieces. Undefined: there are no pieces. */
  columns: ColumnsRead | undefined
}

const { settings, columns }: WorkerSettings = workerData
// The top-level await makes the pool load this module by import(): its first try, require(), cannot load it then. Node aborts
// the whole process when a worker is ended in the middle of requiring an ES module.
const mapping = await Promise.resolve(settings).then(compileMapping)
// For the same reason nothing is loaded later.
const pieces =
  columns && (await import('./pieces.ts').then(({ createPieceWorker }) => createPieceWorker(mapping, columns)))

type Task = MapTask | PieceTask | LoadTask
type Answer = MapResult | PieceResult | RowsOnDisk | { failure: DiskFailure }

/** The entry of a mapping worker: compiles once, then maps chunk after chunk, or loads what is joined to the records. */
export default function work(task: Task): Promise<Answer> {
  if ('records' in task) return mapChunk(task, mapping)
  if (pieces === undefined) throw new Error('this worker was started for chunks of records alone')
  return 'piece' in task ? pieces.map(task) : pieces.load(task)
}
