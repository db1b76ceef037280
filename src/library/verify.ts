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

/** What `verify` takes. */
export interface VerifyOptions extends RunOptions, ReadOptions {
  /** The exit code is 7 also for differences and for warnings that the manifest does not accept. */
  strict?: boolean
}

/**
 * What reading WorkOS back came to. Close it when it is no longer needed: that removes what the
 * findings are read from.
 */
export interface Verification {
  /** The manifest's name. */
  readonly name: string
  /**
   * `lost`: something is missing or under another id. `different`: something else is not as it
   * should be.
   */
  readonly outcome: VerificationOutcome
  /** How many resources of each kind are there, different or missing. */
  readonly kinds: readonly KindVerification[]
  /** Passwords, which WorkOS never shows: how many there are in the source, and were sent. */
  readonly secrets: SecretCounts
  /** Records that were rejected, and are therefore not looked for. */
  readonly rejected: number
  /** Writes of an interrupted run that nobody has looked up yet. */
  readonly openWrites: number
  /** What is odd about the source or the place. */
  readonly warnings: readonly PlanFinding[]
  /** Of whom it speaks; undefined: of everybody. */
  readonly scope: ScopeReport | undefined
  /** What the command `verify` would exit with. */
  readonly exitCode: ExitCode
  /** What is not as the source and the state say, by type. */
  findings(): AsyncIterable<Finding>
  /** Removes what the findings are read from. */
  close(): Promise<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Reads WorkOS back and compares it with the source and the state. Writes to neither.
 * @throws as `plan`
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
    message: 'the verification is closed, and what its findings are read from was removed',
    hint: 'close it when nothing is read of it any more',
  })
}
