import { resolve } from 'node:path'
import type { ApplyResult, KindResult } from '../applying/apply-result.ts'
import type { LoadedManifest } from '../config/load.ts'
import type { Threshold } from '../config/manifest.ts'
import { type ExitCode, GuardError, UsageError } from '../diagnostics/errors.ts'
import { plannedKinds } from '../kinds/registry.ts'
import { checkFresh } from '../planning/check-fresh.ts'
import { checkGuards, type Thresholds } from '../planning/guards.ts'
import type { Plan as ComputedPlan } from '../planning/plan.ts'
import { leftBehind } from '../planning/summarise.ts'
import { carryOut } from '../running/carry-out.ts'
import { failuresOf } from '../running/failures-of.ts'
import { type Ended, notifying } from '../running/notify.ts'
import { asSaved, computeSaved, openSavedPlan } from '../running/saved-plan.ts'
import { stagingBeside } from '../running/scratch-place.ts'
import { type DeadlineOptions, loadChecked, openSession, type Session } from '../running/session.ts'
import { applyExitCode, checkRefusals, refuseWarnings, requireWord } from '../running/verdict.ts'
import type { World } from '../running/world.ts'
import type { Failure, RunOutcome } from '../state/store.ts'
import type { RequestCounts } from '../workos/client.ts'
import { openedManifest, placeIn } from './manifest.ts'
import { openedPlan, type Plan } from './plan.ts'
import { begin, type Running, type RunOptions } from './running.ts'

/**
 * What `apply` takes: what approves a plan, and guards that hold for this run beside those of the
 * manifest.
 */
export interface ApplyOptions extends RunOptions, DeadlineOptions {
  /** The word that `safety.confirm` of the manifest asks for, as `--confirm` gives it. */
  confirm?: string
  /** Whether deletions are approved. Without it a plan that deletes is refused. Default: false. */
  deletes?: boolean
  /**
   * Refuse a plan with a warning that the manifest does not accept; the exit code is 7 for what is
   * rejected or blocked, as with `--strict`.
   */
  strict?: boolean
  /** Refuse a plan that creates more: a count, or a percentage such as `30%` of what is desired. */
  maxCreates?: Threshold
  /** Refuse a plan that updates more. */
  maxUpdates?: Threshold
  /** Refuse a plan that deletes more; a percentage is of what the state holds. */
  maxDeletes?: Threshold
  /** Refuse a plan that rejects or blocks more; a percentage is of all records and resources. */
  maxRejects?: Threshold
}

/** What `apply` takes besides where the plan is in a file. */
export interface ApplyFileOptions extends ApplyOptions {
  /** The folder that relative paths start from. */
  cwd: string
  /** Variables, as for `loadManifest`. Default: none. */
  env?: Readonly<Record<string, string | undefined>>
  /** The manifest file. Default: the one that the plan was made from. */
  manifest?: string
}

/** What became of a plan. */
export interface Applied {
  /** The number of the run in the state. */
  readonly run: number
  /**
   * `completed`: all that was planned is done. `incomplete`: some of it failed. `interrupted`,
   * `deadline`, `stopped`: the rest was not begun.
   */
  readonly outcome: RunOutcome
  /** Why it was stopped. */
  readonly stopped: string | undefined
  /** What became of how many resources of each kind. */
  readonly kinds: readonly KindResult[]
  /** The requests that were sent. */
  readonly requests: RequestCounts
  /** Records and resources that the plan had refused. */
  readonly rejected: number
  /** Records that the manifest's conditions leave out. */
  readonly leftOut: number
  /** How long it took. */
  readonly seconds: number
  /** What the command `apply` would exit with. */
  readonly exitCode: ExitCode
  /**
   * What failed, is blocked, or went without something that WorkOS did not take. It is read from
   * the state, which keeps it for 20 runs.
   */
  failures(): AsyncIterable<Failure>
}

/**
 * Carries a plan out. The plan is made anew under the state's lock, and held against the one that
 * is given: what is applied is what was looked at, or nothing. A failure of single resources does
 * not reject; it is in the result.
 * @throws StalePlanError where something has changed since; GuardError where a guard refuses, or an
 *   approval is missing; StrictError; LockedError where somebody else works on the state; and as
 *   `plan`
 */
export function apply(plan: Plan, options?: ApplyOptions): Running<Applied>
/**
 * The same of a plan in a file, as `plan.save` and `plan --out` write it. @throws ManifestError
 * also for a file that was changed
 */
export function apply(file: string, options: ApplyFileOptions): Running<Applied>
export function apply(plan: Plan | string, options: ApplyOptions | ApplyFileOptions = {}): Running<Applied> {
  if (typeof plan === 'string') {
    if ('cwd' in options) return applyFile(plan, options)
    throw new UsageError({
      code: 'no_cwd',
      message: 'a plan in a file is found from a folder',
      hint: 'give the option cwd',
    })
  }
  const { manifest, snapshot, header } = openedPlan(plan)
  const { manifest: ready, ...place } = openedManifest(manifest)
  return begin('apply', place, options, async (world) => {
    const session = await openSession(
      ready,
      { ...deadlineIn(options), savedScope: header.scope ?? null, remembered: snapshot },
      world,
      'apply',
    )
    return applyIn(session, options, world, async () => {
      const computed = await session.computePlan(header.summary.refreshed)
      const { apiKey } = session.target.identity
      checkFresh(header, computed, { apiKey, manifest: session.loaded.manifest })
      return computed
    })
  })
}

function applyFile(file: string, options: ApplyFileOptions): Running<Applied> {
  const { cwd, env = {}, manifest } = options
  return begin('apply', placeIn(cwd, env), options, async (world) => {
    const saved = await openSavedPlan(resolve(cwd, file))
    const opening = asSaved(saved, { ...deadlineIn(options), config: manifest })
    const session = await openSession(await loadChecked(opening, world), opening, world, 'apply')
    return applyIn(session, options, world, () => computeSaved(session, saved, file, false))
  })
}

function deadlineIn({ deadline, maxDuration }: ApplyOptions): DeadlineOptions {
  return { deadline, maxDuration }
}

/** Plans, judges and carries out in a session, and closes it. */
async function applyIn(
  session: Session,
  options: ApplyOptions,
  world: World,
  compute: () => Promise<ComputedPlan>,
): Promise<Applied> {
  const { loaded } = session
  const strict = options.strict ?? false
  try {
    const work = async (ended: Ended) => {
      const computed = await compute()
      checkRefusals(computed, loaded)
      checkThresholds(computed, loaded, options)
      if (strict) refuseWarnings(computed)
      if (computed.summary.changes) checkApproval(computed, loaded, options)
      const { result, seconds } = await carryOut(session, computed, { command: 'apply', ended }, world)
      return appliedOf(result, seconds, loaded, applyExitCode(result, computed, strict))
    }
    const told = () => notifying('apply', loaded, world, work, ({ exitCode }) => exitCode)
    return await stagingBeside(session.scratch, told)
  } finally {
    await session.close()
  }
}

const BY_OPTION = { prefix: '', where: ' in the options' }

/**
 * @throws GuardError for what the options do not allow, UsageError for an option that is no
 *   threshold
 */
function checkThresholds({ set, summary }: ComputedPlan, { manifest }: LoadedManifest, options: Thresholds): void {
  const { maxCreates, maxUpdates, maxDeletes, maxRejects } = options
  const limits = { maxCreates, maxUpdates, maxDeletes, maxRejects }
  for (const [name, limit] of Object.entries(limits)) checkThreshold(name, limit)
  const behind = leftBehind(set, summary.kinds, plannedKinds(manifest))
  const refusals = checkGuards(limits, summary.kinds, ...behind, BY_OPTION)
  if (refusals.length === 0) return
  throw new GuardError(refusals.map(({ guard, message, hint }) => ({ code: `guard_${guard}`, message, hint })))
}

function checkThreshold(name: string, limit: Threshold | undefined): void {
  if (
    limit === undefined ||
    (typeof limit === 'number' ? Number.isInteger(limit) && limit >= 0 : PERCENTAGE.test(limit))
  )
    return
  throw new UsageError({
    code: 'bad_threshold',
    message: `${name} is ${limit}, which is no threshold`,
    hint: 'give a whole number such as 20, or a percentage such as 30%',
  })
}

const PERCENTAGE = /^\d+(\.\d+)?%$/

/** @throws GuardError for an approval that is missing */
function checkApproval(
  { summary }: ComputedPlan,
  { manifest }: LoadedManifest,
  { confirm, deletes }: ApplyOptions,
): void {
  requireWord(manifest.safety.confirm, confirm)
  const count = summary.kinds.reduce((sum, kind) => sum + kind.delete, 0)
  if (count === 0 || deletes) return
  throw new GuardError({
    code: 'deletes_unapproved',
    message: `the plan deletes ${count} of the resources in WorkOS, and nobody has approved that`,
    hint: 'look at the actions of type delete; if they are right, give the option deletes: true',
  })
}

function appliedOf(result: ApplyResult, seconds: number, loaded: LoadedManifest, exitCode: ExitCode): Applied {
  const { run, outcome, stopped, kinds, requests, rejected, leftOut } = result
  return {
    run,
    outcome,
    stopped: stopped?.message,
    kinds,
    requests,
    rejected,
    leftOut,
    seconds,
    exitCode,
    failures: () => failuresOf(loaded, run),
  }
}
