import type { Accounting } from '../desired/accounting.ts'
import { printable } from '../diagnostics/printable.ts'
import { type Paint, table } from './style.ts'

const figure = (count: number) => count.toLocaleString('en-US')

/** Where every record went: the sums that were checked, written out. */
export function renderAccounting({ streams, records, kinds }: Accounting, paint: Paint): string {
  const rows = streams.map(({ stream, file, read, passed, rejected, role }) => [
    printable(`${stream} (${file})`),
    figure(read),
    `= ${figure(passed)} ${role === 'main' ? 'mapped' : 'joined'}`,
    `+ ${figure(rejected)} rejected`,
  ])
  const main = rows[0]
  if (main && records.leftOut > 0) main[2] = `= ${figure(records.mapped)} mapped + ${figure(records.leftOut)} left out`
  const resources = kinds
    .filter(({ yielded }) => yielded > 0)
    .map(({ plural, yielded, distinct, merged, rejected }) => [
      plural,
      figure(yielded),
      `= ${figure(distinct)} distinct`,
      `+ ${figure(merged)} merged`,
      `+ ${figure(rejected)} rejected`,
    ])
  return `${paint('bold', 'Records')}\n${table(rows)}${paint('bold', 'Resources')}\n${table(resources)}`
}
