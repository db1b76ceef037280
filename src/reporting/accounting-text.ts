import type { Accounting } from '../desired/accounting.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { describeCondition } from '../planning/locate-left-out.ts'
import { counted, type Paint, table } from './style.ts'

/** Where every record went: the sums that were checked, written out. */
export function renderAccounting({ streams, records, kinds }: Accounting, paint: Paint): string {
  const mapped = `= ${figure(records.mapped)} mapped${records.leftOut > 0 ? ` + ${figure(records.leftOut)} left out` : ''}`
  const severalMain = streams.filter(({ role }) => role === 'main').length > 1
  const rows = streams.map(({ stream, file, read, passed, rejected, ignored = 0, role }) => [
    printable(`${stream} (${file})`),
    figure(read),
    role === 'main' && !severalMain ? mapped : `= ${figure(passed)} ${role === 'main' ? 'passed on' : 'joined'}`,
    `+ ${figure(rejected)} rejected${ignored > 0 ? ` + ${figure(ignored)} ignored` : ''}`,
  ])
  if (severalMain) rows.push(['all that were passed on', figure(records.mapped + records.leftOut), mapped, ''])
  const someLeftOut = kinds.some(({ leftOut }) => leftOut > 0)
  const resources = kinds
    .filter(({ yielded }) => yielded > 0)
    .map(({ plural, yielded, distinct, merged, rejected, leftOut }) => [
      plural,
      figure(yielded),
      `= ${figure(distinct)} distinct`,
      `+ ${figure(merged)} merged`,
      `+ ${figure(rejected)} rejected`,
      ...(someLeftOut ? [`+ ${figure(leftOut)} left out`] : []),
    ])
  const leftOut = describeLeftOut(records).map((line) => `  ${printable(line)}\n`)
  return `${paint('bold', 'Records')}\n${table(rows)}${leftOut.join('')}${paint('bold', 'Resources')}\n${table(resources)}`
}

/** What came in, and how much of it an apply was about: the rest of the sum is in its table. */
export function renderCameIn({ records, kinds }: Accounting, paint: Paint): string {
  const rows = kinds
    .filter(({ yielded }) => yielded > 0)
    .map(({ plural, yielded, distinct, merged, rejected }) => [
      plural,
      figure(yielded),
      `= ${figure(distinct)} distinct`,
      ...(kinds.some((kind) => kind.merged > 0) ? [`+ ${figure(merged)} merged`] : []),
      ...(kinds.some((kind) => kind.rejected > 0) ? [`+ ${figure(rejected)} rejected`] : []),
    ])
  const leftOut = records.leftOut > 0 ? ` = ${figure(records.mapped)} mapped + ${figure(records.leftOut)} left out` : ''
  const heading = `What came in: ${counted(records.mapped + records.leftOut, 'record')}${leftOut}`
  return `${paint('bold', heading)}\n${table(rows)}`
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
