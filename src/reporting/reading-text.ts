import type { SourceReading } from '../desired/desired-set.ts'
import { printable } from '../diagnostics/printable.ts'
import { ageOf, minute } from './snapshot-age.ts'
import type { Paint } from './style.ts'

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
