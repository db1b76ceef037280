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
  /** Of the manifest, absolute. */
  directory: string
  /** Milliseconds since the epoch. */
  now(): number
  clock?: Clock
  signal?: AbortSignal
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
  onProgress(step: Step): void
  onWarning(problem: Problem): void
  /** Told of pauses that are long. */
  onWait?(wait: Wait): void
  /** Told of requests without a usable answer. */
  onFailedRequest?(request: FailedRequest): void
}

/** What came of a reading: the snapshot, or why it cannot be gone on with. */
type Outcome = { kind: 'read'; snapshot: Snapshot } | { kind: 'spoiled'; error: SourceError; resumed: boolean }

/**
 * Reads a live source into a snapshot, from where an earlier reading was cut off if one was, or
 * from the beginning if that one cannot be gone on with. The snapshot that is in the folder stays
 * until the new one is finished.
 * @throws InterruptedError when it is called off: what was read by then is kept. SourceError,
 *   CredentialsError, LockedError
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

/** A snapshot that is damaged before it is finished is as good as none. */
function isSpoiled(error: SourceError): boolean {
  const isUnreadable = ({ code }: Problem) => code === 'snapshot_damaged' || code === 'snapshot_version'
  return error instanceof SpoiledReading || error.problems.some(isUnreadable)
}

/** What the next reading does after one that was called off. */
const GOES_ON = 'the same command goes on: what the source has answered is kept'
export const ANEW = 'the same command reads the source again from its beginning'

/**
 * Fills a snapshot and finishes it; whatever ends that early, what was written is kept.
 * @throws InterruptedError when it is called off, and what `fill` throws
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
    // What could not be kept either way must not hide why it ended.
    await writer.close().catch(() => {})
    // A deadline says itself what it is.
    if (signal?.aborted) throw signal.reason instanceof OperatorError ? signal.reason : interrupted(error, after)
    throw error
  }
}

/**
 * @throws SourceError when the folder holds a snapshot of another source; a damaged one may be
 *   replaced
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
    message: `the reading that was cut off cannot be gone on with, and begins anew: ${message}`,
    hint: 'nothing needs to be done',
  }
}

function momentPassed(folder: string): Problem {
  return {
    code: 'reading_begun_anew',
    severity: 'warning',
    message: `a reading into ${folder} was cut off; it is begun anew, since all of this source is read at one moment`,
    hint: 'nothing needs to be done',
  }
}

function takenUp({ startedAt }: OpenSnapshotWriter, folder: string): Problem {
  return {
    code: 'reading_resumed',
    severity: 'warning',
    message: `the reading that began at ${startedAt} and was cut off is taken up again`,
    hint: `what was read then is kept as it was; to begin anew, remove ${nextOf(folder)}`,
  }
}

function interrupted(cause: unknown, hint: string): InterruptedError {
  return new InterruptedError(
    { code: 'interrupted', message: 'interrupted while the source was read', hint },
    { cause },
  )
}
