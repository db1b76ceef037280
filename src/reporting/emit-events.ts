import type { ActionOutcome, ApplyResult } from '../applying/apply-result.ts'
import { type Clock, waitedFor } from '../clock.ts'
import { problemsToJson } from '../diagnostics/render.ts'
import { type Action, address } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import type { Event, EventSink } from './events.ts'
import type { Figures } from './gauge.ts'
import type { ProgressListener } from './progress.ts'

/** Emits every action of a plan, the sums, warnings and refusals. Field names, but never values. */
export async function emitPlan(events: EventSink, plan: Plan): Promise<void> {
  for (const action of plan.actions()) {
    emitAction(events, action)
    await events.room()
  }
  const { summary, set, purpose } = plan
  const { changes, refreshed, kinds, estimate, refusals } = summary
  events.emit({
    type: 'change_summary',
    purpose,
    changes,
    refreshed,
    kinds,
    rejected: set.rejectCount(),
    leftOut: set.accounting.records.leftOut,
    estimate,
    ...(set.scope && { scope: set.scope }),
  })
  const warnings = summary.warnings.map((warning) => ({ ...warning, severity: 'warning' as const }))
  for (const problem of problemsToJson(warnings)) events.emit({ type: 'warning', problem })
  for (const { guard, path, figure, total, limit, message, hint } of refusals) {
    events.emit({ type: 'refusal', guard, path, figure, total, limit, message, hint })
  }
  events.check()
}

function emitAction(events: EventSink, action: Action): void {
  const { kind, key, label, type } = action
  events.emit({
    type: 'planned_change',
    address: address(action),
    kind,
    key,
    action: type,
    label,
    ...('id' in action && { id: action.id }),
    ...('changes' in action && { fields: action.changes.map(({ field }) => field) }),
    ...(action.type === 'blocked' && { code: action.code, message: action.message }),
  })
}

/** Emits the start and the end of each action. */
export class ActionEvents {
  readonly #events: EventSink
  readonly #clock: Clock
  /** The start times of running actions, milliseconds. */
  readonly #begun = new Map<string, { action: Action; at: number }>()

  constructor(events: EventSink, clock: Clock) {
    this.#events = events
    this.#clock = clock
  }

  /**
   * A retried action starts only once.
   * @throws FileError, UsageError if events could not be written, so that the run ends in order
   */
  start(action: Action): void {
    this.#events.check()
    const { kind, key, type } = action
    if (this.#begun.has(address(action))) return
    this.#begun.set(address(action), { action, at: this.#clock.now() })
    this.#events.emit({ type: 'apply_start', address: address(action), kind, key, action: type })
  }

  end(action: Action, outcome: ActionOutcome): void {
    const about = this.#about(action)
    this.#begun.delete(address(action))
    if (outcome.type === 'failed' || outcome.type === 'blocked') {
      const { code, message } = outcome
      this.#events.emit({ type: 'apply_errored', ...about, outcome: outcome.type, code, message })
    } else {
      const id = 'resource' in outcome ? outcome.resource.id : 'id' in action ? action.id : undefined
      const { reduced, answered } = { reduced: undefined, answered: undefined, ...outcome }
      this.#events.emit({
        type: 'apply_complete',
        ...about,
        outcome: outcome.type,
        ...(id !== undefined && { id }),
        ...(reduced && { reduced: reduced.code }),
        ...(answered && { answered: answered.code }),
      })
    }
  }

  /** At the end of the run, actions without an end become pending. */
  close(): void {
    for (const { action } of this.#begun.values()) {
      const why = { code: 'interrupted', message: 'the run ended before this action did: the next run retries it' }
      this.#events.emit({ type: 'apply_errored', ...this.#about(action), outcome: 'pending', ...why })
    }
    this.#begun.clear()
  }

  #about(action: Action) {
    const { kind, key, type } = action
    const now = this.#clock.now()
    const elapsed = Math.round(now - (this.#begun.get(address(action))?.at ?? now)) / 1000
    return { address: address(action), kind, key, action: type, elapsed }
  }
}

export function emitRun(events: EventSink, result: ApplyResult, seconds: number): void {
  const { run, outcome, kinds, requests, stopped } = result
  const rounded = Math.round(seconds * 1000) / 1000
  events.emit({
    type: 'run_summary',
    run,
    outcome,
    seconds: rounded,
    kinds,
    requests,
    ...(stopped && { stopped: stopped.message }),
  })
}

/** Seconds between two progress events. */
const EVERY = 5

export function eventListener(events: EventSink): ProgressListener {
  let ticks = 0
  return {
    phaseStarted(phase) {
      ticks = 0
      events.emit({ type: 'phase_start', phase })
    },
    phaseEnded: (figures) => events.emit({ type: 'phase_complete', ...measured(figures) }),
    waiting: (wait) => {
      const { reason, why, ms } = wait
      events.emit({ type: 'wait', for: waitedFor(wait), reason, why, seconds: rounded(ms / 1000) })
    },
    ticked(figures) {
      ticks += 1
      if (ticks % EVERY === 0) events.emit(progressEvent(figures))
    },
  }
}

function progressEvent(figures: Figures): Event {
  const { failed, blocked, rate, left, wait, isWork } = figures
  const rates = {
    ...(rate !== undefined && { rate: rounded(rate) }),
    ...(left !== undefined && { left: rounded(left) }),
  }
  if (!isWork) return { type: 'source_progress', ...measured(figures), ...rates }
  const waiting = wait === undefined ? {} : { waiting: rounded(wait.seconds) }
  return { type: 'progress', ...measured(figures), failed, blocked, ...rates, ...waiting }
}

function measured({ phase, done, total, unit, share, elapsed }: Figures) {
  return {
    phase,
    ...(done !== undefined && { done }),
    ...(total !== undefined && { total }),
    ...(unit !== undefined && { unit }),
    ...(share !== undefined && { share: rounded(share) }),
    elapsed: rounded(elapsed),
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
