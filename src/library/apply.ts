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
 * Options of `apply`: the approvals of a plan, and guards for this run in addition to those of the
 * manifest.
 */
export interface ApplyOptions extends RunOptions, DeadlineOptions {
  /** The word that `safety.confirm` in the manifest requires, like `--confirm`. */
  confirm?: string
  /** Approves deletions. Without it, a plan that deletes is refused. Default: false. */
  deletes?: boolean
  /**
   * Refuse a plan with a warning that the manifest does not accept. The exit code is 7 if something
   * is rejected or blocked, as with `--strict`.
   */
  strict?: boolean
  /** Refuse a plan that creates more: a count, or a percentage of what is desired, like `30%`. */
  maxCreates?: Threshold
  /** Refuse a plan that updates more. */
  maxUpdates?: Threshold
  /** Refuse a plan that deletes more. A percentage refers to the resources in the state. */
  maxDeletes?: Threshold
  /** Refuse a plan that rejects or blocks more. A percentage is of all records and resources. */
  maxRejects?: Threshold
}

/** More options of `apply` for a saved plan. */
export interface ApplyFileOptions extends ApplyOptions {
  /** The folder that relative paths start from. */
  cwd: string
  /** Variables, as in `loadManifest`. Default: none. */
  env?: Readonly<Record<string, string | undefined>>
  /** The manifest file. Default: the manifest that the plan was made from. */
  manifest?: string
}

/** The result of `apply`. */
export interface Applied {
  /** The number of the run in the state. */
  readonly run: number
  /**
   * `completed`: everything in the plan is done. `incomplete`: part of it failed. `interrupted`,
   * `deadline`, `stopped`: the rest was not started.
   */
  readonly outcome: RunOutcome
  /** Why the run was stopped. */
  readonly stopped: string | undefined
  /** The number of resources of each kind by outcome. */
  readonly kinds: readonly KindResult[]
  /** The requests that were sent. */
  readonly requests: RequestCounts
  /** The number of records and resources that the plan rejected. */
  readonly rejected: number
  /** The number of records that conditions of the manifest leave out. */
  readonly leftOut: number
  /** The duration of the run. */
  readonly seconds: number
  /** The exit code of the same `apply` command. */
  readonly exitCode: ExitCode
  /**
   * What failed, is blocked, or was applied without a part that WorkOS did not accept. Read from
   * the state, which keeps it for 20 runs.
   */
  failures(): AsyncIterable<Failure>
}

/**
 * Applies a plan. It makes the plan again under the state's lock and compares the two: it applies
 * exactly the plan that you reviewed, or nothing. Failed resources do not reject the promise; they
 * are in the result.
 * @throws StalePlanError if something changed since, or GuardError if a guard refuses or an
 *   approval is missing. Also throws StrictError, LockedError if another command uses the state,
 *   and the errors of `plan`.
 */
export function apply(plan: Plan, options?: ApplyOptions): Running<Applied>
/**
 * Applies a plan from a file that `plan.save` or `plan --out` wrote.
 * @throws ManifestError also for a file that was changed
 */
export function apply(file: string, options: ApplyFileOptions): Running<Applied>
export function apply(plan: Plan | string, options: ApplyOptions | ApplyFileOptions = {}): Running<Applied> {
  if (typeof plan === 'string') {
    if ('cwd' in options) return applyFile(plan, options)
    throw new UsageError({
      code: 'no_cwd',
      message: 'a saved plan needs the option cwd',
      hint: 'set cwd to the folder that the path of the plan starts from',
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
    const opening = asSaved(saved, { ...deadlineIn(options), config: manifest, readsSource: true })
    const session = await openSession(await loadChecked(opening, world), opening, world, 'apply')
    return applyIn(session, options, world, () => computeSaved(session, saved, file, false))
  })
}

function deadlineIn({ deadline, maxDuration }: ApplyOptions): DeadlineOptions {
  return { deadline, maxDuration }
}

/** Plans, judges and applies in a session, and closes it. */
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
 * @throws GuardError for what the options do not allow, UsageError for an invalid threshold
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
    message: `${name} is ${limit}, which is not a threshold`,
    hint: 'use a whole number such as 20, or a percentage such as 30%',
  })
}

const PERCENTAGE = /^\d+(\.\d+)?%$/

/** @throws GuardError for a missing approval */
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
    message: `the plan deletes ${count} of the resources in WorkOS, but the deletions are not approved`,
    hint: 'review the actions of type delete; if they are right, set the option deletes: true',
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
