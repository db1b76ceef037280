import type { Plan } from '../planning/plan.ts'
import { counted, type Paint } from './style.ts'

/** Why a plan changes nothing: all is there, or what is missing stays away. */
export function nothingToDo({ summary, set, purpose }: Plan, paint: Paint): string {
  if (purpose === 'destroy') return paint('green', 'Nothing is left to delete.')
  const sum = (field: 'blocked' | 'gone' | 'desired') => summary.kinds.reduce((total, kind) => total + kind[field], 0)
  const rejected = set.rejectCount()
  const without = [
    ...(rejected > 0 ? [`${counted(rejected, 'record')} rejected`] : []),
    ...(sum('gone') > 0 ? [`${counted(sum('gone'), 'resource')} deleted there`] : []),
    ...(sum('blocked') > 0 ? [`${counted(sum('blocked'), 'resource')} blocked`] : []),
  ]
  if (without.length > 0) return `${paint('yellow', 'Nothing to apply.')} Not in WorkOS: ${without.join(', ')}.`
  if (sum('desired') === 0) return `${paint('yellow', 'Nothing to do.')} Nothing in the source is to be migrated.`
  const known = summary.refreshed
    ? 'WorkOS holds what the source says.'
    : 'The source has not changed since it was applied.'
  return `${paint('green', 'Nothing to do.')} ${known}`
}
