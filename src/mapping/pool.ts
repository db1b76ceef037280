import type { Manifest } from '../config/manifest.ts'
import { codeOf, ManifestError } from '../diagnostics/errors.ts'
import { formatLocation } from '../diagnostics/problem.ts'
import type { SourceRecord } from '../sources/source.ts'
import { compileMapping, type MapperSettings, mapperSettings } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import {
  type ChunkCounts,
  createHeartbeat,
  type Heartbeat,
  type MapResult,
  type MapTask,
  positionOf,
} from './result.ts'
import type { WorkerAnswer, WorkerSettings } from './worker.ts'

/** Maps chunks of records on worker threads. */
export interface MapperPool<Outcome = MapResult> {
  /**
   * Maps one chunk on the next free worker; chunks are independent of each other.
   * @param alone nothing comes before or after this chunk: it is mapped in this thread, which is quicker than starting a worker, where
   * the expressions are sure to end on its records
   * @throws ManifestError when an expression hangs or takes too much memory; all chunks then end in the same error
   */
  map(records: SourceRecord[], alone?: boolean): Promise<Outcome>
  /** Ends the workers; what is still being mapped is given up. */
  close(): Promise<void>
}

export interface PoolOptions {
  workers: number
  /** See MapperSettings.mainStream. */
  mainStream?: string
  /** Milliseconds that one evaluation may take before the run is given up. */
  patience?: number
  /** MiB that a worker may take. */
  memory?: number
  /** Path of the run's database, for workers to stage in. */
  database?: string
}

/**
 * What a worker may take, MiB. A worker needs little more than its chunk; without a bound V8 lets garbage pile up as far as
 * the machine has memory.
 */
const MEMORY = 512

/** JSONata ends an evaluation after five seconds by itself, wherever it can. Milliseconds. */
const PATIENCE = 30_000

/**
 * Compiles the manifest's expressions. Workers start with the first chunk that needs them, and compile once each. With a database they stage
 * what comes of their chunks in it, and the counts alone come back.
 * @throws ManifestError when an expression does not compile
 */
export function createMapperPool(manifest: Manifest, options: PoolOptions & { database?: undefined }): MapperPool
export function createMapperPool(manifest: Manifest, options: PoolOptions): MapperPool<MapResult | ChunkCounts>
export function createMapperPool(manifest: Manifest, options: PoolOptions): MapperPool<MapResult | ChunkCounts> {
  const settings = mapperSettings(manifest, options.mainStream)
  const mapping = compileMapping(settings)
  let workers: Promise<MapperPool<MapResult | ChunkCounts>> | undefined
  return {
    map: async (records, alone = false) => {
      if (alone && endsOn(records, mapping.boundedLength)) return mapChunk({ records }, mapping)
      workers ??= startWorkers(settings, mapping.expressions, options)
      return (await workers).map(records)
    },
    close: async () => (await workers)?.close(),
  }
}

/** Whether no record is longer than expressions are sure to end on. */
export function endsOn(records: readonly SourceRecord[], length: number): boolean {
  return length > 0 && records.every(({ data }) => JSON.stringify(data).length <= length)
}

async function startWorkers(
  mapper: MapperSettings,
  expressions: readonly string[],
  { workers, database, patience = PATIENCE, memory = MEMORY }: PoolOptions,
): Promise<MapperPool<MapResult | ChunkCounts>> {
  const { Piscina } = await import('piscina')
  const workerData: WorkerSettings = { mapper, database }
  const pool = new Piscina<MapTask, WorkerAnswer>({
    filename: workerFile(),
    workerData,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Idle workers wait in their event loop: ending one that blocks on shared memory has crashed the process.
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: memory },
  })
  const running = new Set<AbortController>()
  let failure: ManifestError | undefined
  const giveUp = (error: ManifestError) => {
    failure ??= error
    for (const controller of running) controller.abort()
  }
  const map = async (records: SourceRecord[]): Promise<MapResult | ChunkCounts> => {
    if (failure) throw failure
    const heartbeat = createHeartbeat()
    const chunk = { records, expressions }
    const controller = new AbortController()
    running.add(controller)
    const endWatch = watchOver(heartbeat, patience, () => giveUp(stuckError(heartbeat, chunk, patience)))
    try {
      const answer = await pool.run({ records, heartbeat }, { signal: controller.signal })
      if ('refused' in answer)
        throw Object.assign(new Error(answer.refused.message), { errcode: answer.refused.errcode })
      return answer
    } catch (error) {
      if (isOutOfMemory(error)) giveUp(exhaustedError(heartbeat, chunk, memory))
      throw failure ?? error
    } finally {
      endWatch()
      running.delete(controller)
    }
  }
  // A worker that is ended while it still loads its modules may take the whole process with it: an empty task for each tells
  // when all have started.
  const begin = () => pool.run({ records: [], heartbeat: createHeartbeat() })
  const started = Promise.allSettled(Array.from({ length: workers }, begin))
  const close = async () => {
    if (!failure) await started
    await pool.destroy()
  }
  return { map, close }
}

function isOutOfMemory(error: unknown): boolean {
  return codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY'
}

/** The worker beside this file, in TypeScript when run from source, and in JavaScript when run from the build. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./worker.${extension}`, import.meta.url).href
}

/** How often a worker is looked at within the time that it may stand still. */
const LOOKS = 10

/**
 * Calls `onStuck` when a worker has stood still in one evaluation for `patience` milliseconds. JSONata counts its own
 * steps; what goes on inside one of them, a regular expression that backtracks, it cannot stop.
 * @returns how to end the watch
 */
function watchOver(heartbeat: Heartbeat, patience: number, onStuck: () => void): () => void {
  let last: number | undefined
  let unchanged = 0
  // Looks are counted, not milliseconds: this thread may have been busy itself.
  const timer = setInterval(() => {
    const { step } = positionOf(heartbeat)
    unchanged = step !== undefined && step === last ? unchanged + 1 : 0
    last = step
    if (unchanged < LOOKS) return
    clearInterval(timer)
    onStuck()
  }, patience / LOOKS)
  return () => clearInterval(timer)
}

/** An evaluation did not come to an end. */
function stuckError(heartbeat: Heartbeat, chunk: Chunk, patience: number): ManifestError {
  const { name, place } = situation(heartbeat, chunk)
  return new ManifestError({
    code: 'expression_stuck',
    message: `${name ?? 'the mapping'} does not come to an end: it was given up after ${patience / 1000} seconds on the record at ${place}`,
    hint: 'look for a regular expression with a repetition inside a repetition, like (a+)+, which can take longer than the world stands',
    path: name,
  })
}

/** An evaluation took all the memory that a worker may have. */
function exhaustedError(heartbeat: Heartbeat, chunk: Chunk, megabytes: number): ManifestError {
  const { name, place } = situation(heartbeat, chunk)
  return new ManifestError({
    code: 'expression_too_large',
    message: `${name ?? 'the mapping'} needs more than ${megabytes} MiB of memory: it was given up on the record at ${place}`,
    hint: 'look for a range like [1..1000000] or a list that grows with every step; for very large records lower run.chunkSize',
    path: name,
  })
}

/** What a worker is working on. */
interface Chunk {
  records: readonly SourceRecord[]
  /** See CompiledMapping.expressions. */
  expressions: readonly string[]
}

function situation(heartbeat: Heartbeat, { records, expressions }: Chunk): { name?: string; place: string } {
  const { expression, record } = positionOf(heartbeat)
  const origin = records[record]?.origin
  return {
    name: expression === undefined ? undefined : expressions[expression],
    place: origin === undefined ? 'its place' : formatLocation(origin),
  }
}
