import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceConfig } from '../../config/manifest.ts'
import { ManifestError, SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { LiveReading } from '../source.ts'
import type { CaptureOptions } from './capture.ts'
import { finishReplacement, HEAD } from './format.ts'
import { checkIdentity, liveReading, snapshotFolder } from './placement.ts'
import { readSnapshot } from './read-snapshot.ts'
import { isRecorded } from './recorded.ts'
import type { Snapshot } from './snapshot.ts'

export interface ObtainOptions extends CaptureOptions {
  /** Work from the snapshot in this folder, absolute, and from nothing else. */
  from?: string
  /**
   * The folder that a saved plan was made from, absolute. A live source is read where it is not at
   * hand, as on another machine.
   */
  remembered?: string
  /** Read the source again although there is a snapshot of it. */
  fresh?: boolean
  /** What keeps the source from being asked: credentials that are not set. */
  missing: readonly Problem[]
}

/**
 * The snapshot to work from: the one that is named; for a live source its own, read now if there is
 * none or if it is to be read again; none for files, which are read where they lie.
 * @throws SourceError when the snapshot is of another source or damaged, and whatever reading
 *   throws
 */
export async function obtainSnapshot(
  config: SourceConfig,
  options: ObtainOptions,
  known?: LiveReading,
): Promise<Snapshot | undefined> {
  const live = known ?? (await liveReading(config))
  const { from, remembered } = options
  if (from !== undefined) return namedSnapshot(config, from, live)
  if (remembered !== undefined && (live === undefined || existsSync(remembered))) {
    return namedSnapshot(config, remembered, live)
  }
  if (live === undefined) return undefined
  const folder = snapshotFolder(config, options.directory, live)
  finishReplacement(folder)
  if (!options.fresh && existsSync(join(folder, HEAD))) {
    const snapshot = await readSnapshot(folder)
    checkIdentity(snapshot, config, live)
    return snapshot
  }
  if (options.missing.length > 0) throw new ManifestError(options.missing)
  const { captureSource } = await import('./capture.ts')
  return captureSource(config, live, folder, options)
}

/**
 * What is wrong with the snapshot that a live source would be worked from, as far as its head
 * tells: nothing if there is none.
 */
export async function checkOwnSnapshot(config: SourceConfig, directory: string): Promise<readonly Problem[]> {
  try {
    const live = await liveReading(config)
    if (live === undefined) return []
    const folder = snapshotFolder(config, directory, live)
    if (existsSync(join(folder, HEAD))) checkIdentity(await readSnapshot(folder), config, live)
    return []
  } catch (error) {
    // Options that do not fit have been told of by the check of the source.
    if (error instanceof ManifestError) return []
    if (error instanceof SourceError) return error.problems
    throw error
  }
}

async function namedSnapshot(config: SourceConfig, folder: string, live: LiveReading | undefined): Promise<Snapshot> {
  const snapshot = await readSnapshot(folder)
  // What was recorded from files may have lain anywhere: only the type has to be the same, which
  // the mapping is made for.
  if (!isRecorded(snapshot)) checkIdentity(snapshot, config, live)
  else if (snapshot.source !== config.type) throw ofOtherType(snapshot, config)
  return snapshot
}

function ofOtherType({ folder, source }: Snapshot, { type }: SourceConfig): SourceError {
  return new SourceError({
    code: 'snapshot_of_another_source',
    message: `the snapshot in ${folder} is of the source ${source}, and the manifest's is ${type}`,
    hint: `use it with a manifest whose source.type is ${source}`,
    at: { file: folder },
  })
}
