import type { DesiredSet } from '../desired/desired-set.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import type { Plan } from '../planning/plan.ts'
import type { MergedRecord } from '../rundb/merges.ts'
import { counted, type Paint, shortValue } from './style.ts'
import { table } from './table.ts'

export interface MergesTextOptions {
  paint: Paint
  /** How many records of a kind are listed. */
  limit: number
  write: (text: string) => void
}

/**
 * What became of duplicates: a table of the users and of the named cases; of each kind the first records that lost a value, with the
 * value; the others as a number.
 */
export function renderMerges(plan: Plan, { paint, limit, write }: MergesTextOptions): void {
  const { set } = plan
  const counts = set.mergeCounts()
  const rows = duplicateRows(plan)
  if (counts.length + rows.length === 0) return
  write(`\n${paint('bold', 'Duplicates')}\n`)
  if (rows.length > 0) {
    const cells = rows.map(({ what, users, records }) => [what, ...[users, records].map(figure)])
    write(table([['', 'users', 'records'], ...cells]))
  }
  for (const { kind, different } of counts) {
    if (different === 0) continue
    write(`  ${counted(different, `${kind} record`)} with values that were not taken\n`)
    let shown = 0
    for (const merge of set.differingMerges(kind, limit)) {
      shown += Math.max(merge.records, 1)
      write(renderMerge(merge, paint))
    }
    if (different > shown) write(`  … ${figure(different - shown)} more, with --full\n`)
  }
  const rest = describeAlike(counts)
  if (rest !== '') write(`  ${rest}\n`)
}

/** The users that were merged, and each named case with what became of it. */
export function duplicateRows(plan: Plan): { what: string; users: number; records: number }[] {
  const merged = plan.set.mergedUsers()
  return [
    ...(merged.users > 0 ? [{ what: 'merged from several records', ...merged }] : []),
    ...plan.caseCounts().map(({ code, fate, users, records }) => ({ what: `${code}, ${fate}`, users, records })),
  ]
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
  const values = conflicts.map(({ field, rule, kept, dropped }) => {
    const instead = kept === null ? 'nothing' : shortValue(kept)
    const choice = kept === undefined ? '(secret) not taken' : `${shortValue(dropped)} not taken, but ${instead}`
    return `      ${printable(field)}: ${paint('dim', `${choice} (${rule})`)}\n`
  })
  return `  ${paint('yellow', '≠')} ${printable(`${kind}:${merged}`)} (${printable(origin)}${like})${into}\n${values.join('')}`
}
