import type { Accounting } from '../desired/accounting.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { describeCondition } from '../planning/warnings.ts'
import type { Paint } from './style.ts'
import { type Sum, sums } from './table.ts'

/** Where every record went: the sums that were checked, written out. */
export function renderAccounting(accounting: Accounting, paint: Paint): string {
  const { records, resources } = accountingRows(accounting)
  const leftOut = describeLeftOut(accounting.records).map((line) => `  ${printable(line)}\n`)
  return `${paint('bold', 'Records')}\n${sums(records)}${leftOut.join('')}${paint('bold', 'Resources')}\n${sums(resources)}`
}

/** The sums themselves: of each stream, and of each kind that anything was made of. */
export function accountingRows({ streams, records, kinds }: Accounting): { records: Sum[]; resources: Sum[] } {
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
    rows.push({ name: 'all that were passed on', total: records.mapped + records.leftOut, parts: mapped })
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

/** What came in, and how much of it an apply was about: the rest of the sum is in its table. */
export function renderCameIn(accounting: Accounting, paint: Paint): string {
  const main = accounting.streams.filter(({ role }) => role === 'main')
  const sum = (field: 'read' | 'rejected' | 'ignored') => main.reduce((all, stream) => all + (stream[field] ?? 0), 0)
  const { mapped, leftOut } = accounting.records
  const parts = { mapped, 'left out': leftOut, rejected: sum('rejected'), ignored: sum('ignored') }
  const told = Object.entries(parts).flatMap(([what, count]) =>
    count > 0 || what === 'mapped' ? [{ what, count }] : [],
  )
  const records = sums([{ name: 'records', total: sum('read'), parts: told }])
  return `${paint('bold', 'What came in')}\n${records}${sums(accountingRows(accounting).resources)}`
}

/** Who was left out, and by what: a line for each stream and condition, the most first. */
export function describeLeftOut({ leftOutBy }: Accounting['records']): string[] {
  return [...leftOutBy]
    .sort((a, b) => b.records - a.records)
    .map(({ stream, path, records, at }) => {
      const why = path === null ? ': no rule under map reads this stream' : ` ${describeCondition({ path, at })}`
      return `${stream}: ${figure(records)} left out${why}`
    })
}
