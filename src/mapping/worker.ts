import { workerData } from 'piscina'
import { RunDatabase } from '../rundb/run-database.ts'
import { compileMapping, type MapperSettings } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import type { ChunkCounts, MapResult, MapTask } from './result.ts'
import { stageResult } from './stage-result.ts'

/** What a worker is started with. */
export interface WorkerSettings {
  mapper: MapperSettings
  /** The run's database, in which it stages what comes of its chunks. Undefined: it answers with that. */
  database: string | undefined
}

/** What a worker answers with. An error crosses threads without its members: by SQLite's code a full disk is known. */
export type WorkerAnswer = MapResult | ChunkCounts | { refused: { message: string; errcode: number } }

const { mapper, database }: WorkerSettings = workerData
// The top-level await makes the pool load this module by import(): its first try, require(), cannot load it then. Node aborts
// the whole process when a worker is ended in the middle of requiring an ES module.
const mapping = await Promise.resolve(mapper).then(compileMapping)
const rundb = database === undefined ? undefined : new RunDatabase({ path: database })

/** The entry of a mapping worker: compiles once, then maps chunk after chunk, and stages what comes of each where it is told to. */
export default async function mapTask(task: MapTask): Promise<WorkerAnswer> {
  const result = await mapChunk(task, mapping)
  if (rundb === undefined) return result
  try {
    return stageResult(rundb, result)
  } catch (error) {
    if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') throw error
    return { refused: { message: error.message, errcode: error.errcode } }
  }
}
