import { printable } from '../../diagnostics/printable.ts'
import type { PlanInputs } from '../../planning/plan.ts'

/** Where a report was made: environment, host and state. */
export function headOf({ environment, target, state }: Pick<PlanInputs, 'environment' | 'target' | 'state'>): string[] {
  const host = target.type === 'sandbox' ? 'sandbox' : (URL.parse(target.baseUrl)?.host ?? target.baseUrl)
  const place = environment === null ? `→ ${host}` : `${environment} → ${host}`
  const known = state.lineage === null ? 'no state yet' : `state ${state.lineage.slice(0, 8)}… #${state.serial}`
  return [printable(place), known]
}
