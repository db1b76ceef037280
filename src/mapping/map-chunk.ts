/**
 * Maps a chunk of records. In: records of a source, the manifest's mapping as compile.ts made it.
 * Out: drafts of resources, grants of roles, and what came of the rest: rejects, notes, what was
 * left out. It runs in workers (pool.ts), so it takes and gives plain data.
 */

import type { SourceRecord } from '../sources/source.ts'
import type { CompiledMapping } from './compile.ts'
import { RecordMapper } from './record-mapper.ts'
import type { MapResult, MapTask } from './result.ts'
import type { MappedItem } from './rule-mapper.ts'

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

/**
 * Maps a chunk, record by record. What is wrong with a record is in `rejects`; a throw is a defect
 * of this program.
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
 * Maps one record by every rule that applies to it and adds to the result what comes of it.
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
