import { problemsToJson } from '../diagnostics/render.ts'
import { type Action, address } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import type { EventSink } from './events.ts'

/** Tells of every action of a plan, of their sum, and of what refuses it. Fields are named; their values stay out. */
export function emitPlan(events: EventSink, plan: Plan): void {
  for (const action of plan.actions()) emitAction(events, action)
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
