import type { Accounting } from '../desired/accounting.ts'
import type { ScopeReport } from '../desired/scope.ts'
import type { Plan, PlanWarning } from '../planning/plan.ts'
import type { Where } from '../planning/where.ts'
import type { RunOutcome } from '../state/store.ts'
import type { RequestCounts } from '../workos/client.ts'
import type { KindResult } from './outcome.ts'

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
}
