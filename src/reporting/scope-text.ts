import type { ScopeReport } from '../desired/scope.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { someOf } from '../diagnostics/some-of.ts'
import { counted, type Paint } from './style.ts'

/** How many selectors are named. */
const NAMED = 10

/** Of whom a run speaks: `organization:acme, email:*@beta.example; the first 10 users`. */
export function describeScope({ only, limit }: Pick<ScopeReport, 'only' | 'limit'>): string {
  const users = limit === null ? [] : [limit === 1 ? 'the first user' : `the first ${figure(limit)} users`]
  return [...(only.length > 0 ? [someOf(only.map(printable), { limit: NAMED })] : []), ...users].join('; ')
}

/** How much there is besides: `208 users, 11 organizations, 3 rejected records`. */
export function describeOutOfScope({ outOfScope, rejected }: ScopeReport): string {
  const counts = outOfScope.map(({ kind, plural, count }) => counted(count, kind.replaceAll('-', ' '), plural))
  if (rejected > 0) counts.push(counted(rejected, 'rejected record'))
  return counts.length === 0 ? 'nothing' : counts.join(', ')
}

/** Two lines under the head of a report: of whom it speaks, and how much there is besides. Nothing where it speaks of everybody. */
export function renderScope(scope: ScopeReport | undefined, paint: Paint): string {
  if (scope === undefined) return ''
  return `${paint('bold', 'Pilot')}  ${describeScope(scope)}\n  out of scope: ${describeOutOfScope(scope)}\n\n`
}

/** The same, line by line. */
export function scopeLines(scope: ScopeReport | undefined): string[] {
  return scope === undefined ? [] : [`pilot: ${describeScope(scope)}`, `out of scope: ${describeOutOfScope(scope)}`]
}

/** The same for Markdown. */
export function scopeMarkdown(scope: ScopeReport, prose: (text: string) => string): string {
  return `> **Pilot**: ${prose(describeScope(scope))}. Out of scope: ${prose(describeOutOfScope(scope))}.\n`
}
