import type { Clock } from '../clock.ts'
import { describeAnswer } from '../comparing/answer.ts'
import { exceeds, type Manifest } from '../config/manifest.ts'
import { counted } from '../diagnostics/printable.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import { type Action, address } from '../planning/action.ts'
import { bindingFor, stateVersion } from '../planning/binding.ts'
import { PERCENTAGE_FROM } from '../planning/guards.ts'
import type { Plan } from '../planning/plan.ts'
import { countStillAnswered, countStillReduced, stillAnswered } from '../planning/still-reduced.ts'
import type { DesiredResource } from '../resource.ts'
import { actionPhases, actionsOfPhase } from '../rundb/actions.ts'
import type { Failure, RunOutcome, StateStore } from '../state/store.ts'
import { toolVersion } from '../version.ts'
import type { Target } from '../workos/target.ts'
import { adopt } from './adopt.ts'
import { type ApplyContext, createContext } from './apply-context.ts'
import {
  type ActionOutcome,
  type ApplyResult,
  initialResult,
  type KindResult,
  outcomeOf,
  shortfall,
  subtract,
  totals,
  withWritten,
} from './apply-result.ts'
import { create } from './create.ts'
import { DeadlinePassed } from './deadline.ts'
import { remove } from './remove.ts'
import { update } from './update.ts'

/**
 * Carries out a plan. In: a complete plan, the state and the target. Out: the changes in WorkOS,
 * every write in the state's journal, and an ApplyResult. Planning has decided every action.
 * create.ts, update.ts, adopt.ts and remove.ts carry them out; attempt.ts writes.
 */

export interface ApplyOptions {
  plan: Plan
  manifest: Manifest
  state: StateStore
  target: Target
  command: string
  /** Aborted by Ctrl-C, or with a DeadlinePassed. */
  interrupted?: AbortSignal
  clock?: Clock
  /** Awaited before each action: a slow reader of the run's events can delay it. */
  ready?: () => Promise<void> | undefined
  /**
   * Called before each action, and again before a retry at the end of its phase. An error it throws
   * stops the run cleanly.
   */
  onStart?: (action: Action) => void
  /** Called after each action. */
  onAction?: (action: Action, outcome: ActionOutcome) => void
}

interface Progress {
  options: ApplyOptions
  context: ApplyContext
  results: Map<string, KindResult>
  failures: Failure[]
  attempted: number
  failed: number
  /** Set when no further action should start. */
  stop?: { outcome: RunOutcome; message: string } | { error: unknown }
}

/** Number of failures that are written to the state together. */
const FAILURE_BATCH = 500

/**
 * Carries out a plan, kind by kind in order of dependency, with many actions at a time within the
 * limiter's windows. A failed action blocks what depends on it but does not stop the run.
 * safety.maxFailures, Ctrl-C and a deadline stop it, after writes in flight have ended.
 * @throws CredentialsError, TargetError, or an error of the state, after the run has been closed in
 *   the state
 */
export async function applyPlan(options: ApplyOptions): Promise<ApplyResult> {
  const { plan, manifest, state, target } = options
  await state.bind(bindingFor(state, target.identity))
  const startedAt = new Date().toISOString()
  const run = await state.startRun({
    command: options.command,
    startedAt,
    toolVersion,
    manifestDigest: plan.inputs.manifest,
    ...(plan.inputs.source !== '' && { source: plan.inputs.source }),
  })
  await recordRejects(state, run, plan)
  await recordStillAnswered(state, run, plan)
  const before = { ...target.client.counts }
  const progress: Progress = {
    options,
    context: createContext({
      set: plan.set,
      state,
      api: target.client,
      manifest,
      run,
      clock: options.clock,
      interrupted: options.interrupted,
    }),
    results: new Map(plan.summary.kinds.map((kind) => [kind.kind, initialResult(kind)])),
    failures: [],
    attempted: 0,
    failed: 0,
  }
  const kinds = [...progress.results.values()]
  const requests = () => subtract(target.client.counts, before)
  let outcome: RunOutcome
  try {
    for (const phase of actionPhases(plan.set.rundb)) await applyPhase(progress, phase)
    await flushFailures(progress)
    outcome = outcomeOf(progress.stop, kinds, plan.summary.kinds)
    await state.finishRun(run, new Date().toISOString(), outcome, totals(kinds, requests()))
    if (progress.stop && 'error' in progress.stop) throw progress.stop.error
  } catch (error) {
    throw withWritten(error, kinds)
  }
  const { accounting } = plan.set
  return {
    run,
    where: { ...plan.where, state: stateVersion(state) },
    warnings: plan.summary.warnings,
    outcome,
    kinds,
    requests: requests(),
    rejected: plan.set.rejectCount(),
    leftOut: accounting.records.leftOut,
    accounting,
    stillReduced: countStillReduced(plan.set.rundb),
    stillAnswered: countStillAnswered(plan.set.rundb),
    purpose: plan.purpose,
    ...(plan.set.scope && { scope: plan.set.scope }),
    stopped: progress.stop && { message: progress.stop.message },
  }
}

/**
 * Carries out one phase, with many actions at a time. Actions rejected because another user still
 * has the email address or external ID are retried at the end, as long as that helps: an action of
 * the same phase can release it.
 */
async function applyPhase(progress: Progress, phase: number): Promise<void> {
  const postponed: Postponed[] = []
  await applyActions(progress, lanesOf(progress.options, actionsOf(progress.options.plan, phase)), postponed)
  for (let before = Number.POSITIVE_INFINITY; postponed.length > 0 && postponed.length < before && !progress.stop; ) {
    before = postponed.length
    const again = postponed.splice(0).map(({ action }) => [action])
    await applyActions(progress, again.values(), postponed)
  }
  for (const { action, outcome } of postponed) record(progress, action, outcome)
}

interface Postponed {
  action: Action
  outcome: ActionOutcome
}

/** Rejections that another action of the phase can resolve. */
const HELD_BY_ANOTHER = /\b(email_not_available|external_id_already_used|identity_clash)\b/

/** @param lanes lists of actions that must run one after another */
async function applyActions(progress: Progress, lanes: Iterator<Action[]>, postponed: Postponed[]): Promise<void> {
  const worker = async () => {
    for (let lane = lanes.next(); !lane.done && !progress.stop; lane = lanes.next()) {
      for (const action of lane.value) {
        await progress.options.ready?.()
        progress.stop ??= interruption(progress.options.interrupted)
        if (progress.stop) return
        await attemptAction(progress, action, postponed)
      }
    }
  }
  // All workers draw from one iterator, so each lane is taken once.
  await Promise.all(Array.from({ length: progress.options.manifest.run.concurrency }, worker))
}

async function attemptAction(progress: Progress, action: Action, postponed: Postponed[]): Promise<void> {
  try {
    progress.options.onStart?.(action)
    const outcome = await carryOut(progress.context, kindDefinition(action.kind), action)
    if (outcome.type === 'failed' && HELD_BY_ANOTHER.test(outcome.code)) postponed.push({ action, outcome })
    else record(progress, action, outcome)
    if (progress.failures.length >= FAILURE_BATCH) await flushFailures(progress)
  } catch (error) {
    progress.stop ??= interruption(progress.options.interrupted) ?? { error }
  }
}

/** The outcome of an aborted signal. */
function interruption(signal: AbortSignal | undefined): { outcome: RunOutcome; message: string } | undefined {
  if (!signal?.aborted) return undefined
  const { reason } = signal
  if (reason instanceof DeadlinePassed)
    return { outcome: 'deadline', message: `the deadline ${reason.said} has passed` }
  return { outcome: 'interrupted', message: 'interrupted' }
}

/**
 * Carries out one action: the intent goes into the journal, the write leaves, the outcome goes into
 * the journal. A write with an unknown outcome is looked up before it is repeated.
 * @throws CredentialsError, TargetError and errors of the state, which end the run; the intent then
 *   stays in the journal
 */
async function carryOut(context: ApplyContext, definition: KindDefinition, action: Action): Promise<ActionOutcome> {
  if (action.type === 'blocked') return { type: 'blocked', code: action.code, message: action.message }
  if (action.type === 'delete') return remove(context, definition, action)
  const desired = context.set.get(action.kind, action.key)
  if (desired === undefined) throw new RangeError(`${address(action)} is planned, but not in the desired set`)
  const missing = await missingMention(context, definition, desired)
  if (missing) return { type: 'blocked', code: 'dependency_blocked', message: missing }
  switch (action.type) {
    case 'create':
      return create(context, definition, action, desired)
    case 'update':
      return update(context, definition, action, desired)
    case 'adopt':
      return adopt(context, definition, action, desired)
  }
}

async function missingMention(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
): Promise<string | undefined> {
  for (const { candidates, kind, label } of definition.mentions?.(desired) ?? []) {
    const ours = candidates.filter((one) => context.set.get(one.kind, one.key) !== undefined)
    if (ours.length === 0) continue
    const ids = await Promise.all(ours.map((one) => context.state.idOf(one.kind, one.key)))
    if (ids.every((id) => id === undefined)) return `the ${kind} ${label} that it requires does not exist`
  }
  return undefined
}

function* actionsOf({ set }: Plan, phase: number): Generator<Action> {
  for (const action of actionsOfPhase(set.rundb, phase)) yield JSON.parse(action)
}

function record(progress: Progress, action: Action, outcome: ActionOutcome): void {
  const result = progress.results.get(action.kind)
  if (result === undefined) throw new RangeError(`there is no kind ${action.kind}`)
  result.pending -= 1
  result[outcome.type] += 1
  progress.attempted += 1
  progress.options.onAction?.(action, outcome)
  const short = shortfall(outcome)
  if (short === undefined) return
  if ('reduced' in outcome && outcome.reduced) result.reduced += 1
  if ('answered' in outcome && outcome.answered) result.answered += 1
  const { set } = progress.options.plan
  progress.failures.push({
    kind: action.kind,
    key: action.key,
    action: action.type,
    ...short,
    origin: set.origin(action.kind, action.key),
    email: set.emailOf(action.kind, action.key),
  })
  if (outcome.type === 'failed') checkFailures(progress, action)
}

function checkFailures(progress: Progress, last: Action): void {
  progress.failed += 1
  const limit = progress.options.manifest.safety.maxFailures
  if (typeof limit === 'string' && progress.attempted < PERCENTAGE_FROM) return
  if (!exceeds(limit, progress.failed, progress.attempted)) return
  progress.stop ??= {
    outcome: 'stopped',
    message: `${progress.failed} of ${counted(progress.attempted, 'action')} failed (last: ${address(last)}); safety.maxFailures allows ${limit}`,
  }
}

async function flushFailures(progress: Progress): Promise<void> {
  const failures = progress.failures.splice(0)
  if (failures.length > 0) await progress.options.state.recordFailures(progress.context.run, failures)
}

/**
 * Groups the actions of a phase into lanes. Actions of a lane run one after another; lanes run in
 * parallel. Planning has placed the actions of a lane next to each other, in order.
 */
function* lanesOf(
  { plan, manifest }: { plan: Plan; manifest: Pick<Manifest, 'roles'> },
  actions: Iterable<Action>,
): Generator<Action[]> {
  let name: string | undefined
  let lane: Action[] = []
  for (const action of actions) {
    const next = laneOf(plan, manifest, action)
    if (lane.length > 0 && (next === undefined || next !== name)) {
      yield lane
      lane = []
    }
    lane.push(action)
    name = next
  }
  if (lane.length > 0) yield lane
}

/** Undefined: the order of the action does not matter. */
function laneOf({ set }: Plan, manifest: Pick<Manifest, 'roles'>, { type, kind, key }: Action): string | undefined {
  const { turn } = kindDefinition(kind)
  const desired = turn === undefined || type === 'delete' ? undefined : set.get(kind, key)
  return desired && turn?.(desired, manifest).lane
}

/** Number of rejects that are written to the state together. */
const REJECT_BATCH = 1000

/**
 * Records the rejects of the plan with the run, so that they can be listed without another plan.
 */
function recordRejects(state: StateStore, run: number, { set }: Plan): Promise<void> {
  return inBatches(set.rejects(), REJECT_BATCH, (batch) => state.recordRejects(run, batch))
}

/**
 * Records values that WorkOS returned differently in an earlier run. They stay listed until WorkOS
 * or the source changes.
 */
function recordStillAnswered(state: StateStore, run: number, plan: Plan): Promise<void> {
  return inBatches(stillAnsweredIn(plan), FAILURE_BATCH, (batch) => state.recordFailures(run, batch))
}

function* stillAnsweredIn({ set }: Plan): Generator<Failure> {
  for (const { kind, key, differences } of stillAnswered(set.rundb)) {
    const message = describeAnswer(differences)
    const origin = set.origin(kind, key)
    const email = set.emailOf(kind, key)
    yield { kind, key, action: 'unchanged', outcome: 'reduced', code: 'answered_otherwise', message, origin, email }
  }
}

async function inBatches<T>(items: Iterable<T>, size: number, write: (batch: T[]) => Promise<void>): Promise<void> {
  let batch: T[] = []
  for (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    await write(batch)
    batch = []
  }
  if (batch.length > 0) await write(batch)
}
