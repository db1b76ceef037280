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
  /** Absolute path of the only snapshot to use. */
  from?: string
  /**
   * Absolute path of the snapshot that a saved plan was made from. A live source is read again when
   * the folder is missing, for example on another machine.
   */
  remembered?: string
  /** Read the source even if there is a snapshot. */
  fresh?: boolean
  /** Missing credentials of the source. */
  missing: readonly Problem[]
}

/**
 * Returns the snapshot to use: the named one, or the live source's own. Reads the source if it has
 * no snapshot, or if `fresh` is set. Returns undefined for sources of files.
 * @throws SourceError when the snapshot is damaged or of another source; all errors of reading
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

/** Checks the head of a live source's own snapshot, if there is one. */
export async function checkOwnSnapshot(config: SourceConfig, directory: string): Promise<readonly Problem[]> {
  try {
    const live = await liveReading(config)
    if (live === undefined) return []
    const folder = snapshotFolder(config, directory, live)
    if (existsSync(join(folder, HEAD))) checkIdentity(await readSnapshot(folder), config, live)
    return []
  } catch (error) {
    // The check of the source reports wrong options.
    if (error instanceof ManifestError) return []
    if (error instanceof SourceError) return error.problems
    throw error
  }
}

async function namedSnapshot(config: SourceConfig, folder: string, live: LiveReading | undefined): Promise<Snapshot> {
  const snapshot = await readSnapshot(folder)
  // Files can be recorded from any place, so only the type must match.
  if (!isRecorded(snapshot)) checkIdentity(snapshot, config, live)
  else if (snapshot.source !== config.type) throw ofOtherType(snapshot, config)
  return snapshot
}

function ofOtherType({ folder, source }: Snapshot, { type }: SourceConfig): SourceError {
  return new SourceError({
    code: 'snapshot_of_another_source',
    message: `the snapshot in ${folder} has the source type ${source}, but source.type in the manifest is ${type}`,
    hint: `use a manifest with source.type ${source}`,
    at: { file: folder },
  })
}
