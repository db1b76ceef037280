import type { Accounting } from '../desired/accounting.ts'
import type { ScopeReport } from '../desired/scope.ts'
import { StateError } from '../diagnostics/errors.ts'
import { counted } from '../diagnostics/printable.ts'
import type { Fallback } from '../kinds/kind.ts'
import type { KindSummary } from '../planning/action.ts'
import type { Where } from '../planning/binding.ts'
import type { Plan, PlanWarning } from '../planning/plan.ts'
import type { Failure, RunOutcome, StateResource } from '../state/store.ts'
import type { RequestCounts } from '../workos/client.ts'

/** What an apply did. */
export interface ApplyResult {
  run: number
  /** With the state after the run. */
  where: Where
  /** Warnings about the plan. */
  warnings: PlanWarning[]
  outcome: RunOutcome
  kinds: KindResult[]
  requests: RequestCounts
  /** Records and resources that the plan rejected. They are not in WorkOS. */
  rejected: number
  /** Source records that conditions of the manifest leave out. */
  leftOut: number
  /** Records read, and their result after merging. With `kinds`, shows where every record went. */
  accounting: Accounting
  /** Unchanged resources for which WorkOS returned other values than earlier runs sent. */
  stillAnswered: number
  /** Unchanged resources that earlier runs applied without a part that WorkOS did not accept. */
  stillReduced: number
  purpose: Plan['purpose']
  /** Scope of the plan. Absent: all users. */
  scope?: ScopeReport
  /** Why the run stopped early. */
  stopped?: { message: string }
  /** Minimum time for what a deadline left, within the limits. Seconds. */
  left?: { seconds: number }
}

/** How one action ended. */
export type ActionOutcome =
  | {
      type: 'created' | 'updated' | 'adopted'
      resource: StateResource
      /** What WorkOS did not accept. */
      reduced?: Pick<Fallback, 'code' | 'message'>
      /** What WorkOS returned differently from what was sent. */
      answered?: { code: string; message: string }
    }
  | { type: 'deleted' }
  | NotDone

/** The action had no known effect. */
export type NotDone =
  /** It was rejected, or its result is unknown. */
  | { type: 'failed'; code: string; message: string }
  /** Something it needs is missing. */
  | { type: 'blocked'; code: string; message: string }

/** Resources of one kind by outcome. `desired` + `toDelete` is the sum of all others. */
export interface KindResult {
  kind: string
  plural: string
  desired: number
  toDelete: number
  created: number
  updated: number
  adopted: number
  unchanged: number
  /** Deleted in WorkOS since, and kept deleted. */
  gone: number
  deleted: number
  failed: number
  blocked: number
  /** Created, updated and adopted resources without a part that WorkOS did not accept. */
  reduced: number
  /**
   * Created, updated and adopted resources for which WorkOS returned other values than were sent.
   */
  answered: number
  /** Not reached: the run stopped before. */
  pending: number
}

/** The part of an action that did not get into WorkOS. Undefined: everything did. */
export function shortfall(outcome: ActionOutcome): Pick<Failure, 'outcome' | 'code' | 'message'> | undefined {
  if (outcome.type === 'deleted') return undefined
  if (outcome.type !== 'failed' && outcome.type !== 'blocked') {
    const less = [outcome.reduced, outcome.answered].filter((part) => part !== undefined)
    if (less.length === 0) return undefined
    const join = (field: 'code' | 'message', separator: string) => less.map((part) => part[field]).join(separator)
    return { outcome: 'reduced', code: join('code', ', '), message: join('message', '; ') }
  }
  const { type, code, message } = outcome
  return { outcome: type, code, message }
}

/** The counts of a kind before any action. */
export function initialResult(kind: Plan['summary']['kinds'][number]): KindResult {
  return {
    kind: kind.kind,
    plural: kind.plural,
    desired: kind.desired,
    toDelete: kind.delete,
    created: 0,
    updated: 0,
    adopted: 0,
    unchanged: kind.unchanged,
    gone: kind.gone,
    deleted: 0,
    failed: 0,
    blocked: 0,
    reduced: 0,
    answered: 0,
    pending: kind.desired - kind.unchanged - kind.gone + kind.delete,
  }
}

/** The counts that a run's history keeps: resources by outcome, and requests. */
export function totals(kinds: readonly KindResult[], requests: RequestCounts): Record<string, number> {
  const counts: Record<string, number> = { reads: requests.reads, writes: requests.writes }
  for (const result of kinds) {
    for (const field of [
      'created',
      'updated',
      'adopted',
      'unchanged',
      'deleted',
      'failed',
      'blocked',
      'pending',
    ] as const) {
      counts[field] = (counts[field] ?? 0) + result[field]
    }
  }
  return counts
}

/** The requests between two counts. */
export function subtract(now: RequestCounts, before: RequestCounts): RequestCounts {
  return {
    reads: now.reads - before.reads,
    writes: now.writes - before.writes,
    refused: now.refused - before.refused,
    repeated: now.repeated - before.repeated,
  }
}

/**
 * Adds to the error of a lost state what the run wrote, since that state cannot record it. Other
 * errors stay as they are.
 */
export function withWritten(error: unknown, kinds: readonly KindResult[]): unknown {
  const problem = error instanceof StateError ? error.problems.find(({ code }) => code === 'state_vanished') : undefined
  if (problem === undefined) return error
  const written = kinds.flatMap(({ plural, created, updated, adopted, deleted }) =>
    Object.entries({ created, updated, adopted, deleted }).flatMap(([what, count]) =>
      count === 0 ? [] : `${counted(count, plural.replace(/s$/, ''), plural)} ${what}`,
    ),
  )
  const told =
    written.length === 0
      ? 'as far as known, nothing was written to WorkOS before'
      : `written to WorkOS before: ${written.join(', ')}, and any writes in flight`
  return new StateError({ ...problem, message: `${problem.message}; ${told}` }, { cause: error })
}

/**
 * How a run ended. Resources that the plan showed as blocked were accepted with it
 * (safety.maxRejects). The run is incomplete if more were blocked or something failed.
 */
export function outcomeOf(
  stop: { outcome: RunOutcome } | { error: unknown } | undefined,
  kinds: readonly Pick<KindResult, 'failed' | 'blocked'>[],
  planned: readonly Pick<KindSummary, 'blocked'>[],
): RunOutcome {
  if (stop !== undefined) return 'error' in stop ? 'stopped' : stop.outcome
  const failed = kinds.reduce((sum, kind) => sum + kind.failed, 0)
  const blocked = kinds.reduce((sum, kind) => sum + kind.blocked, 0)
  const expected = planned.reduce((sum, kind) => sum + kind.blocked, 0)
  return failed > 0 || blocked > expected ? 'incomplete' : 'completed'
}
