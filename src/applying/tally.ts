import { counted } from '../diagnostics/counted.ts'
import { StateError } from '../diagnostics/errors.ts'
import type { Plan } from '../planning/plan.ts'
import type { RequestCounts } from '../workos/client.ts'
import type { KindResult } from './outcome.ts'

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

/** A state that is lost to the run does not know what the run wrote: its error says it instead. Others stay as they are. */
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
