import type { ActionOutcome, KindResult } from '../applying/apply-result.ts'
import type { Wait } from '../clock.ts'
import type { ScopeReport } from '../desired/scope.ts'
import type { FailedRequest } from '../http/retry.ts'
import type { JsonObject } from '../json.ts'
import type { Action, KindSummary } from '../planning/action.ts'
import type { Estimate } from '../planning/estimate.ts'
import type { GuardRefusal } from '../planning/guards.ts'
import type { Plan } from '../planning/plan.ts'
import type { RunOutcome } from '../state/store.ts'
import type { FindingType, KindVerification, SecretCounts, VerificationOutcome } from '../verifying/verification.ts'
import type { RequestCounts } from '../workos/client.ts'
export const EVENTS_FORMAT = 'workos-migrate-events'

/** Of the format: raised when a program that reads an older one would misread it. New types and members come without that. */
export const EVENTS_VERSION = 1

/** What an event is about. */
interface About {
  address: string
  kind: string
  key: string
}

/** How far a phase is. Times in seconds, the rate per second over the last ten. */
interface Measured {
  phase: string
  done?: number
  total?: number
  unit?: string
  share?: number
  elapsed: number
}

/** What happens in a run, as schemas/events.schema.json describes it. */
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
  /** Names of the fields that change, never their values. */
  fields?: string[]
  /** Of what is blocked. */
  code?: string
  message?: string
}

interface CompletedDetails {
  id?: string
  /** Codes of what WorkOS did not take, or answered otherwise. */
  reduced?: string
  answered?: string
}

/** Takes events, in the order in which they happen. */
export interface EventSink {
  /** Never throws. */
  emit(event: Event): void
  /** @throws FileError, UsageError when events could not be written */
  check(): void
}
