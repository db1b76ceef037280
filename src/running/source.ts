import { resolve } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { isSecretPath } from '../config/schema.ts'
import { UsageError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { proxiesOf } from '../http/proxy.ts'
import { openSource } from '../sources/registry.ts'
import type { CaptureOptions } from '../sources/snapshot/capture.ts'
import { obtainSnapshot } from '../sources/snapshot/obtain.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import type { World } from './world.ts'

/** What the source is read from. */
export interface SnapshotOptions {
  /** Read a live source again even if it has a snapshot. */
  fresh?: boolean
  /** The folder of the snapshot to use instead of the source. */
  snapshot?: string
  /** The snapshot of a saved plan, absolute. */
  remembered?: string
}

/** Whether a path is a credential of the source, needed only to read it over the network. */
export function isSourceSecret(path: readonly string[]): boolean {
  return path[0] === 'source' && isSecretPath(path)
}

/** Missing credentials, without which the source cannot be read. */
function missingCredentials({ deferred }: LoadedManifest): Problem[] {
  return deferred.filter(({ path }) => path?.split('.')[0] === 'source')
}

/** @throws UsageError for options that contradict each other */
export function checkSnapshotOptions({ fresh, snapshot }: SnapshotOptions): void {
  if (!fresh || snapshot === undefined) return
  throw new UsageError({
    code: 'options_contradict',
    message: '--fresh reads the source again, but --snapshot uses an existing snapshot',
    hint: 'remove one of them',
  })
}

/** Obtains the snapshot that a command works from: see obtainSnapshot. */
export function snapshotFor(
  loaded: LoadedManifest,
  { fresh, snapshot, remembered }: SnapshotOptions,
  { cwd, env, now, clock, interrupted }: World,
  tell: Pick<CaptureOptions, 'onProgress' | 'onWarning' | 'onWait' | 'onFailedRequest'>,
): () => Promise<Snapshot | undefined> {
  return () =>
    obtainSnapshot(loaded.manifest.source, {
      ...tell,
      directory: loaded.directory,
      from: snapshot === undefined ? undefined : resolve(cwd, snapshot),
      remembered,
      fresh,
      missing: missingCredentials(loaded),
      now,
      clock,
      signal: interrupted,
      proxies: proxiesOf(env),
    })
}

/** The existing snapshot. Never reads the source itself. */
export function snapshotAtHand(
  { manifest, directory }: LoadedManifest,
  folder: string | undefined,
  { cwd, now, interrupted }: World,
): Promise<Snapshot | undefined> {
  const missing: Problem = {
    code: 'no_snapshot',
    message: 'it has no snapshot',
    hint: 'pass a snapshot with --snapshot',
  }
  const from = folder === undefined ? undefined : resolve(cwd, folder)
  const quiet = { onProgress: () => {}, onWarning: () => {} }
  return obtainSnapshot(manifest.source, { ...quiet, directory, from, missing: [missing], now, signal: interrupted })
}

/**
 * The streams of the manifest's source, the main one first. Opening a source reads nothing.
 * @throws ManifestError if its options contradict each other
 */
export async function streamsOf({ manifest, directory }: LoadedManifest): Promise<readonly string[]> {
  const ignore = () => {}
  const source = await openSource(manifest.source, { directory, scratch: directory, reject: ignore, warn: ignore })
  return source.streams
}
