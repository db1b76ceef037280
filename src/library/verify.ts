import type { ScopeReport } from '../desired/scope.ts'
import type { ExitCode } from '../diagnostics/errors.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { FINDING_TYPES } from '../reporting/verify.ts'
import { compare } from '../running/compare.ts'
import { stagingBeside } from '../running/scratch-place.ts'
import { openSession, type Session } from '../running/session.ts'
import { verifyExitCode } from '../running/verdict.ts'
import {
  type Verification as Compared,
  type Finding,
  findingsOf,
  type KindVerification,
  type SecretCounts,
  type VerificationOutcome,
} from '../verifying/verification.ts'
import { itemsOf } from './items.ts'
import { type Manifest, openedManifest } from './manifest.ts'
import { type PlanFinding, type ReadOptions, sessionOptions } from './plan.ts'
import { begin, type Running, type RunOptions } from './running.ts'

/** Options of `verify`. */
export interface VerifyOptions extends RunOptions, ReadOptions {
  /** Exit code 7 also for differences, and for warnings that the manifest does not accept. */
  strict?: boolean
}

/** The result of `verify`. Close it when you no longer need it, to remove the data it reads. */
export interface Verification {
  /** The manifest's name. */
  readonly name: string
  /**
   * `lost`: something is missing or has another ID. `different`: something else is not as it should
   * be.
   */
  readonly outcome: VerificationOutcome
  /** The number of resources of each kind that exist, differ or are missing. */
  readonly kinds: readonly KindVerification[]
  /** Passwords, which WorkOS never shows: how many are in the source, and how many were sent. */
  readonly secrets: SecretCounts
  /** The number of rejected records, which are not verified. */
  readonly rejected: number
  /** The number of writes of an interrupted run that were not looked up yet. */
  readonly openWrites: number
  /** Warnings about the source or the environment. */
  readonly warnings: readonly PlanFinding[]
  /** The scope. Undefined: all users. */
  readonly scope: ScopeReport | undefined
  /** The exit code of the same `verify` command. */
  readonly exitCode: ExitCode
  /** Deviations from the source and the state, by type. */
  findings(): AsyncIterable<Finding>
  /** Removes the data of the findings. */
  close(): Promise<void>
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Reads WorkOS back and compares it with the source and the state. Writes to neither.
 * @throws the errors of `plan`
 */
export function verify(manifest: Manifest, options: VerifyOptions = {}): Running<Verification> {
  const { manifest: ready, ...place } = openedManifest(manifest)
  return begin('verify', place, options, async (world) => {
    const session = await openSession(ready, { ...sessionOptions(options), leaveOpenWrites: true }, world)
    try {
      const compared = await stagingBeside(session.scratch, () => compare(session, world))
      await session.disconnect()
      return verificationOf(session, compared, options.strict ?? false)
    } catch (error) {
      await session.close()
      throw error
    }
  })
}

function verificationOf(session: Session, compared: Compared, strict: boolean): Verification {
  const { name, outcome, kinds, secrets, rejected, openWrites, warnings, set } = compared
  let isClosed = false
  const check = () => {
    if (isClosed) throw verificationClosed()
  }
  const close = async () => {
    isClosed = true
    await session.close()
  }
  return {
    name,
    outcome,
    kinds,
    secrets,
    rejected,
    openWrites,
    warnings: warnings.map((warning) => ({ level: 'warning', ...warning })),
    scope: set.scope,
    exitCode: verifyExitCode(compared, strict),
    findings: () => itemsOf(allFindings(compared), check),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function* allFindings(compared: Compared): Generator<Finding> {
  for (const type of FINDING_TYPES) yield* findingsOf(compared, type, Number.POSITIVE_INFINITY)
}

function verificationClosed(): UsageError {
  return new UsageError({
    code: 'verification_closed',
    message: 'the verification is closed, and its data was removed',
    hint: 'close a verification after you have read it',
  })
}
