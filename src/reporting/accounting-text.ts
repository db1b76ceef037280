/**
 * Where every record went: the sums, and by name what was rejected, left out, merged, or is no
 * longer in the source.
 */

import type { Accounting } from '../desired/accounting.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { isPresent, whyLeftOutWith } from '../kinds/invitation/wording.ts'
import { address } from '../planning/action.ts'
import type { OrphanedResource, Plan } from '../planning/plan.ts'
import { describeCondition } from '../planning/warnings.ts'
import { type LeftOutItem, leftOutWith, leftOutWithCounts } from '../rundb/left-out.ts'
import type { MergedRecord } from '../rundb/merges.ts'
import type { RejectedItem } from '../rundb/rejects.ts'
import { SAMPLE } from './actions-text.ts'
import { counted, ofSeveral, type Paint, shortValue, tellingLabel } from './style.ts'
import { type Sum, sums, table } from './table.ts'

export function renderAccounting(accounting: Accounting, paint: Paint): string {
  const { records, resources } = accountingRows(accounting)
  const leftOut = describeLeftOut(accounting.records).map((line) => `  ${printable(line)}\n`)
  return `${paint('bold', 'Records')}\n${sums(records)}${leftOut.join('')}${paint('bold', 'Resources')}\n${sums(resources)}`
}

function accountingRows({ streams, records, kinds }: Accounting): { records: Sum[]; resources: Sum[] } {
  const leftOutPart = records.leftOut > 0 ? { count: records.leftOut, what: 'left out' } : undefined
  const mapped = [{ count: records.mapped, what: 'mapped' }, leftOutPart]
  const severalMain = streams.filter(({ role }) => role === 'main').length > 1
  const rows = streams.map(({ stream, file, read, passed, rejected, ignored = 0, role }): Sum => {
    const passedOn = [{ count: passed, what: role === 'main' ? 'passed on' : 'joined' }, undefined]
    const rest = [{ count: rejected, what: 'rejected' }, ignored > 0 ? { count: ignored, what: 'ignored' } : undefined]
    const own = role === 'main' && !severalMain ? mapped : passedOn
    return { name: printable(`${stream} (${file})`), total: read, parts: [...own, ...rest] }
  })
  if (severalMain) {
    rows.push({ name: 'total passed on', total: records.mapped + records.leftOut, parts: mapped })
  }
  const resources = kinds
    .filter(({ yielded }) => yielded > 0)
    .map(({ plural, yielded, distinct, merged, rejected, leftOut }): Sum => {
      const parts = Object.entries({ distinct, merged, rejected }).map(([what, count]) => ({ count, what }))
      if (leftOut > 0) parts.push({ count: leftOut, what: 'left out' })
      return { name: plural, total: yielded, parts }
    })
  return { records: rows, resources }
}

/** The input of an apply. Its outcomes are in another table. */
export function renderCameIn(accounting: Accounting, paint: Paint): string {
  const main = accounting.streams.filter(({ role }) => role === 'main')
  const sum = (field: 'read' | 'rejected' | 'ignored') => main.reduce((all, stream) => all + (stream[field] ?? 0), 0)
  const { mapped, leftOut } = accounting.records
  const parts = { mapped, 'left out': leftOut, rejected: sum('rejected'), ignored: sum('ignored') }
  const some = Object.entries(parts).flatMap(([what, count]) =>
    count > 0 || what === 'mapped' ? [{ what, count }] : [],
  )
  const records = sums([{ name: 'records', total: sum('read'), parts: some }])
  return `${paint('bold', 'Input')}\n${records}${sums(accountingRows(accounting).resources)}`
}

/** A line for each stream and condition that left records out, the highest count first. */
function describeLeftOut({ leftOutBy }: Accounting['records']): string[] {
  return [...leftOutBy]
    .sort((a, b) => b.records - a.records)
    .map(({ stream, path, records, at }) => {
      const why = path === null ? ': no rule in map reads this stream' : ` ${describeCondition({ path, at })}`
      return `${stream}: ${figure(records)} left out${why}`
    })
}

/** The message of a rejection, with its field in front unless the message names it. */
export function rejection({ kind, field, message }: Pick<RejectedItem, 'kind' | 'field' | 'message'>): string {
  return kind === 'record' || field === null || message.includes(field) ? message : `${field}: ${message}`
}

interface NamesTextOptions {
  paint: Paint
  /** List all instead of the first few. */
  full: boolean
  write: (text: string) => void
}

/** Left out records by place and key, with the condition. */
export function renderLeftOut({ set }: Plan, { paint, full, write }: NamesTextOptions): void {
  const total = set.leftOutCount()
  if (total === 0) return
  write(`\n${paint('bold', `Left out (${figure(total)})`)}\n`)
  for (const item of set.leftOut(full ? undefined : SAMPLE)) {
    write(
      `  ${paint('cyan', '·')} ${printable(item.origin)}  ${printable(whatOf(item))}  ${paint('dim', printable(whyOf(item)))}\n`,
    )
  }
  renderRest(total, full, write)
}

export function renderOrphans(plan: Plan, { paint, full, write }: NamesTextOptions): void {
  const total = plan.orphanCount()
  if (total === 0) return
  write(`\n${paint('bold', `No longer in the source; kept in WorkOS (${figure(total)})`)}\n`)
  for (const orphan of plan.orphans(full ? undefined : SAMPLE)) {
    const name = tellingLabel(orphan)
    const label = name === undefined ? '' : `  ${printable(name)}`
    write(
      `  ${paint('yellow', '?')} ${printable(address(orphan))}${label}  ${paint('dim', printable(stateOf(orphan)))}\n`,
    )
  }
  renderRest(total, full, write)
}

function renderRest(total: number, full: boolean, write: (text: string) => void): void {
  if (!full && total > SAMPLE) write(`  … ${figure(total - SAMPLE)} more (--full shows all)\n`)
}

/** The address that a record would have. */
export function whatOf({ stream, kind, key }: LeftOutItem): string {
  return kind === null || key === null ? `a record of ${stream}` : address({ kind, key })
}

export function whyOf({ path, at }: LeftOutItem): string {
  return path === null ? 'no rule in map reads this stream' : describeCondition({ path, at })
}

export function stateOf({ id, ownership, leftOutBy }: OrphanedResource): string {
  return `${id}, ${ownership}${leftOutBy === undefined ? '' : `; left out by ${leftOutBy}`}`
}

/** Records that are left out because their user or organization is. */
export function renderLeftOutWith({ set: { rundb } }: Plan, { paint, full, write }: NamesTextOptions): void {
  const counts = leftOutWithCounts(rundb)
  const total = counts.reduce((sum, { records }) => sum + records, 0)
  if (total === 0) return
  write(`\n${paint('bold', `${leftOutWithTitle(counts)} (${figure(total)})`)}\n`)
  let named = 0
  for (const { kind, key, path, origin, records } of leftOutWith(rundb, full ? -1 : SAMPLE)) {
    named += records
    const what = printable(key === null ? kind : address({ kind, key }))
    write(
      `  ${paint('cyan', '·')} ${printable(origin)}  ${what}${ofSeveral(records)}  ${paint('dim', whyBy({ kind, path }))}\n`,
    )
  }
  if (total > named) write(`  … ${figure(total - named)} more (--full shows all)\n`)
}

export function leftOutWithTitle(counts: readonly { kind: string; path: string }[]): string {
  const present = 'because the recipient is already there'
  if (!counts.some(isPresent)) return 'Left out with what they belong to'
  if (counts.every(isPresent)) return `Left out ${present}`
  return `Left out with what they belong to, or ${present}`
}

function whyBy({ kind, path }: { kind: string; path: string }): string {
  return isPresent({ kind, path }) ? whyLeftOutWith({ kind, path }) : `by ${path}`
}

/** Lines for left out records, then for what is left out with them. */
export function describeAllLeftOut(set: DesiredSet): string[] {
  return [...describeLeftOut(set.accounting.records), ...describeLeftOutWith(set)]
}

function describeLeftOutWith({ rundb }: DesiredSet): string[] {
  return leftOutWithCounts(rundb).map(
    ({ kind, path, records }) =>
      `${kind}: ${figure(records)} left out ${isPresent({ kind, path }) ? 'because the recipient is already there' : 'with what they belong to'}, by ${path}`,
  )
}

/**
 * Duplicates: a table of users and cases, the first records that lost a value, a count of the
 * others.
 */
export function renderMerges(plan: Plan, { paint, full, write }: NamesTextOptions): void {
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
    write(`  ${counted(different, `${kind} record`)} with discarded values\n`)
    let shown = 0
    for (const merge of set.differingMerges(kind, full ? Number.POSITIVE_INFINITY : SAMPLE)) {
      shown += Math.max(merge.records, 1)
      write(renderMerge(merge, paint))
    }
    if (different > shown) write(`  … ${figure(different - shown)} more (--full shows all)\n`)
  }
  const rest = describeAlike(counts)
  if (rest !== '') write(`  ${rest}\n`)
}

/** A row for all merged users, and one for each named case and its outcome. */
export function duplicateRows(plan: Plan): { what: string; users: number; records: number }[] {
  const merged = plan.set.mergedUsers()
  return [
    ...(merged.users > 0 ? [{ what: 'merged from several records', ...merged }] : []),
    ...plan.caseCounts().map(({ code, fate, users, records }) => ({ what: `${code}, ${fate}`, users, records })),
  ]
}

/** The merged records in one phrase; empty if there are none. */
export function describeMerges(set: DesiredSet): string {
  const counts = set.mergeCounts()
  const different = counts.reduce((sum, count) => sum + count.different, 0)
  const lost = different === 0 ? [] : [`${counted(different, 'merged record')} with discarded values`]
  return [...lost, describeAlike(counts)].filter((part) => part !== '').join('; ')
}

function describeAlike(counts: { different: number; alike: number }[]): string {
  const alike = counts.reduce((sum, count) => sum + count.alike, 0)
  const further = counts.some(({ different }) => different > 0) ? 'further record' : 'record'
  return alike === 0 ? '' : `${counted(alike, further)} merged without differences`
}

/** A record, its place, the resource that it merged into, and each of its discarded values. */
function renderMerge({ kind, key, merged, records, origin, conflicts }: MergedRecord, paint: Paint): string {
  const into = merged === key ? '' : ` → ${printable(key)}`
  const like = records <= 1 ? '' : `, and ${counted(records - 1, 'record')} like it`
  const values = conflicts.map(({ field, rule, kept, dropped }) => {
    const instead = kept === null ? 'nothing' : shortValue(kept)
    const choice = kept === undefined ? '(secret) discarded' : `${shortValue(dropped)} discarded, ${instead} kept`
    return `      ${printable(field)}: ${paint('dim', `${choice} (${rule})`)}\n`
  })
  return `  ${paint('yellow', '≠')} ${printable(`${kind}:${merged}`)} (${printable(origin)}${like})${into}\n${values.join('')}`
}
