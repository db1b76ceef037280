import type { DesiredSet } from '../../desired/desired-set.ts'
import { unmappedRoles } from '../../desired/role-counts.ts'
import { figure } from '../../diagnostics/printable.ts'
import { describeUnmapped } from '../../kinds/membership/roles-text.ts'
import { address } from '../../planning/action.ts'
import type { Plan } from '../../planning/plan.ts'
import { stateOf, whatOf, whyOf } from '../left-out-text.ts'
import { rejection } from '../rejection.ts'
import { ofSeveral } from '../style.ts'
import { code, folded, prose } from './inline.ts'
import { clipped, within } from './lists-markdown.ts'

/** The first records that the manifest leaves out, by name. */
export function leftOutRows({ set }: Plan, limit: number): string[] {
  return [...set.leftOut(limit)].map((item) => `- ${code(item.origin)} ${code(whatOf(item))} ${prose(whyOf(item))}\n`)
}

/** The first resources that the source no longer has, by name. */
export function orphanRows(plan: Plan, limit: number): string[] {
  return [...plan.orphans(limit)].map((orphan) => {
    const label = orphan.label === orphan.key ? '' : ` ${code(orphan.label)}`
    return `- ${code(address(orphan))}${label}: ${prose(stateOf(orphan))}\n`
  })
}

/** The first rejects with their reasons, and the causes of all. */
export function rejectSection(set: DesiredSet, limit: number): string {
  const total = set.rejectCount()
  if (total === 0) return ''
  const rows: string[] = []
  let named = 0
  for (const reject of set.rejects()) {
    if (rows.length === limit) break
    const { origin, kind, key, records } = reject
    const what = code(key === null ? kind : address({ kind, key }))
    rows.push(`- ${code(origin)} ${what}${ofSeveral(records)}: ${prose(clipped(rejection(reject)))}\n`)
    named += records
  }
  const causes = set.rejectCounts().map(({ code: cause, count }) => `${figure(count)} ${code(cause)}`)
  const rest =
    total > named ? `- … ${figure(total - named)} more; by cause: ${causes.slice(0, limit).join(', ')}\n` : ''
  const unmapped = describeUnmapped(unmappedRoles(set)).map((line) => `- ${prose(line)}\n`)
  return folded(`Rejected (${figure(total)})`, `${within(rows, rows.length)}${rest}${unmapped.join('')}`)
}
