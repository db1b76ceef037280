import type { SourceReading } from '../desired/desired-set.ts'
import { printable } from '../diagnostics/printable.ts'
import { ageOf, minute } from './snapshot-age.ts'
import type { Paint } from './style.ts'

/** Which snapshot a command works from, and how old it is; nothing for files, which are read where they lie. */
export function renderReading({ snapshot }: SourceReading, { paint, now }: { paint: Paint; now: number }): string {
  if (snapshot === undefined) return ''
  const { folder, startedAt } = snapshot
  const line = `source: snapshot of ${minute(startedAt)}, ${ageOf(startedAt, now)}; --fresh reads again`
  return `${line}\n${paint('dim', `  ${printable(folder)}`)}\n\n`
}
