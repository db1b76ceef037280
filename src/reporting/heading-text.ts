/**
 * The head of every rendering: where a run works, its scope, the age of its snapshot. And the short
 * texts about a plan: its changes, what it leaves behind, its counts, its estimate.
 */

import type { SourceReading } from '../desired/desired-set.ts'
import type { ScopeReport } from '../desired/scope.ts'
import { figure, printable, someOf } from '../diagnostics/printable.ts'
import { countedKind } from '../kinds/registry.ts'
import type { KindSummary } from '../planning/action.ts'
import type { Where } from '../planning/binding.ts'
import type { Estimate } from '../planning/estimate.ts'
import type { Plan, PlanSummary } from '../planning/plan.ts'
import { counted, type Paint } from './style.ts'
import { nonZero } from './table.ts'

/** Characters of a lineage that are shown. */
const LINEAGE = 6

/**
 * `acme · production → api.workos.com · live key · state 3f2a9c… #12`. This is plain text: escape
 * it for Markdown and HTML.
 */
export function describeWhere({ name, environment, host, key, state }: Where): string {
  const from = environment === null ? name : `${name} · ${environment}`
  const to = [host, ...(key === null ? [] : [`${key} key`]), describeState(state)]
  return printable(`${from} → ${to.join(' · ')}`)
}

function describeState({ lineage, serial }: Where['state']): string {
  return lineage === null ? 'new state' : `state ${lineage.slice(0, LINEAGE)}… #${serial}`
}

/** Selectors that are shown. */
const NAMED = 10

/** `organization:acme, email:*@beta.example; the first 10 users`. */
export function describeScope({ only, limit }: Pick<ScopeReport, 'only' | 'limit'>): string {
  const users = limit === null ? [] : [limit === 1 ? 'the first user' : `the first ${figure(limit)} users`]
  return [...(only.length > 0 ? [someOf(only.map(printable), { limit: NAMED })] : []), ...users].join('; ')
}

/** `208 users, 11 organizations, 3 rejected records`. */
function describeOutOfScope({ outOfScope, rejected }: ScopeReport): string {
  const counts = outOfScope.map(({ kind, plural, count }) => counted(count, kind.replaceAll('-', ' '), plural))
  if (rejected > 0) counts.push(counted(rejected, 'rejected record'))
  return counts.length === 0 ? 'nothing' : counts.join(', ')
}

/** The scope of a pilot in two lines; empty for a full run. */
export function renderScope(scope: ScopeReport | undefined, paint: Paint): string {
  if (scope === undefined) return ''
  return `${paint('bold', 'Pilot')}  ${describeScope(scope)}\n  out of scope: ${describeOutOfScope(scope)}\n\n`
}

/** The same as a list of lines. */
export function scopeLines(scope: ScopeReport | undefined): string[] {
  return scope === undefined ? [] : [`pilot: ${describeScope(scope)}`, `out of scope: ${describeOutOfScope(scope)}`]
}

/** The same for Markdown. */
export function scopeMarkdown(scope: ScopeReport, prose: (text: string) => string): string {
  return `> **Pilot**: ${prose(describeScope(scope))}. Out of scope: ${prose(describeOutOfScope(scope))}.\n`
}

export interface ReadingTextOptions {
  paint: Paint
  /** Milliseconds since the epoch, for the age of a snapshot. */
  now: number
  /** Whether the snapshot was named with an option. `--fresh` then makes no sense. */
  isNamed?: boolean
}

/** The snapshot that a command uses, and its age; empty for files, which are read directly. */
export function renderReading({ snapshot }: SourceReading, { paint, now, isNamed }: ReadingTextOptions): string {
  if (snapshot === undefined) return ''
  const { folder, startedAt } = snapshot
  const line = `source: snapshot of ${minute(startedAt)}, ${ageOf(startedAt, now)}; ${isNamed ? 'the source is not read' : '--fresh reads the source again'}`
  return `${line}\n${paint('dim', `  ${printable(folder)}`)}\n\n`
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `2026-11-22 14:03 UTC`. */
export function minute(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `2 h old`. `now`: milliseconds since the epoch. */
export function ageOf(time: string, now: number): string {
  const age = now - Date.parse(time)
  if (age < MINUTE) return 'just read'
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min old`
  if (age < 2 * DAY) return `${Math.floor(age / HOUR)} h old`
  return `${Math.floor(age / DAY)} days old`
}

/** The verbs of a headline, the most dangerous first. */
const VERBS = [
  ['delete', 'deletes'],
  ['update', 'updates'],
  ['adopt', 'adopts'],
  ['create', 'creates'],
] as const

/**
 * The changes of a plan: `Deletes 1 membership, creates 2 users and 2 memberships.` Empty if there
 * are none.
 */
export function describeChanges(kinds: readonly KindSummary[]): string {
  const parts = VERBS.flatMap(([type, verb]) => {
    const some = kinds.filter((kind) => kind[type] > 0)
    return some.length === 0 ? [] : [`${verb} ${listed(some.map((kind) => countedKind(kind[type], kind.kind)))}`]
  })
  const sentence = parts.join(', ')
  return sentence === '' ? '' : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}

/**
 * What does not get into WorkOS: `2 records rejected, 1 resource blocked`. Empty if there is
 * nothing.
 */
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

/** Why a plan changes nothing. */
export function nothingToDo({ summary, set, purpose }: Plan, paint: Paint): string {
  if (purpose === 'destroy') return paint('green', 'Nothing to delete.')
  const behind = describeLeftBehind({ summary, set })
  if (behind !== '') return `${paint('yellow', 'Nothing to apply.')} Not in WorkOS: ${behind}.`
  if (summary.kinds.every(({ desired }) => desired === 0))
    return `${paint('yellow', 'Nothing to do.')} The source has nothing to migrate.`
  const known = summary.refreshed ? 'WorkOS needs no changes.' : 'The source has not changed since the last apply.'
  return `${paint('green', 'Nothing to do.')} ${known}`
}

const APPLY = ['create', 'update', 'adopt', 'unchanged', 'gone', 'blocked', 'delete', 'orphaned'] as const
const DESTROY = ['gone', 'delete'] as const

type CountColumn = (typeof APPLY)[number]

/** The kinds that a plan contains, and the columns that are not zero for all of them. */
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

/** `a few seconds`, `about 40 s`, `about 2 h 5 min`. */
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
