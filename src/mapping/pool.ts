import { Piscina } from 'piscina'
import type { Manifest } from '../config/manifest.ts'
import type { SourceRecord } from '../sources/source.ts'
import { compileMapping, mapperSettings } from './compile.ts'
import type { MapResult } from './result.ts'

/** Maps chunks of records on worker threads. */
export interface MapperPool {
  /** Maps one chunk on the next free worker; chunks are independent of each other. */
  map(records: SourceRecord[]): Promise<MapResult>
  /** Ends the workers; what is still being mapped is given up. */
  close(): Promise<void>
}

export interface PoolOptions {
  workers: number
  /** See MapperSettings.mainStream. */
  mainStream?: string
}

/**
 * What a worker may take, MiB. A worker needs little more than its chunk; without a bound V8 lets garbage pile up as far as
 * the machine has memory.
 */
const WORKER_MEMORY = { maxOldGenerationSizeMb: 512 }

/**
 * Starts the workers, which compile the manifest's expressions once each.
 * @throws ManifestError when an expression does not compile
 */
export function createMapperPool(manifest: Manifest, options: PoolOptions): MapperPool {
  const settings = mapperSettings(manifest, options.mainStream)
  compileMapping(settings)
  const pool = new Piscina<{ records: SourceRecord[] }, MapResult>({
    filename: workerFile(),
    workerData: settings,
    minThreads: options.workers,
    maxThreads: options.workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    resourceLimits: WORKER_MEMORY,
  })
  return {
    map: (records) => pool.run({ records }),
    close: () => pool.destroy(),
  }
}

/** The worker beside this file, in TypeScript when run from source, and in JavaScript when run from the build. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./worker.${extension}`, import.meta.url).href
}
