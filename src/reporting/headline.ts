import { countedKind } from '../kinds/registry.ts'
import type { KindSummary } from '../planning/kind-summary.ts'
import type { Plan } from '../planning/plan.ts'
import { counted } from './style.ts'

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
export function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
