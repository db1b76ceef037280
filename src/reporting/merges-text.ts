import type { DesiredSet, MergedRecord } from '../desired/desired-set.ts'
import { printable } from '../diagnostics/printable.ts'
import { counted, type Paint, shortValue } from './style.ts'

export interface MergesTextOptions {
  paint: Paint
  /** How many records of a kind are listed. */
  limit: number
  write: (text: string) => void
}

/** What merging decided: of each kind the first records that lost a value, with the value; the others as a number. */
export function renderMerges(set: DesiredSet, { paint, limit, write }: MergesTextOptions): void {
  const counts = set.mergeCounts()
  if (counts.length === 0) return
  write(`\n${paint('bold', 'Merged duplicates')}\n`)
  for (const { kind, different } of counts) {
    if (different === 0) continue
    write(`  ${counted(different, `${kind} record`)} with values that were not taken\n`)
    let shown = 0
    for (const merge of set.differingMerges(kind, limit)) {
      shown += Math.max(merge.records, 1)
      write(renderMerge(merge, paint))
    }
    if (different > shown) write(`  … ${(different - shown).toLocaleString('en-US')} more, with --full\n`)
  }
  const rest = describeAlike(counts)
  if (rest !== '') write(`  ${rest}\n`)
}

/** The merged records in a sentence; nothing where none merged. */
export function describeMerges(set: DesiredSet): string {
  const counts = set.mergeCounts()
  const different = counts.reduce((sum, count) => sum + count.different, 0)
  const lost = different === 0 ? [] : [`${counted(different, 'merged record')} with values that were not taken`]
  return [...lost, describeAlike(counts)].filter((part) => part !== '').join('; ')
}

function describeAlike(counts: { different: number; alike: number }[]): string {
  const alike = counts.reduce((sum, count) => sum + count.alike, 0)
  const further = counts.some(({ different }) => different > 0) ? 'further record' : 'record'
  return alike === 0 ? '' : `${counted(alike, further)} merged without a difference`
}

/** A record, where it was read, what it is part of now, and each of its values that lost. */
function renderMerge({ kind, key, merged, records, origin, conflicts }: MergedRecord, paint: Paint): string {
  const into = merged === key ? '' : ` → ${printable(key)}`
  const like = records <= 1 ? '' : `, and ${counted(records - 1, 'record')} like it`
  const values = conflicts.map(({ field, kept, dropped }) => {
    const choice =
      kept === undefined ? '(secret) not taken' : `${shortValue(dropped)} not taken, but ${shortValue(kept)}`
    return `      ${printable(field)}: ${paint('dim', choice)}\n`
  })
  return `  ${paint('yellow', '≠')} ${printable(`${kind}:${merged}`)} (${printable(origin)}${like})${into}\n${values.join('')}`
}
