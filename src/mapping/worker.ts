import { workerData } from 'piscina'
import { compileMapping, type MapperSettings } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import type { MapResult, MapTask } from './result.ts'

const settings: MapperSettings = workerData
// The top-level await makes the pool load this module by import(): its first try, require(), cannot load it then. Node aborts
// the whole process when a worker is ended in the middle of requiring an ES module.
const mapping = await Promise.resolve(settings).then(compileMapping)

/** The entry of a mapping worker: compiles once, then maps chunk after chunk. */
export default function mapTask(task: MapTask): Promise<MapResult> {
  return mapChunk(task, mapping)
}
