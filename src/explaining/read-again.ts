import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { SourceError } from '../diagnostics/errors.ts'
import { openSource } from '../sources/registry.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import type { SourceRecord } from '../sources/source.ts'

export interface ReadAgainOptions {
  loaded: LoadedManifest
  /** The run's scratch folder. */
  scratch: string
  snapshot: Snapshot | undefined
  /** Digest of what the plan was made from. */
  digest: string
  signal?: AbortSignal
}

/**
 * Reads the source once more, as planning did: a record has the same position as then. What is refused has been told by planning.
 * @throws SourceError when it is another source by now
 */
export async function* readAgain(options: ReadAgainOptions): AsyncGenerator<SourceRecord> {
  const { loaded, snapshot, signal } = options
  const { source: config, run } = loaded.manifest
  mkdirSync(options.scratch, { recursive: true, mode: 0o700 })
  const scratch = mkdtempSync(join(options.scratch, 'again-'))
  const source = await openSource(config, {
    directory: loaded.directory,
    scratch,
    ...(snapshot && { snapshot }),
    reject: () => {},
    warn: () => {},
    ...(signal && { signal }),
  })
  for await (const chunk of source.read(run.chunkSize)) {
    signal?.throwIfAborted()
    yield* chunk
  }
  if (source.digest() === options.digest) return
  throw new SourceError({
    code: 'source_changed',
    message: 'the source changed while it was read',
    hint: 'run the same command again',
  })
}
