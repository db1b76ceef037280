import type { KindSummary } from '../planning/action.ts'
import type { Plan, PlanSummary } from '../planning/plan.ts'
import { nonZero } from './table.ts'

const APPLY = ['create', 'update', 'adopt', 'unchanged', 'gone', 'blocked', 'delete', 'orphaned'] as const
const DESTROY = ['gone', 'delete'] as const

export type CountColumn = (typeof APPLY)[number]

/** The kinds that a plan has anything of, and the counts that are not zero throughout. */
export function countsOf(
  summary: Pick<PlanSummary, 'kinds'>,
  purpose: Plan['purpose'],
): { kinds: KindSummary[]; columns: CountColumn[] } {
  const kinds = summary.kinds.filter((kind) => kind.desired + kind.delete + kind.orphaned > 0)
  return { kinds, columns: nonZero<CountColumn>(purpose === 'apply' ? APPLY : DESTROY, kinds) }
}
