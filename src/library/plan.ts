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

/** Of whom a run speaks, and what it reads the source from. */
export interface ReadOptions {
  /**
   * Speak of these alone: `organization:KEY`, `user:KEY`, `email:ADDRESS`, `domain:NAME`,
   * `invitation:ADDRESS`; `*` stands for any text.
   */
  only?: readonly string[]
  /** Speak of so many users, the first by their keys. */
  limit?: number
  /** Speak of everybody, whatever the manifest's `pilot` says. */
  everybody?: boolean
  /** Read a live source again although there is a snapshot of it. */
  fresh?: boolean
  /** Work from the snapshot in this folder, without asking the source. */
  snapshot?: string
}

/** What `plan` takes. */
export interface PlanOptions extends RunOptions, ReadOptions {
  /** Compare with everything in WorkOS, not only with the state. */
  refresh?: boolean
  /** The exit code is 7 where something is rejected or blocked, or a warning is not accepted. */
  strict?: boolean
}

/** Something that a person should know of a plan. */
export interface PlanFinding {
  /**
   * `refused`: the plan cannot be applied. `warning`: look at it first. `notice`: worth a look, and
   * nothing odd.
   */
  level: 'refused' | 'warning' | 'notice'
  code: string
  message: string
  hint?: string
  /** Where the manifest says so. */
  at?: Location
  /** `warnings.accept` of the manifest names it. */
  accepted?: true
}

/** What happens to one resource, with its values. Secrets are named and described, never there. */
export interface PlannedAction extends ActionValues {
  /** `kind:key`. */
  address: string
  kind: string
  key: string
  type: 'create' | 'update' | 'adopt' | 'delete' | 'blocked'
  /** For people: an e-mail address, an organization's name. */
  label: string
  /** WorkOS's id, where it exists there. */
  id?: string
  /** Of what is blocked: why. */
  code?: string
  message?: string
  hint?: string
}

/** A value in WorkOS that is not what the source says, and stays as it is. */
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
 * A plan. Its counts are here; its actions stay on disk and are read one by one, so that a plan of
 * a million takes the memory of one. Close it when it is no longer needed (`await using plan =
 * await plan(manifest)`): that removes what it is read from.
 */
export interface Plan {
  /** The manifest's name. */
  readonly name: string
  /** The environment that it is for; null: none was chosen. */
  readonly environment: string | null
  /** Whether there is anything to apply. */
  readonly changes: boolean
  /** What happens to how many resources of each kind. */
  readonly kinds: readonly KindSummary[]
  /** Records and resources that are refused. */
  readonly rejected: number
  /** Records that the manifest's conditions leave out. */
  readonly leftOut: number
  /** The requests that applying sends, and the least time that they take. */
  readonly estimate: Estimate
  /** The guards that the plan offends. With one of them it cannot be applied. */
  readonly refusals: readonly GuardRefusal[]
  /** Refusals, warnings and notices, in this order. */
  readonly findings: readonly PlanFinding[]
  /** Of whom it speaks; undefined: of everybody. */
  readonly scope: ScopeReport | undefined
  /** What the command `plan` would exit with. */
  readonly exitCode: ExitCode
  /** What is to be done, in the order in which it is done. What needs nothing is only counted. */
  actions(): AsyncIterable<PlannedAction>
  /** What is refused, in the order of the source. */
  rejects(): AsyncIterable<RejectedItem>
  /** Values in WorkOS that are not what the source says, and stay as they are. */
  differences(): AsyncIterable<Difference>
  /**
   * Saves the plan for `apply(file)` and for the command `apply`. It holds addresses and names of
   * fields, no values and no secrets.
   * @param file relative to `cwd` of the manifest
   * @throws FileError where it cannot be written, UsageError for the manifest, the state or a file
   *   of the source
   */
  save(file: string): Promise<void>
  /** Removes what the plan is read from. */
  close(): Promise<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What a plan of this module stands for. */
export interface OpenedPlan {
  manifest: Manifest
  header: PlanHeader
  /** The folder of the snapshot that it was made from. */
  snapshot: string | undefined
}

const opened = new WeakMap<Plan, () => OpenedPlan>()

/**
 * Reads the source and compares it with the state and with WorkOS. Nothing is written to WorkOS.
 * @throws ManifestError, SourceError, TargetError, NetworkError, CredentialsError, StateError,
 *   GuardError for a state of another environment, InterruptedError
 */
export function plan(manifest: Manifest, options: PlanOptions = {}): Running<Plan> {
  const { manifest: ready, ...place } = openedManifest(manifest)
  return begin('plan', place, options, async (world) => {
    const session = await openSession(ready, sessionOptions(options), world)
    try {
      const computed = await stagingBeside(session.scratch, () => session.computePlan(options.refresh ?? false))
      // Whoever applies the plan opens them anew.
      await session.disconnect()
      return planOf(manifest, session, computed, options.strict ?? false)
    } catch (error) {
      await session.close()
      throw error
    }
  })
}

/** @throws UsageError for a limit that is none */
export function sessionOptions({ only, limit, everybody, fresh, snapshot }: ReadOptions): SessionOptions {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new UsageError({
      code: 'bad_limit',
      message: `limit is ${limit}, which is no number of users`,
      hint: 'give a whole number, from 1',
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
    hint: 'name a file in a folder that exists and that you may write to',
  }
  try {
    await outputPlaces(session.loaded, session.statePath, { save: file }, place.cwd)
    savePlan(computed, resolve(place.cwd, file), session, purpose)
  } catch (error) {
    throw publicError(error, { ...place, env: { ...place.env }, interrupted: new AbortController().signal })
  }
}

/** @throws UsageError for what `plan` has not made, and for one that is closed */
export function openedPlan(made: Plan): OpenedPlan {
  const found = opened.get(made)
  if (found !== undefined) return found()
  throw new UsageError({
    code: 'not_a_plan',
    message: 'this is no plan that plan has returned',
    hint: 'pass on what plan returns as it is, or the name of a file that it was saved in',
  })
}

function planClosed(): UsageError {
  return new UsageError({
    code: 'plan_closed',
    message: 'the plan is closed, and what it is read from was removed',
    hint: 'close it when nothing is read of it any more; a plan that is to be kept is saved',
  })
}
