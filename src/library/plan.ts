import { resolve } from 'node:path'
import type { ScopeReport } from '../desired/scope.ts'
import { type ExitCode, UsageError } from '../diagnostics/errors.ts'
import type { Location } from '../diagnostics/problem.ts'
import type { Purpose } from '../files/whole-file.ts'
import type { Json } from '../json.ts'
import { type ActionValues, actionValues, address, type KindSummary } from '../planning/action.ts'
import type { Estimate } from '../planning/estimate.ts'
import type { GuardRefusal } from '../planning/guards.ts'
import type { Plan as ComputedPlan } from '../planning/plan.ts'
import { type PlanHeader, planHeader } from '../planning/plan-file.ts'
import type { RejectedItem } from '../rundb/rejects.ts'
import { outputPlaces } from '../running/output-places.ts'
import { savePlan } from '../running/saved-plan.ts'
import { stagingBeside } from '../running/scratch-place.ts'
import { openSession, type Session, type SessionOptions } from '../running/session.ts'
import { planExitCode } from '../running/verdict.ts'
import { publicError } from './errors.ts'
import { itemsOf } from './items.ts'
import { type Manifest, openedManifest } from './manifest.ts'
import { begin, type Running, type RunOptions } from './running.ts'

/** The scope of a run, and where it reads the source from. */
export interface ReadOptions {
  /**
   * Limit the run to `organization:KEY`, `user:KEY`, `email:ADDRESS`, `domain:NAME`,
   * `invitation:ADDRESS`. `*` matches any text.
   */
  only?: readonly string[]
  /** Limit the run to the first N users by key. */
  limit?: number
  /** Include all users, whatever `pilot` is in the manifest. */
  everybody?: boolean
  /** Read a live source again even if it has a snapshot. */
  fresh?: boolean
  /** Use the snapshot in this folder instead of the source. */
  snapshot?: string
}

/** Options of `plan`. */
export interface PlanOptions extends RunOptions, ReadOptions {
  /** Compare with everything in WorkOS, not only with the state. */
  refresh?: boolean
  /** Set the exit code 7 if something is rejected or blocked, or a warning is not accepted. */
  strict?: boolean
}

/** A finding about the whole plan. */
export interface PlanFinding {
  /**
   * `refused`: the plan cannot be applied. `warning`: look at it first. `notice`: worth a look, but
   * not odd.
   */
  level: 'refused' | 'warning' | 'notice'
  code: string
  message: string
  hint?: string
  /** The place in the manifest that is the reason. */
  at?: Location
  /** `warnings.accept` in the manifest lists its code. */
  accepted?: true
}

/** What happens to one resource, with its values. Secrets are named and described, never shown. */
export interface PlannedAction extends ActionValues {
  /** `kind:key`. */
  address: string
  kind: string
  key: string
  type: 'create' | 'update' | 'adopt' | 'delete' | 'blocked'
  /** For people: an email address, an organization's name. */
  label: string
  /** The WorkOS ID, if the resource exists there. */
  id?: string
  /** Why it is blocked. */
  code?: string
  message?: string
  hint?: string
}

/** A value in WorkOS that differs from the source and stays. */
export interface Difference {
  address: string
  kind: string
  key: string
  /** `*`: the whole resource. */
  field: string
  live: Json | undefined
  desired: Json | undefined
  /** Why it stays. */
  reason: string
}

/**
 * A plan. Its counts are in memory. Its actions stay on disk and are read one by one, so that a
 * million actions take the memory of one. Close the plan when you no longer need it, to remove its
 * data: `await using plan = await plan(manifest)`.
 */
export interface Plan {
  /** The manifest's name. */
  readonly name: string
  /** The environment of the plan. Null: none was chosen. */
  readonly environment: string | null
  /** Whether there is anything to apply. */
  readonly changes: boolean
  /** The number of resources of each kind by outcome. */
  readonly kinds: readonly KindSummary[]
  /** The number of rejected records and resources. */
  readonly rejected: number
  /** The number of records that conditions of the manifest leave out. */
  readonly leftOut: number
  /** The requests that apply sends, and the least time that they take. */
  readonly estimate: Estimate
  /** The guards that the plan violates. A plan with one of them cannot be applied. */
  readonly refusals: readonly GuardRefusal[]
  /** Refusals, warnings and notices, in this order. */
  readonly findings: readonly PlanFinding[]
  /** The scope. Undefined: all users. */
  readonly scope: ScopeReport | undefined
  /** The exit code of the same `plan` command. */
  readonly exitCode: ExitCode
  /** The actions, in the order in which they are carried out. Unchanged resources have none. */
  actions(): AsyncIterable<PlannedAction>
  /** The rejects, in the order of the source. */
  rejects(): AsyncIterable<RejectedItem>
  /** Values in WorkOS that differ from the source and stay. */
  differences(): AsyncIterable<Difference>
  /**
   * Saves the plan for `apply(file)` and for the `apply` command. The file contains addresses and
   * names of fields, no values and no secrets.
   * @param file relative to `cwd` of the manifest
   * @throws FileError if it cannot be written; UsageError if it is the manifest, the state or a
   *   file of the source
   */
  save(file: string): Promise<void>
  /** Removes the data of the plan. */
  close(): Promise<void>
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** The internal side of a plan of this module. */
export interface OpenedPlan {
  manifest: Manifest
  header: PlanHeader
  /** The folder of its snapshot. */
  snapshot: string | undefined
}

const opened = new WeakMap<Plan, () => OpenedPlan>()

/**
 * Reads the source and compares it with the state and with WorkOS. Writes nothing to WorkOS.
 * @throws ManifestError, SourceError, TargetError, NetworkError, CredentialsError, StateError,
 *   GuardError for a state of another environment, InterruptedError
 */
export function plan(manifest: Manifest, options: PlanOptions = {}): Running<Plan> {
  const { manifest: ready, ...place } = openedManifest(manifest)
  return begin('plan', place, options, async (world) => {
    const session = await openSession(ready, sessionOptions(options), world)
    try {
      const computed = await stagingBeside(session.scratch, () => session.computePlan(options.refresh ?? false))
      // Applying the plan opens them again.
      await session.disconnect()
      return planOf(manifest, session, computed, options.strict ?? false)
    } catch (error) {
      await session.close()
      throw error
    }
  })
}

/** @throws UsageError for an invalid limit */
export function sessionOptions({ only, limit, everybody, fresh, snapshot }: ReadOptions): SessionOptions {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new UsageError({
      code: 'bad_limit',
      message: `limit is ${limit}, which is not a number of users`,
      hint: 'use a whole number, 1 or more',
    })
  }
  return { only: only && [...only], limit, everybody, fresh, snapshot }
}

function planOf(manifest: Manifest, session: Session, computed: ComputedPlan, strict: boolean): Plan {
  const { name, inputs, summary, set } = computed
  let isClosed = false
  const check = () => {
    if (isClosed) throw planClosed()
  }
  const close = async () => {
    isClosed = true
    await session.close()
  }
  const made: Plan = {
    name,
    environment: inputs.environment,
    changes: summary.changes,
    kinds: summary.kinds,
    rejected: set.rejectCount(),
    leftOut: set.accounting.records.leftOut,
    estimate: summary.estimate,
    refusals: summary.refusals,
    findings: findingsIn(computed),
    scope: set.scope,
    exitCode: planExitCode(computed, strict),
    actions: () => itemsOf(shownActions(computed), check),
    rejects: () => itemsOf(set.rejects(), check),
    differences: () => itemsOf(differencesIn(computed), check),
    async save(file) {
      check()
      await saveAs(manifest, session, computed, file)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  opened.set(made, () => {
    check()
    const { file: manifestFile, manifest: values, directory } = session.loaded
    const { apiKey } = session.target.identity
    const header = planHeader(computed, directory, { manifestFile, manifest: values, apiKey })
    return { manifest, header, snapshot: set.reading.snapshot?.folder }
  })
  return made
}

function findingsIn({ summary }: ComputedPlan): PlanFinding[] {
  const { refusals, warnings, notices } = summary
  return [
    ...refusals.map(({ guard, message, hint }) => ({
      level: 'refused' as const,
      code: `guard_${guard}`,
      message,
      hint,
    })),
    ...warnings.map((warning) => ({ level: 'warning' as const, ...warning })),
    ...notices.map((notice) => ({ level: 'notice' as const, ...notice })),
  ]
}

function* shownActions(computed: ComputedPlan): Generator<PlannedAction> {
  for (const action of computed.actions()) {
    const { kind, key, type, label } = action
    yield {
      address: address(action),
      kind,
      key,
      type,
      label,
      ...('id' in action && { id: action.id }),
      ...(action.type === 'blocked' && { code: action.code, message: action.message }),
      ...(action.type === 'blocked' && action.hint !== undefined && { hint: action.hint }),
      ...actionValues(computed, action),
    }
  }
}

function* differencesIn(computed: ComputedPlan): Generator<Difference> {
  for (const drift of computed.drift()) {
    const { kind, key, field, live, desired, reason } = drift
    yield { address: address(drift), kind, key, field, live, desired, reason }
  }
}

async function saveAs(manifest: Manifest, session: Session, computed: ComputedPlan, file: string): Promise<void> {
  const { manifest: _ready, ...place } = openedManifest(manifest)
  const purpose: Purpose = {
    message: `the plan cannot be written to ${file}`,
    code: 'plan_unwritable',
    hint: 'choose a file in an existing folder that you can write to',
  }
  try {
    await outputPlaces(session.loaded, session.statePath, { save: file }, place.cwd)
    savePlan(computed, resolve(place.cwd, file), session, purpose)
  } catch (error) {
    throw publicError(error, { ...place, env: { ...place.env }, interrupted: new AbortController().signal })
  }
}

/** @throws UsageError for a plan that `plan` did not make, and for a closed one */
export function openedPlan(made: Plan): OpenedPlan {
  const found = opened.get(made)
  if (found !== undefined) return found()
  throw new UsageError({
    code: 'not_a_plan',
    message: 'this plan was not returned by plan',
    hint: 'pass the object that plan returns, or the name of a saved plan',
  })
}

function planClosed(): UsageError {
  return new UsageError({
    code: 'plan_closed',
    message: 'the plan is closed, and its data was removed',
    hint: 'close a plan after you have read it; save a plan to keep it',
  })
}
