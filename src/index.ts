import { Readable, Writable } from 'node:stream'
import type { ExitCode } from './diagnostics/errors.ts'
import { toolVersion } from './version.ts'

/**
 * The library's face. In: a manifest, and where a run takes place. Out: plans, results and findings
 * as objects, events as they happen, and errors as classes. `run` takes a whole command line
 * instead.
 */

export type { KindResult } from './applying/apply-result.ts'
export type { ChangedBy } from './comparing/field-differences.ts'
export type { Limit, Threshold } from './config/manifest.ts'
export type { Scope } from './config/pilot.ts'
export type { ScopeReport } from './desired/scope.ts'
export {
  CredentialsError,
  ExitCode,
  FileError,
  GuardError,
  InterruptedError,
  LockedError,
  ManifestError,
  NetworkError,
  OperatorError,
  SourceError,
  StalePlanError,
  StateError,
  StrictError,
  TargetError,
  UnexpectedError,
  UsageError,
} from './diagnostics/errors.ts'
export type { Location, Problem } from './diagnostics/problem.ts'
export type { Json, JsonObject } from './json.ts'
export { type Applied, type ApplyFileOptions, type ApplyOptions, apply } from './library/apply.ts'
export type { RunEvent } from './library/event-queue.ts'
export { type LoadManifestOptions, loadManifest, type Manifest } from './library/manifest.ts'
export {
  type Difference,
  type Plan,
  type PlanFinding,
  type PlannedAction,
  type PlanOptions,
  plan,
  type ReadOptions,
} from './library/plan.ts'
export type { Running, RunOptions } from './library/running.ts'
export { type Verification, type VerifyOptions, verify } from './library/verify.ts'
export type { ActionValues, KindSummary } from './planning/action.ts'
export type { Estimate } from './planning/estimate.ts'
export type { GuardRefusal } from './planning/guards.ts'
/**
 * The lines of `--events`: one JSON object each, the first one, of type `version`, names the
 * format.
 */
export { EVENTS_FORMAT, EVENTS_VERSION, type Event } from './reporting/events.ts'
export type { RejectedItem } from './rundb/rejects.ts'
export type { DeadlineOptions } from './running/session.ts'
export type { Address, Failure, RunOutcome } from './state/store.ts'
export type { Finding, Found, KindVerification, SecretCounts, VerificationOutcome } from './verifying/verification.ts'
export type { RequestCounts } from './workos/client.ts'

/** The version of this package. */
export const version: string = toolVersion

/** Where a command runs. Nothing is taken from the process: what is left out is empty. */
export interface World {
  /** The folder that relative paths start from, and in which a manifest is searched for. */
  cwd: string
  /** Variables, for the references of a manifest and for proxies. Default: none. */
  env?: Readonly<Record<string, string | undefined>>
  /** Data: a plan, a result. Default: nowhere. */
  stdout?: Writable
  /** Everything else: problems, progress, remarks. Default: nowhere. */
  stderr?: Writable
  /** Asked only where it and `stderr` are terminals. Default: empty. */
  stdin?: Readable
  /**
   * Aborted, it ends the command in order, as the first Ctrl-C does: what is on its way may end,
   * and the exit code is 130.
   */
  signal?: AbortSignal
}

/**
 * Runs one command line, without the program's own name: `run(['plan', '--json'], { cwd, stdout
 * })`. It never throws for what a person can correct: that is on `stderr`, and the exit code tells.
 * Signals of the process stay those of the caller.
 *
 * The program itself starts with `--no-wasm-code-gc`, without which V8 may abort while threads end
 * (https://github.com/nodejs/node/issues/64500). A process that plans or applies again and again
 * does well to start with it too.
 */
export async function run(args: readonly string[], world: World): Promise<ExitCode> {
  const { cwd, env = {}, stdout = nowhere(), stderr = nowhere(), stdin = Readable.from([]), signal } = world
  const never = new AbortController().signal
  const interrupted = signal ?? never
  const { run: runCommandLine } = await import('./cli/run.ts')
  return runCommandLine(args, {
    cwd,
    env: { ...env },
    stdout,
    stderr,
    stdin,
    now: Date.now,
    interrupted,
    killed: never,
  })
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
