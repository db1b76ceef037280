import type { ChunkCounts, MapResult } from '../mapping/result.ts'
import { stageResult } from '../mapping/stage-result.ts'
import type { LeftOut } from '../rundb/left-out.ts'
import { insertReject } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { RejectedRecord, Source, SourceRecord } from '../sources/source.ts'

/**
 * Staging. In: the records of a source, chunk by chunk, and what the mapping makes of them. Out: their drafts, role grants, rejects and notes
 * in the run's database, and how many records that were.
 */

/** Maps chunks of records, on other threads where there are many. */
export interface Mapper {
  /**
   * @param alone the source has no other chunk
   * @returns what came of the chunk, to be staged; the counts alone where that is done
   */
  map(records: SourceRecord[], alone: boolean): Promise<MapResult | ChunkCounts>
}

export interface StageOptions {
  rundb: RunDatabase
  source: Source
  mapper: Mapper
  chunkSize: number
  /** Chunks on their way at once: bounds what is in memory. */
  chunksInFlight: number
  signal?: AbortSignal
  /** Told of each chunk before it is mapped. */
  onRecords?: (records: readonly SourceRecord[]) => void
  /** Told after each chunk how many records have been staged so far. */
  onProgress?: (records: number) => void
}

/** Main records by what the mapping made of them. */
export interface StagedRecords {
  mapped: number
  leftOut: number
  /** By stream and path; the records add up to `leftOut`. */
  leftOutBy: LeftOut[]
  /** Roles that the mapping gave to memberships already. */
  assigned: number
}

/** Reads the source to its end and stages what the mapping yields. Chunks may arrive in any order: `seq` keeps the records'. */
export async function stageRecords(options: StageOptions): Promise<StagedRecords> {
  const { rundb, source, mapper, signal } = options
  const total: StagedRecords = { mapped: 0, leftOut: 0, leftOutBy: [], assigned: 0 }
  const inFlight = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  for await (const { chunk, alone } of withCompany(source.read(options.chunkSize))) {
    signal?.throwIfAborted()
    options.onRecords?.(chunk)
    const work = mapper
      .map(chunk, alone)
      .then((result) => {
        if ('drafts' in result) stageResult(rundb, result)
        total.mapped += result.mapped
        total.leftOut += result.leftOut
        addLeftOut(total.leftOutBy, result.leftOutBy)
        total.assigned += result.assigned
        options.onProgress?.(total.mapped + total.leftOut)
      })
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => inFlight.delete(work))
    inFlight.add(work)
    if (inFlight.size >= options.chunksInFlight) await untilAborted(Promise.race(inFlight), signal)
    if (failure) break
  }
  await untilAborted(Promise.all(inFlight), signal)
  if (failure) throw failure.error
  total.leftOutBy.sort(byStreamAndPath)
  return total
}

/** A chunk that is being mapped is not waited for once the signal is aborted. */
async function untilAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return void (await work)
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Each chunk once the next has been read, which tells whether it is the only one. */
async function* withCompany<Chunk>(chunks: AsyncIterable<Chunk>): AsyncGenerator<{ chunk: Chunk; alone: boolean }> {
  let held: { chunk: Chunk; alone: boolean } | undefined
  for await (const chunk of chunks) {
    if (held !== undefined) yield { ...held, alone: false }
    held = { chunk, alone: held === undefined }
  }
  if (held !== undefined) yield held
}

function addLeftOut(total: LeftOut[], more: readonly LeftOut[]): void {
  for (const { stream, path, records } of more) {
    const same = total.find((by) => by.stream === stream && by.path === path)
    if (same === undefined) total.push({ stream, path, records })
    else same.records += records
  }
}

/** Chunks arrive in any order: what is told of them has one of its own. */
function byStreamAndPath(a: LeftOut, b: LeftOut): number {
  const [left, right] = [`${a.stream}\n${a.path ?? ''}`, `${b.stream}\n${b.path ?? ''}`]
  return left < right ? -1 : Number(left > right)
}

/** Quarantines a record that the source itself refused. */
export function rejectRecord(rundb: RunDatabase, { stream, origin, problem }: RejectedRecord): void {
  const { code, path, message, hint } = problem
  insertReject(rundb, { kind: 'record', key: null, code, field: path ?? stream, message, hint, seq: null, origin })
}
