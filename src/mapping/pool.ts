import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads'
import type { Manifest } from '../config/manifest.ts'
import { codeOf, ManifestError } from '../diagnostics/errors.ts'
import { formatLocation } from '../diagnostics/problem.ts'
import type { StagingPlace } from '../rundb/run-database.ts'
import { InOrder } from '../sources/in-order.ts'
import type { JoinedPart, LoadedTable, Origin, Piece, SourceRecord, Threads } from '../sources/source.ts'
import type { ColumnsRead } from '../sources/tally.ts'
import { type CompiledMapping, compileMapping, type MapperSettings, mapperSettings } from './compile.ts'
import { mapChunk } from './map-chunk.ts'
import {
  type ChunkCounts,
  createHeartbeat,
  type DiskFailure,
  type Heartbeat,
  type LoadAnswer,
  type LoadMessage,
  type MapResult,
  type MapTask,
  type PieceResult,
  type PieceTask,
  positionOf,
} from './result.ts'
import { MappingThreads } from './threads.ts'
import type { Answer, Setup } from './worker.ts'

/** Maps chunks of records on worker threads. */
export interface MapperPool<Outcome = MapResult> {
  /**
   * Maps one chunk on the next free worker; chunks are independent.
   * @param alone it is the only chunk: mapped in this thread, which is faster than starting a
   * worker, if the expressions are sure to end on its records
   * @throws ManifestError when an expression hangs or needs too much memory; all chunks then end
   * with the same error
   */
  map(records: SourceRecord[], alone?: boolean): Promise<Outcome>
  /** The workers' part for pieces of a source. */
  pieces: PieceMapper
  /** Ends the workers, and abandons unfinished chunks. */
  close(): Promise<void>
}

/** Reads the records of pieces and maps them. */
export interface PieceMapper extends Threads {
  /** @throws as `MapperPool.map` */
  map(piece: Piece): Promise<PieceResult>
}

export interface PoolOptions {
  workers: number
  /** See `MapperSettings.mainStream`. */
  mainStream?: string
  /**
   * The columns that the mapping reads, to search in the records of pieces. Undefined: there are no
   * pieces.
   */
  columns?: ColumnsRead
  /** Milliseconds for one evaluation before the run ends. */
  patience?: number
  /** MiB for one thread. */
  memory?: number
  /** Threads that have started already. The pool ends them. Default: its own. */
  threads?: MappingThreads | undefined
  /** The run's database, where workers stage. */
  database?: StagingPlace | undefined
}

/** Milliseconds. JSONata itself ends an evaluation after five seconds, wherever it can. */
const PATIENCE = 30_000

/**
 * Compiles the manifest's expressions. Threads start with the first chunk that needs them, if they
 * have not started before, and compile once each. With a database they stage their results there,
 * and return only the counts.
 * @throws ManifestError when an expression does not compile
 */
export function createMapperPool(manifest: Manifest, options: PoolOptions & { database?: undefined }): MapperPool
export function createMapperPool(manifest: Manifest, options: PoolOptions): MapperPool<MapResult | ChunkCounts>
export function createMapperPool(manifest: Manifest, options: PoolOptions): MapperPool<MapResult | ChunkCounts> {
  const settings = mapperSettings(manifest, options.mainStream)
  let mappers: Mappers | undefined
  const started = () => {
    mappers ??= startMapping(settings, () => mapping.expressions, options)
    return mappers
  }
  const close = async () => {
    await mappers?.close()
    await options.threads?.close()
  }
  // Every piece needs the threads. They compile while this thread does.
  if (options.columns !== undefined) started()
  const mapping = compiled(settings, close)
  return {
    map: async (records, alone = false) => {
      if (alone && endsOn(records, mapping.boundedLength)) return mapChunk({ records }, mapping)
      return started().map(records)
    },
    pieces: {
      map: async (piece) => started().pieces.map(piece),
      load: async (place, parts) => started().pieces.load(place, parts),
    },
    close,
  }
}

type Mappers = MapperPool<MapResult | ChunkCounts>

/** @param close called before the error is thrown */
function compiled(settings: MapperSettings, close: () => Promise<void>): CompiledMapping {
  try {
    return compileMapping(settings)
  } catch (error) {
    close().catch(() => {})
    throw error
  }
}

/** Whether the expressions are sure to end on all these records. */
export function endsOn(records: readonly SourceRecord[], length: number): boolean {
  return length > 0 && records.every(({ data }) => JSON.stringify(data).length <= length)
}

/** @param expressions see `CompiledMapping.expressions` */
function startMapping(
  settings: MapperSettings,
  expressions: () => readonly string[],
  {
    workers,
    columns,
    database,
    patience = PATIENCE,
    memory,
    threads = new MappingThreads(workers, memory),
  }: PoolOptions,
): Mappers {
  const setup: Setup = { settings: JSON.stringify(settings), columns, database }
  threads.each({ setup })
  const running = new Set<AbortController>()
  let failure: ManifestError | undefined
  const giveUp = (error: ManifestError) => {
    failure ??= error
    for (const controller of running) controller.abort()
  }
  /** Runs a mapping task and watches it. */
  const run = async <Result extends Answer>(
    { heartbeat, ...task }: { heartbeat: Heartbeat } & (Pick<MapTask, 'records'> | Omit<PieceTask, 'heartbeat'>),
    originOf: Chunk['originOf'],
    transferList: Transferable[] = [],
  ): Promise<Result> => {
    if (failure) throw failure
    const chunk = { originOf, expressions: expressions() }
    const controller = new AbortController()
    running.add(controller)
    const endWatch = watchOver(heartbeat, patience, () => giveUp(stuckError(heartbeat, chunk, patience)))
    try {
      return await threads.run<Result>({ ...task, heartbeat, setup }, { signal: controller.signal, transferList })
    } catch (error) {
      if (isOutOfMemory(error)) giveUp(exhaustedError(heartbeat, chunk, threads.memory))
      throw failure ?? error
    } finally {
      endWatch()
      running.delete(controller)
    }
  }
  const map = async (records: SourceRecord[]) => {
    const task = { records, heartbeat: createHeartbeat() }
    return undamaged(await run<MapResult | ChunkCounts | Damaged>(task, (record) => records[record]?.origin))
  }
  const pieces: PieceMapper = {
    async map(piece) {
      const lines = new Int32Array(new SharedArrayBuffer(piece.rows * Int32Array.BYTES_PER_ELEMENT))
      const { file } = piece
      const originOf = (record: number) => (lines[record] ? { file, line: lines[record] } : undefined)
      const task = { piece, lines, heartbeat: createHeartbeat() }
      return undamaged(await run<PieceResult | Damaged>(task, originOf, [piece.bytes.buffer]))
    },
    async load(place, parts) {
      if (failure) throw failure
      const { port1, port2 } = new MessageChannel()
      const loading = threads.run<LoadedTable | Damaged>({ place, port: port2 }, { transferList: [port2] })
      try {
        return undamaged(await sendParts(port1, parts, loading))
      } finally {
        port1.close()
      }
    },
  }
  return { map, pieces, close: () => threads.close(failure !== undefined) }
}

/** How a disk error crosses threads. */
type Damaged = { failure: DiskFailure }

function undamaged<T extends object>(answer: T | Damaged): T {
  if (!('failure' in answer)) return answer
  const { message, details } = answer.failure
  throw Object.assign(new Error(message), details)
}

/** Messages without an answer from a worker: limits memory. */
const UNANSWERED = 4

/** Sends rows at the speed of loading. Results of the parts keep their order. */
async function sendParts<T>(port: MessagePort, parts: AsyncIterable<JoinedPart>, loading: Promise<T>): Promise<T> {
  const order = new InOrder()
  const sent: ((answer: LoadAnswer) => void)[] = []
  let wake = () => {}
  let failure: { error: unknown } | undefined
  const fail = (error: unknown) => {
    failure ??= { error }
    wake()
  }
  loading.catch(fail)
  port.on('message', (answer: LoadAnswer) => {
    try {
      sent.shift()?.(answer)
    } catch (error) {
      fail(error)
    }
    wake()
  })
  const settled = async (most: number) => {
    while (sent.length > most && failure === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (failure !== undefined) throw failure.error
  }
  try {
    for await (const part of parts) {
      const settle = order.take()
      if ('step' in part) settle(() => part.step())
      else if ('rows' in part) {
        sent.push(() => settle(() => {}))
        port.postMessage({ rows: part.rows } satisfies LoadMessage)
      } else {
        sent.push((answer) => settle(() => answer && part.settle(answer)))
        port.postMessage({ piece: part.piece } satisfies LoadMessage, [part.piece.bytes.buffer])
      }
      await settled(UNANSWERED)
    }
    await settled(0)
  } finally {
    // The worker always finishes, whatever fails here.
    port.postMessage({ end: true } satisfies LoadMessage)
  }
  return loading
}

function isOutOfMemory(error: unknown): boolean {
  return codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY'
}

/** How many checks of a worker fit into its patience. */
const LOOKS = 10

/**
 * Calls `onStuck` when a worker stays in one evaluation for `patience` milliseconds. JSONata counts
 * its own steps but cannot stop inside one, such as a regular expression that backtracks.
 * @returns a function that ends the watch
 */
function watchOver(heartbeat: Heartbeat, patience: number, onStuck: () => void): () => void {
  let last: number | undefined
  let unchanged = 0
  // Counts checks, not milliseconds: this thread might have been busy itself.
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

/** An evaluation did not end. */
function stuckError(heartbeat: Heartbeat, chunk: Chunk, patience: number): ManifestError {
  const { name, place } = situation(heartbeat, chunk)
  return new ManifestError({
    code: 'expression_stuck',
    message: `${name ?? 'the mapping'} does not end: stopped after ${patience / 1000} seconds on the record at ${place}`,
    hint: 'look for a regular expression with a repetition inside a repetition, like (a+)+, which can take forever',
    path: name,
  })
}

/** An evaluation used all the memory of its worker. */
function exhaustedError(heartbeat: Heartbeat, chunk: Chunk, megabytes: number): ManifestError {
  const { name, place } = situation(heartbeat, chunk)
  return new ManifestError({
    code: 'expression_too_large',
    message: `${name ?? 'the mapping'} needs more than ${megabytes} MiB of memory: stopped on the record at ${place}`,
    hint: 'look for a range like [1..1000000] or a list that grows with every step; for very large records lower run.chunkSize',
    path: name,
  })
}

/** The chunk of a worker. */
interface Chunk {
  /** Where a record was read, by its index. */
  originOf(record: number): Origin | undefined
  /** See `CompiledMapping.expressions`. */
  expressions: readonly string[]
}

function situation(heartbeat: Heartbeat, { originOf, expressions }: Chunk): { name?: string; place: string } {
  const { expression, record } = positionOf(heartbeat)
  const origin = originOf(record)
  return {
    name: expression === undefined ? undefined : expressions[expression],
    place: origin === undefined ? 'its place' : placeOf(origin),
  }
}

function placeOf(origin: Origin): string {
  const { record } = origin
  return record === undefined ? formatLocation(origin) : `${formatLocation(origin)} (record ${record} of the file)`
}
