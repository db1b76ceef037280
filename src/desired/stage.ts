import type { Manifest } from '../config/manifest.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { PieceMapper } from '../mapping/pool.ts'
import type { ChunkCounts, MapResult } from '../mapping/result.ts'
import { stageResult } from '../mapping/stage-result.ts'
import type { LeftOut } from '../rundb/left-out.ts'
import { insertReject } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { InOrder } from '../sources/in-order.ts'
import type { RejectedRecord, Source, SourcePart, SourceRecord } from '../sources/source.ts'
import type { Tally } from '../sources/tally.ts'

/**
 * Staging. In: the records of a source, chunk by chunk, and what the mapping makes of them. Out:
 * drafts, role grants, rejects and notes in the run's database, and the number of records.
 */

/** Maps chunks of records, on other threads if there are many. */
export interface Mapper {
  /**
   * @param alone the source has no other chunk
   * @returns the result to stage, or only the counts if it is already staged
   */
  map(records: SourceRecord[], alone: boolean): Promise<MapResult | ChunkCounts>
  /** For sources that have parts. Default: they are read as a whole. */
  pieces?: PieceMapper
}

export interface StageOptions {
  rundb: RunDatabase
  source: Source
  mapper: Mapper
  chunkSize: number
  /** Chunks that are mapped at the same time. Limits the memory. */
  chunksInFlight: number
  signal?: AbortSignal
  /** Called with each chunk before it is mapped, in order. */
  onRecords?: (records: readonly SourceRecord[]) => void
  /** Called instead for records that another thread took out of a piece, with its counts. */
  onTally?: (tally: Tally) => void
  /** Called after each chunk with the number of records staged so far. */
  onProgress?: (records: number) => void
}

/** Main records by what the mapping made of them. */
export interface StagedRecords {
  mapped: number
  leftOut: number
  /** By stream and path. The records add up to `leftOut`. */
  leftOutBy: LeftOut[]
  /** Roles that the mapping assigned to memberships. */
  assigned: number
}

/**
 * Reads the source to its end and stages what the mapping returns. Chunks can finish in any order:
 * `seq` keeps the order of the records.
 */
export async function stageRecords(options: StageOptions): Promise<StagedRecords> {
  const { rundb, source, mapper, signal } = options
  const total: StagedRecords = { mapped: 0, leftOut: 0, leftOutBy: [], assigned: 0 }
  const inFlight = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  const order = new InOrder()
  /** Maps a part. Findings are reported in the order of the parts. */
  const map = async (part: Chunk): Promise<MapResult | ChunkCounts> => {
    const settle = order.take()
    if ('records' in part) {
      settle(() => options.onRecords?.(part.records))
      return mapper.map(part.records, part.alone)
    }
    const { result, found, tally } = await part.mapper.map(part.piece)
    settle(() => {
      part.settle(found)
      options.onTally?.(tally)
    })
    return result
  }
  for await (const part of chunksOf(options, () => Promise.allSettled(inFlight))) {
    signal?.throwIfAborted()
    if ('step' in part) {
      order.take()(() => part.step())
      continue
    }
    nameFiles(rundb, source, part)
    const work = map(part)
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
    while (inFlight.size >= options.chunksInFlight || (inFlight.size > 0 && order.waiting > MAX_WAITING)) {
      await untilAborted(Promise.race(inFlight), signal)
    }
    if (failure) break
  }
  await untilAborted(Promise.all(inFlight), signal)
  if (failure) throw failure.error
  total.leftOutBy.sort(byStreamAndPath)
  return total
}

/**
 * Numbers the files of a chunk before threads name them in any order: rejects are listed by file,
 * in the order of these numbers.
 */
function nameFiles(rundb: RunDatabase, source: Source, part: Chunk): void {
  const files = new Set('records' in part ? part.records.map(({ origin }) => origin.file) : [part.piece.file])
  for (const { file, role } of source.counts()) if (role === 'joined') files.add(file)
  rundb.nameFiles(files)
}

/** Finished parts that can wait for an earlier part before their findings are reported. */
const MAX_WAITING = 64

type Chunk =
  | { records: SourceRecord[]; alone: boolean }
  | (Extract<SourcePart, { piece: unknown }> & { mapper: PieceMapper })

type Step = Extract<SourcePart, { step: unknown }>

/**
 * The source in chunks, or in pieces if it has them and the mapper takes them.
 * @param settled waits for the chunks that are being mapped: their findings come before an error of
 *   the source
 */
async function* chunksOf(
  { source, mapper, chunkSize, signal }: StageOptions,
  settled: () => Promise<unknown>,
): AsyncGenerator<Chunk | Step> {
  const { pieces } = mapper
  if (source.parts === undefined || pieces === undefined) {
    for await (const { chunk, alone } of withCompany(source.read(chunkSize))) yield { records: chunk, alone }
    return
  }
  yield* chunksIn(source.parts(chunkSize, pieces), { pieces, signal, settled })
}

interface Taking {
  pieces: PieceMapper
  signal: AbortSignal | undefined
  settled(): Promise<unknown>
}

async function* chunksIn(source: AsyncIterable<SourcePart>, taking: Taking): AsyncGenerator<Chunk | Step> {
  const { pieces, signal, settled } = taking
  const parts = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      // The next part can wait for other threads. An interrupted run does not wait.
      let next: IteratorResult<SourcePart> | undefined
      await untilAborted(
        parts.next().then((result) => {
          next = result
        }),
        signal,
      )
      if (next === undefined || next.done === true) return
      const part = next.value
      if ('step' in part) yield part
      else if ('records' in part) yield { records: part.records, alone: false }
      else if ('piece' in part) yield { ...part, mapper: pieces }
      else {
        await untilAborted(settled(), signal)
        yield* chunksIn(part.afterwards(), taking)
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) await settled()
    throw error
  } finally {
    if (signal?.aborted !== true) await parts.return?.()
  }
}

/** Waits for work until the signal is aborted. */
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

/** Each chunk, after the next was read: `alone` is true for the only chunk. */
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

/** Chunks finish in any order; this order is always the same. */
function byStreamAndPath(a: LeftOut, b: LeftOut): number {
  const [left, right] = [`${a.stream}\n${a.path ?? ''}`, `${b.stream}\n${b.path ?? ''}`]
  return left < right ? -1 : Number(left > right)
}

/**
 * Adds a record that the source itself rejected to the rejects.
 * @param wouldBe the kind, if only one kind is made of the stream
 */
export function rejectRecord(rundb: RunDatabase, { stream, origin, problem }: RejectedRecord, wouldBe?: string): void {
  const { code, path, message, hint } = problem
  const field = path ?? stream
  insertReject(rundb, { kind: 'record', key: null, code, field, message, hint, seq: null, origin, wouldBe })
}

/**
 * The kind that is made of the records of a stream. Undefined if there are several, or none.
 * @param mainStream the stream of rules that do not name one
 */
export function onlyKindOf(map: Manifest['map'], stream: string, mainStream: string): string | undefined {
  const rules = Object.entries(map).filter(([, { from }]) => [from ?? mainStream].flat().includes(stream))
  const [[rule] = [], ...others] = rules
  return others.length > 0 ? undefined : kindDefinitions.find((definition) => definition.rule === rule)?.name
}
