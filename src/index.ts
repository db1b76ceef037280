import { Readable, Writable } from 'node:stream'
import type { ExitCode } from './diagnostics/errors.ts'
import { toolVersion } from './version.ts'

/**
 * The public library. In: a manifest, and where a run takes place. Out: plans, results and findings
 * as objects, events as they happen, and errors as classes. `run` takes a whole command line.
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
 * The lines of `--events`: one JSON object each. The first one has the type `version` and names the
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

/** Where a command runs. Nothing is read from the process: options you omit are empty. */
export interface World {
  /** The folder that relative paths start from and where the search for a manifest starts. */
  cwd: string
  /** Variables for references in a manifest and for proxies. Default: none. */
  env?: Readonly<Record<string, string | undefined>>
  /** Receives data: a plan, a result. Default: discarded. */
  stdout?: Writable
  /** Receives everything else: problems, progress, remarks. Default: discarded. */
  stderr?: Writable
  /** Read only if it and `stderr` are terminals. Default: empty. */
  stdin?: Readable
  /**
   * Aborts the command in order, like the first Ctrl-C: open requests can finish, and the exit code
   * is 130.
   */
  signal?: AbortSignal
}

/**
 * Runs one command line, without the program's name: `run(['plan', '--json'], { cwd, stdout })`. It
 * never throws for errors that a person can correct: these are on `stderr` and in the exit code. It
 * does not handle signals of the process.
 *
 * The program itself starts with `--no-wasm-code-gc`, without which V8 can abort when threads end
 * (https://github.com/nodejs/node/issues/64500). Use this option, too, for a process that plans or
 * applies repeatedly.
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
