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
  /** With the state as it is afterwards. */
  where: Where
  /** What was odd about the plan. */
  warnings: PlanWarning[]
  outcome: RunOutcome
  kinds: KindResult[]
  requests: RequestCounts
  /** Records and resources that the plan had refused, and that are therefore not in WorkOS. */
  rejected: number
  /** Records of the source that the manifest's conditions leave out. */
  leftOut: number
  /** What came in, and what merging made of it: with `kinds` it says where every record went. */
  accounting: Accounting
  /** Answered by WorkOS otherwise than earlier runs sent it, and unchanged. */
  stillAnswered: number
  /** Applied by earlier runs without a part that WorkOS did not take, and unchanged. */
  stillReduced: number
  purpose: Plan['purpose']
  /** Of whom the plan spoke. Absent: of everybody. */
  scope?: ScopeReport
  /** Why the run ended before its end. */
  stopped?: { message: string }
  /** What a deadline left: the least time that it takes within the limits. Seconds. */
  left?: { seconds: number }
}

/** How one action ended. */
export type ActionOutcome =
  | {
      type: 'created' | 'updated' | 'adopted'
      resource: StateResource
      /** What it went without, since WorkOS did not take it. */
      reduced?: Pick<Fallback, 'code' | 'message'>
      /** What WorkOS answered otherwise than it was sent. */
      answered?: { code: string; message: string }
    }
  | { type: 'deleted' }
  | NotDone

/** It had no effect that anybody knows of. */
export type NotDone =
  /** It was refused, or nobody could find out what became of it. */
  | { type: 'failed'; code: string; message: string }
  /** What it needs is missing. */
  | { type: 'blocked'; code: string; message: string }

/** Resources of one kind by how they ended: `desired` + `toDelete` is the sum of all others. */
export interface KindResult {
  kind: string
  plural: string
  desired: number
  toDelete: number
  created: number
  updated: number
  adopted: number
  unchanged: number
  /** Deleted in WorkOS since, and left so. */
  gone: number
  deleted: number
  failed: number
  blocked: number
  /**
   * Of the created, updated and adopted: those that went without something that WorkOS did not
   * take.
   */
  reduced: number
  /**
   * Of the created, updated and adopted: those that WorkOS answered otherwise than they were sent.
   */
  answered: number
  /** Not reached: the run was stopped before. */
  pending: number
}

/** What of an action did not get into WorkOS; undefined: all of it did. */
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

/** A kind before anything of it is carried out. */
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

/** What a run's history keeps: resources by how they ended, and requests. */
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
 * A state that is lost to the run does not know what the run wrote: its error says it instead.
 * Others stay as they are.
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
      ? 'nothing is known to have been written to WorkOS by then'
      : `written to WorkOS by then: ${written.join(', ')}, and what was on its way`
  return new StateError({ ...problem, message: `${problem.message}; ${told}` }, { cause: error })
}

/**
 * How a run ended. What the plan showed as blocked was accepted with the plan (safety.maxRejects):
 * a run is incomplete where more was blocked, or something failed.
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
