import type { ActionOutcome, ApplyResult } from '../applying/apply-result.ts'
import type { Clock } from '../clock.ts'
import { type Action, address } from '../planning/action.ts'
import type { EventSink } from './events.ts'

/** Tells of each action when it begins and when it has ended. */
export class ActionEvents {
  readonly #events: EventSink
  readonly #clock: Clock
  /** When the actions that are under way began. */
  readonly #begun = new Map<string, { action: Action; at: number }>()

  constructor(events: EventSink, clock: Clock) {
    this.#events = events
    this.#clock = clock
  }

  /**
   * An action begins; one that is tried again has begun before.
   * @throws FileError, UsageError when events could not be written: the run then ends in order
   */
  start(action: Action): void {
    this.#events.check()
    const { kind, key, type } = action
    if (this.#begun.has(address(action))) return
    this.#begun.set(address(action), { action, at: this.#clock.now() })
    this.#events.emit({ type: 'apply_start', address: address(action), kind, key, action: type })
  }

  /** It has ended, however it did. */
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

  /** The run is over: what has begun and has no end yet is pending. */
  close(): void {
    for (const { action } of this.#begun.values()) {
      const why = { code: 'interrupted', message: 'the run ended first: the next one takes it up' }
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

/** Tells what a run came to. */
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
