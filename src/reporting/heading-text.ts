/**
 * What stands above every rendering: where a run works, of whom it speaks (its scope), and how old the snapshot is that it reads.
 */

import type { SourceReading } from '../desired/desired-set.ts'
import type { ScopeReport } from '../desired/scope.ts'
import { figure, printable, someOf } from '../diagnostics/printable.ts'
import type { Where } from '../planning/binding.ts'
import { counted, type Paint } from './style.ts'

/** Characters of a state's lineage that tell it from others. */
const LINEAGE = 6

/** `acme · production → api.workos.com · live key · state 3f2a9c… #12`. Plain text: for Markdown and HTML, escape it. */
export function describeWhere({ name, environment, host, key, state }: Where): string {
  const from = environment === null ? name : `${name} · ${environment}`
  const to = [host, ...(key === null ? [] : [`${key} key`]), describeState(state)]
  return printable(`${from} → ${to.join(' · ')}`)
}

function describeState({ lineage, serial }: Where['state']): string {
  return lineage === null ? 'new state' : `state ${lineage.slice(0, LINEAGE)}… #${serial}`
}

/** How many selectors are named. */
const NAMED = 10

/** Of whom a run speaks: `organization:acme, email:*@beta.example; the first 10 users`. */
export function describeScope({ only, limit }: Pick<ScopeReport, 'only' | 'limit'>): string {
  const users = limit === null ? [] : [limit === 1 ? 'the first user' : `the first ${figure(limit)} users`]
  return [...(only.length > 0 ? [someOf(only.map(printable), { limit: NAMED })] : []), ...users].join('; ')
}

/** How much there is besides: `208 users, 11 organizations, 3 rejected records`. */
function describeOutOfScope({ outOfScope, rejected }: ScopeReport): string {
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

export interface ReadingTextOptions {
  paint: Paint
  /** Milliseconds since the epoch: how old a snapshot is. */
  now: number
  /** Whether the snapshot was named: then nothing else is read, and `--fresh` would contradict. */
  isNamed?: boolean
}

/** Which snapshot a command works from, and how old it is; nothing for files, which are read where they lie. */
export function renderReading({ snapshot }: SourceReading, { paint, now, isNamed }: ReadingTextOptions): string {
  if (snapshot === undefined) return ''
  const { folder, startedAt } = snapshot
  const line = `source: snapshot of ${minute(startedAt)}, ${ageOf(startedAt, now)}; ${isNamed ? 'the source itself is not read' : '--fresh reads again'}`
  return `${line}\n${paint('dim', `  ${printable(folder)}`)}\n\n`
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `2026-11-22 14:03 UTC`. */
export function minute(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `2 h old`, for a time and now in milliseconds since the epoch. */
export function ageOf(time: string, now: number): string {
  const age = now - Date.parse(time)
  if (age < MINUTE) return 'just read'
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min old`
  if (age < 2 * DAY) return `${Math.floor(age / HOUR)} h old`
  return `${Math.floor(age / DAY)} days old`
}
