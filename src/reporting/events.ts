/** The events of a run and the log that writes them as JSON lines (schemas/events.schema.json). */

import type { ActionOutcome, KindResult } from '../applying/apply-result.ts'
import type { Wait } from '../clock.ts'
import type { ScopeReport } from '../desired/scope.ts'
import { type Redactor, redactedValue } from '../diagnostics/redactor.ts'
import type { FailedRequest } from '../http/retry.ts'
import { isObject, type JsonObject, jsonText } from '../json.ts'
import type { Action, KindSummary } from '../planning/action.ts'
import type { Estimate } from '../planning/estimate.ts'
import type { GuardRefusal } from '../planning/guards.ts'
import type { Plan } from '../planning/plan.ts'
import type { RunOutcome } from '../state/store.ts'
import type { FindingType, KindVerification, SecretCounts, VerificationOutcome } from '../verifying/verification.ts'
import type { RequestCounts } from '../workos/client.ts'

export const EVENTS_FORMAT = 'workos-migrate-events'

/**
 * Raise it if a reader of the older format would misread the new one. New types and members do not
 * need that.
 */
export const EVENTS_VERSION = 1

interface About {
  address: string
  kind: string
  key: string
}

/** The progress of a phase. Times in seconds. */
interface Measured {
  phase: string
  done?: number
  total?: number
  unit?: string
  share?: number
  elapsed: number
}

/** See schemas/events.schema.json. */
export type Event =
  | { type: 'version'; format: typeof EVENTS_FORMAT; version: typeof EVENTS_VERSION; tool: string; command: string }
  | { type: 'phase_start'; phase: string }
  | ({ type: 'phase_complete' } & Measured)
  | ({ type: 'source_progress'; rate?: number; left?: number } & Measured)
  | { type: 'warning' | 'error'; problem: JsonObject }
  | ({ type: 'planned_change'; action: Action['type']; label: string } & About & PlannedDetails)
  | {
      type: 'change_summary'
      purpose: Plan['purpose']
      changes: boolean
      refreshed: boolean
      kinds: KindSummary[]
      rejected: number
      leftOut: number
      estimate: Estimate
      /** Of a pilot. */
      scope?: ScopeReport
    }
  | ({ type: 'refusal' } & GuardRefusal)
  | ({ type: 'apply_start'; action: Action['type'] } & About)
  | ({ type: 'apply_complete'; action: Action['type']; outcome: ActionOutcome['type']; elapsed: number } & About &
      CompletedDetails)
  | ({
      type: 'apply_errored'
      action: Action['type']
      outcome: 'failed' | 'blocked' | 'pending'
      elapsed: number
      code: string
      message: string
    } & About)
  | ({ type: 'wait'; for: string; seconds: number } & Pick<Wait, 'reason' | 'why'>)
  | ({ type: 'failed_request' } & FailedRequest)
  | ({ type: 'progress'; failed: number; blocked: number; rate?: number; left?: number; waiting?: number } & Measured)
  | {
      type: 'run_summary'
      run: number
      outcome: RunOutcome
      seconds: number
      kinds: KindResult[]
      requests: RequestCounts
      stopped?: string
    }
  | ({ type: 'difference'; finding: FindingType } & About & { id?: string; field?: string; changed?: string })
  | {
      type: 'verify_summary'
      outcome: VerificationOutcome
      kinds: KindVerification[]
      secrets: SecretCounts
      rejected: number
      openWrites: number
      /** Of a pilot. */
      scope?: ScopeReport
    }
  | { type: 'end'; exitCode: number; seconds: number }

interface PlannedDetails {
  id?: string
  /** Names of changed fields, never values. */
  fields?: string[]
  /** For blocked actions. */
  code?: string
  message?: string
}

interface CompletedDetails {
  id?: string
  /** Codes for values that WorkOS did not accept or returned differently. */
  reduced?: string
  answered?: string
}

/** Receives events in order. */
export interface EventSink {
  /** Never throws. */
  emit(event: Event): void
  /** @throws FileError, UsageError if events could not be written */
  check(): void
  /** Resolves when the reader has caught up. Undefined: no need to wait. */
  room(): Promise<void> | undefined
}

export interface EventOutput {
  write(line: string): void
  check(): void
  /** See EventSink.room. Without it, lines are written without waiting. */
  room?(): Promise<void> | undefined
}

interface EventLogOptions {
  redactor: Redactor
  /** Milliseconds since the epoch. */
  now(): number
  command: string
  tool: string
}

/** Writes events as JSON lines. The first one has the format and its version. */
export class EventLog implements EventSink {
  readonly #output: EventOutput
  readonly #options: EventLogOptions
  readonly #started: number
  /** Warnings so far: a source emits one at once, and the plan emits it again. */
  readonly #warnings = new Set<string>()

  constructor(output: EventOutput, options: EventLogOptions) {
    this.#output = output
    this.#options = options
    this.#started = options.now()
    const { tool, command } = options
    this.emit({ type: 'version', format: EVENTS_FORMAT, version: EVENTS_VERSION, tool, command })
  }

  emit(event: Event): void {
    if (event.type === 'warning') {
      const warning = JSON.stringify([event.problem.code, event.problem.message])
      if (this.#warnings.has(warning)) return
      this.#warnings.add(warning)
    }
    const { type, ...members } = event
    const shown = redactedValue(members, this.#options.redactor)
    this.#writeLine({ type, ...(isObject(shown) ? shown : {}), at: new Date(this.#options.now()).toISOString() })
  }

  end(exitCode: number): void {
    const seconds = Math.round(this.#options.now() - this.#started) / 1000
    this.emit({ type: 'end', exitCode, seconds })
  }

  check(): void {
    this.#output.check()
  }

  room(): Promise<void> | undefined {
    return this.#output.room?.()
  }

  #writeLine(line: object): void {
    this.#output.write(`${jsonText(line)}\n`)
  }
}

/** Whether a file that begins like this contains events. */
export function isEventLog(head: string): boolean {
  return head.startsWith(`{"type":"version","format":"${EVENTS_FORMAT}"`)
}
