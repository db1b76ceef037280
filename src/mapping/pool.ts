import { Piscina } from 'piscina'
import type { Manifest } from '../config/manifest.ts'
import type { ManifestError } from '../diagnostics/errors.ts'
import type { SourceRecord } from '../sources/source.ts'
import { compileMapping, mapperSettings } from './compile.ts'
import type { MapResult, MapTask } from './result.ts'
import { exhaustedError, stuckError, watchOver } from './watchdog.ts'
import { createWhereabouts } from './whereabouts.ts'

/** Maps chunks of records on worker threads. */
export interface MapperPool {
  /**
   * Maps one chunk on the next free worker; chunks are independent of each other.
   * @throws ManifestError when an expression hangs or takes too much memory; all chunks then end in the same error
   */
  map(records: SourceRecord[]): Promise<MapResult>
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
}

/**
 * What a worker may take, MiB. A worker needs little more than its chunk; without a bound V8 lets garbage pile up as far as
 * the machine has memory.
 */
const MEMORY = 512

/** JSONata ends an evaluation after five seconds by itself, wherever it can. Milliseconds. */
const PATIENCE = 30_000

/**
 * Starts the workers, which compile the manifest's expressions once each.
 * @throws ManifestError when an expression does not compile
 */
export function createMapperPool(manifest: Manifest, options: PoolOptions): MapperPool {
  const settings = mapperSettings(manifest, options.mainStream)
  const { expressions } = compileMapping(settings)
  const { workers, patience = PATIENCE, memory = MEMORY } = options
  const pool = new Piscina<MapTask, MapResult>({
    filename: workerFile(),
    workerData: settings,
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
  const map = async (records: SourceRecord[]): Promise<MapResult> => {
    if (failure) throw failure
    const whereabouts = createWhereabouts()
    const chunk = { records, expressions }
    const controller = new AbortController()
    running.add(controller)
    const endWatch = watchOver(whereabouts, patience, () => giveUp(stuckError(whereabouts, chunk, patience)))
    try {
      return await pool.run({ records, whereabouts }, { signal: controller.signal })
    } catch (error) {
      if (isOutOfMemory(error)) giveUp(exhaustedError(whereabouts, chunk, memory))
      throw failure ?? error
    } finally {
      endWatch()
      running.delete(controller)
    }
  }
  // A worker that is ended while it still loads its modules may take the whole process with it: an empty task for each tells
  // when all have started.
  const begin = () => pool.run({ records: [], whereabouts: createWhereabouts() })
  const started = Promise.allSettled(Array.from({ length: workers }, begin))
  const close = async () => {
    if (!failure) await started
    await pool.destroy()
  }
  return { map, close }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

/** The worker beside this file, in TypeScript when run from source, and in JavaScript when run from the build. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./worker.${extension}`, import.meta.url).href
}
