import type { CompiledMapping } from './compile.ts'
import { mapRecord } from './map-record.ts'
import type { MapResult, MapTask } from './result.ts'

/** A result that nothing has come of yet. */
export function emptyResult(): MapResult {
  return {
    drafts: [],
    grants: [],
    rejects: [],
    notes: [],
    names: new Map(),
    assigned: 0,
    mapped: 0,
    leftOut: 0,
    leftOutBy: [],
    leftOutKeys: [],
    leftOutItems: [],
    leftOutRecords: [],
  }
}

/** Maps a chunk, record by record. What is wrong with a record is in `rejects`; a throw is a defect of this program. */
export async function mapChunk(task: MapTask, mapping: CompiledMapping): Promise<MapResult> {
  const result = emptyResult()
  const { tracker } = mapping
  tracker.begin(task.heartbeat)
  for (const [index, record] of task.records.entries()) {
    tracker.record(index)
    await mapRecord(record, mapping, result)
  }
  tracker.end()
  return result
}
