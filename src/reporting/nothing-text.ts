import type { Plan } from '../planning/plan.ts'
import { describeLeftBehind } from './headline.ts'
import type { Paint } from './style.ts'

/** Why a plan changes nothing: all is there, or what is missing stays away. */
export function nothingToDo({ summary, set, purpose }: Plan, paint: Paint): string {
  if (purpose === 'destroy') return paint('green', 'Nothing is left to delete.')
  const behind = describeLeftBehind({ summary, set })
  if (behind !== '') return `${paint('yellow', 'Nothing to apply.')} Not in WorkOS: ${behind}.`
  if (summary.kinds.every(({ desired }) => desired === 0))
    return `${paint('yellow', 'Nothing to do.')} Nothing in the source is to be migrated.`
  const known = summary.refreshed
    ? 'WorkOS holds what the source says.'
    : 'The source has not changed since it was applied.'
  return `${paint('green', 'Nothing to do.')} ${known}`
}
