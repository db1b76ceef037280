/**
 * What a plan comes to, in a few words: its changes, what stays behind, its counts, and how long it takes at the limits.
 */

import { figure } from '../diagnostics/printable.ts'
import { countedKind } from '../kinds/registry.ts'
import type { KindSummary } from '../planning/action.ts'
import type { Estimate } from '../planning/estimate.ts'
import type { Plan, PlanSummary } from '../planning/plan.ts'
import { counted, type Paint } from './style.ts'
import { nonZero } from './table.ts'

/** What is done to resources, the most dangerous first: the words of a headline. */
const VERBS = [
  ['delete', 'deletes'],
  ['update', 'updates'],
  ['adopt', 'adopts'],
  ['create', 'creates'],
] as const

/** A plan's changes in one sentence: `Deletes 1 membership, creates 2 users and 2 memberships.` Nothing where there is no change. */
export function describeChanges(kinds: readonly KindSummary[]): string {
  const parts = VERBS.flatMap(([type, verb]) => {
    const some = kinds.filter((kind) => kind[type] > 0)
    return some.length === 0 ? [] : [`${verb} ${listed(some.map((kind) => countedKind(kind[type], kind.kind)))}`]
  })
  const sentence = parts.join(', ')
  return sentence === '' ? '' : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}

/** What a plan does not bring into WorkOS: `2 records rejected, 1 resource blocked`; nothing where there is nothing. */
export function describeLeftBehind({ summary, set }: Pick<Plan, 'summary' | 'set'>): string {
  const sum = (field: 'blocked' | 'gone') => summary.kinds.reduce((total, kind) => total + kind[field], 0)
  const [rejected, gone, blocked] = [set.rejectCount(), sum('gone'), sum('blocked')]
  return [
    ...(rejected > 0 ? [`${counted(rejected, 'record')} rejected`] : []),
    ...(gone > 0 ? [`${counted(gone, 'resource')} deleted there`] : []),
    ...(blocked > 0 ? [`${counted(blocked, 'resource')} blocked`] : []),
  ].join(', ')
}

/** `a`, `a and b`, `a, b and c`. */
function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

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

const APPLY = ['create', 'update', 'adopt', 'unchanged', 'gone', 'blocked', 'delete', 'orphaned'] as const
const DESTROY = ['gone', 'delete'] as const

type CountColumn = (typeof APPLY)[number]

/** The kinds that a plan has anything of, and the counts that are not zero throughout. */
export function countsOf(
  summary: Pick<PlanSummary, 'kinds'>,
  purpose: Plan['purpose'],
): { kinds: KindSummary[]; columns: CountColumn[] } {
  const kinds = summary.kinds.filter((kind) => kind.desired + kind.delete + kind.orphaned > 0)
  return { kinds, columns: nonZero<CountColumn>(purpose === 'apply' ? APPLY : DESTROY, kinds) }
}

/** `526 writes, about 10 s at 500 per 10 s`. */
export function describeEstimate({ writes, seconds, limit }: Estimate): string {
  const { count, perMs, of } = limit
  const what = of === 'organization deletes' ? `${figure(count)} deleted organizations` : figure(count)
  return `${counted(writes, 'write')}, ${roughly(seconds)} at ${what} per ${period(perMs)}`
}

/** A time that is known roughly: `a few seconds`, `about 40 s`, `about 2 h 5 min`. */
function roughly(seconds: number): string {
  if (seconds < 10) return 'a few seconds'
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10} s`
  const minutes = Math.max(1, Math.round(seconds / 60))
  if (minutes < 60) return `about ${minutes} min`
  const rest = minutes % 60
  return `about ${figure(Math.floor(minutes / 60))} h${rest === 0 ? '' : ` ${rest} min`}`
}

function period(milliseconds: number): string {
  const [length, unit] = milliseconds % 60_000 === 0 ? [milliseconds / 60_000, 'min'] : [milliseconds / 1000, 's']
  return length === 1 ? unit : `${length} ${unit}`
}
