/**
 * Maps a chunk of records with the compiled mapping. The result has drafts of resources, role
 * grants, rejects, notes and what was left out. It runs in workers (pool.ts), so inputs and results
 * are plain data.
 */

import type { SourceRecord } from '../sources/source.ts'
import type { CompiledMapping } from './compile.ts'
import { RecordMapper } from './record-mapper.ts'
import type { MapResult, MapTask } from './result.ts'
import type { MappedItem } from './rule-mapper.ts'

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

/**
 * Maps a chunk, record by record. Problems of records are in `rejects`; a throw is a defect of this
 * program.
 */
export async function mapChunk(task: MapTask, mapping: CompiledMapping): Promise<MapResult> {
  const result = emptyResult()
  const { tracker } = mapping
  tracker.begin(task.heartbeat)
  const mapper = new RecordMapper(mapping, result)
  await mapper.hearing(async () => {
    for (const [index, record] of task.records.entries()) {
      tracker.record(index)
      const mapped = mapper.map(record)
      if (mapped !== undefined) await mapped
    }
  })
  tracker.end()
  return result
}

/**
 * Maps one record by every rule that applies, and adds the results.
 * @param watch called with each item, in order
 */
export function mapRecord(
  record: SourceRecord,
  mapping: CompiledMapping,
  result: MapResult,
  watch?: (mapped: MappedItem) => void,
): void | Promise<void> {
  const mapper = new RecordMapper(mapping, result, watch)
  return mapper.hearing(() => mapper.map(record))
}
