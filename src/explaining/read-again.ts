import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { SourceError } from '../diagnostics/errors.ts'
import { openSource } from '../sources/registry.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import type { Source, SourceRecord } from '../sources/source.ts'

export interface ReadAgainOptions {
  loaded: LoadedManifest
  /** The run's scratch folder. */
  scratch: string
  snapshot: Snapshot | undefined
  /** Digest of what the plan was made from. */
  digest: string
  signal?: AbortSignal
}

/** The stream that rules without `from` apply to. */
export async function mainStream(options: ReadAgainOptions): Promise<string | undefined> {
  return (await reopen(options, options.scratch)).streams[0]
}

/**
 * Reads the source once more, as planning did: a record has the same position as then. What is refused has been told by planning.
 * @throws SourceError when it is another source by now
 */
export async function* readAgain(options: ReadAgainOptions): AsyncGenerator<SourceRecord> {
  const source = await reopen(options, mkdtempSync(join(options.scratch, 'again-')))
  for await (const chunk of source.read(options.loaded.manifest.run.chunkSize)) {
    options.signal?.throwIfAborted()
    yield* chunk
  }
  if (source.digest() === options.digest) return
  throw new SourceError({
    code: 'source_changed',
    message: 'the source changed while it was read',
    hint: 'run the same command again',
  })
}

function reopen({ loaded, snapshot, signal }: ReadAgainOptions, scratch: string): Promise<Source> {
  return openSource(loaded.manifest.source, {
    directory: loaded.directory,
    scratch,
    ...(snapshot && { snapshot }),
    reject: () => {},
    warn: () => {},
    ...(signal && { signal }),
  })
}
