import { workerData } from 'piscina'
import { compileMapping, type MapperSettings } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import type { MapResult, MapTask } from './result.ts'

const settings: MapperSettings = workerData
const mapping = compileMapping(settings)

/** The entry of a mapping worker: compiles once, then maps chunk after chunk. */
export default function mapTask(task: MapTask): Promise<MapResult> {
  return mapChunk(task, mapping)
}
