import type { Clock, Wait } from '../../clock.ts'
import type { SourceConfig } from '../../config/manifest.ts'
import { InterruptedError, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Step } from '../../diagnostics/step.ts'
import type { Proxies } from '../../http/proxy.ts'
import type { FailedRequest } from '../../http/retry.ts'
import type { LiveReading } from '../source.ts'
import { finishReplacement, nextOf } from './format.ts'
import { checkIdentity, optionsOf, snapshotIdentity } from './placement.ts'
import { discardUnfinished, isBegun } from './progress.ts'
import { readSnapshot } from './read-snapshot.ts'
import { type Snapshot, SpoiledReading } from './snapshot.ts'
import { type OpenSnapshotWriter, openSnapshotWriter } from './writer.ts'

export interface CaptureOptions {
  /** Absolute path of the manifest's folder. */
  directory: string
  /** Milliseconds since the epoch. */
  now(): number
  clock?: Clock
  signal?: AbortSignal
  /** Default: no proxies. */
  proxies?: Proxies
  onProgress(step: Step): void
  onWarning(problem: Problem): void
  /** Called for long pauses. */
  onWait?(wait: Wait): void
  /** Called for requests without a usable response. */
  onFailedRequest?(request: FailedRequest): void
}

/** A finished snapshot, or the reason why the reading cannot continue. */
type Outcome = { kind: 'read'; snapshot: Snapshot } | { kind: 'spoiled'; error: SourceError; resumed: boolean }

/**
 * Reads a live source into a snapshot. An interrupted reading continues where it stopped, or starts
 * again if it cannot continue. An existing snapshot stays in the folder until the new one is
 * finished.
 * @throws InterruptedError on abort: rows read so far are kept; SourceError, CredentialsError,
 *   LockedError
 */
export async function captureSource(
  config: SourceConfig,
  live: LiveReading,
  folder: string,
  options: CaptureOptions,
): Promise<Snapshot> {
  await checkPlace(folder, config, live)
  let outcome = await attempt(config, live, folder, options)
  if (outcome.kind === 'spoiled' && outcome.resumed) {
    options.onWarning(begunAnew(outcome.error))
    outcome = await attempt(config, live, folder, options)
  }
  if (outcome.kind === 'spoiled') throw outcome.error
  return outcome.snapshot
}

async function attempt(
  config: SourceConfig,
  live: LiveReading,
  folder: string,
  { now, onProgress, onWarning, ...asking }: CaptureOptions,
): Promise<Outcome> {
  const of = { source: config.type, identity: snapshotIdentity(config, live) }
  let resumed = true
  try {
    const anew = live.isOneMoment === true
    if (anew && isBegun(folder)) onWarning(momentPassed(folder))
    const writer = await openSnapshotWriter(folder, of, { now, anew })
    resumed = writer.resumed
    if (resumed) onWarning(takenUp(writer, folder))
    const context = { ...asking, warn: onWarning, progress: onProgress }
    const snapshot = await writing(writer, { signal: asking.signal, after: anew ? ANEW : GOES_ON }, () =>
      live.capture(optionsOf(config), writer, context),
    )
    return { kind: 'read', snapshot }
  } catch (error) {
    if (!(error instanceof SourceError) || !isSpoiled(error)) throw error
    discardUnfinished(folder)
    return { kind: 'spoiled', error, resumed }
  }
}

/** Whether the unfinished snapshot is unusable. */
function isSpoiled(error: SourceError): boolean {
  const isUnreadable = ({ code }: Problem) => code === 'snapshot_damaged' || code === 'snapshot_version'
  return error instanceof SpoiledReading || error.problems.some(isUnreadable)
}

/** How the next reading begins after an interruption. */
const GOES_ON = 'run the same command again to continue; rows read so far are kept'
export const ANEW = 'run the same command again; it reads the source from the beginning'

/**
 * Fills a snapshot and finishes it. Rows written before an error are kept.
 * @throws InterruptedError on abort, and the errors of `fill`
 */
export async function writing(
  writer: OpenSnapshotWriter,
  { signal, after }: { signal: AbortSignal | undefined; after: string },
  fill: () => Promise<void>,
): Promise<Snapshot> {
  try {
    await fill()
    return await writer.finish()
  } catch (error) {
    // A second error must not hide the first one.
    await writer.close().catch(() => {})
    // The error of a deadline explains itself.
    if (signal?.aborted) throw signal.reason instanceof OperatorError ? signal.reason : interrupted(error, after)
    throw error
  }
}

/**
 * @throws SourceError when the folder contains a snapshot of another source; a damaged snapshot can
 *   be replaced
 */
export async function checkPlace(folder: string, config: SourceConfig, live: LiveReading | undefined): Promise<void> {
  finishReplacement(folder)
  const present = await readSnapshot(folder).catch((error: unknown) => {
    if (error instanceof SourceError) return undefined
    throw error
  })
  if (present !== undefined) checkIdentity(present, config, live)
}

function begunAnew({ message }: SourceError): Problem {
  return {
    code: 'reading_begun_anew',
    severity: 'warning',
    message: `the interrupted reading cannot continue and starts again: ${message}`,
    hint: 'do nothing',
  }
}

function momentPassed(folder: string): Problem {
  return {
    code: 'reading_begun_anew',
    severity: 'warning',
    message: `the interrupted reading into ${folder} starts again, because this source is read at one moment`,
    hint: 'do nothing',
  }
}

function takenUp({ startedAt }: OpenSnapshotWriter, folder: string): Problem {
  return {
    code: 'reading_resumed',
    severity: 'warning',
    message: `continuing the interrupted reading that began at ${startedAt}`,
    hint: `stop, and remove ${nextOf(folder)} to read everything again; otherwise rows read earlier are not read again`,
  }
}

function interrupted(cause: unknown, hint: string): InterruptedError {
  return new InterruptedError({ code: 'interrupted', message: 'interrupted while reading the source', hint }, { cause })
}
