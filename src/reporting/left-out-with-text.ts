import type { DesiredSet } from '../desired/desired-set.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { address } from '../planning/action.ts'
import { leftOutWith, leftOutWithCounts } from '../rundb/left-out.ts'
import { describeLeftOut } from './accounting-text.ts'
import { ofSeveral, type Paint } from './style.ts'

export interface LeftOutWithOptions {
  paint: Paint
  write: (text: string) => void
  /** How many are named. */
  limit: number
}

/** What is left out since the user or the organization that it belongs to is: by name, and why. */
export function renderLeftOutWith({ rundb }: DesiredSet, { paint, write, limit }: LeftOutWithOptions): void {
  const total = leftOutWithCounts(rundb).reduce((sum, { records }) => sum + records, 0)
  if (total === 0) return
  write(`\n${paint('bold', `Left out with what they belong to (${figure(total)})`)}\n`)
  let told = 0
  for (const { kind, key, path, origin, records } of leftOutWith(rundb, Number.isFinite(limit) ? limit : -1)) {
    told += records
    const what = printable(key === null ? kind : address({ kind, key }))
    write(`  ${paint('cyan', '·')} ${printable(origin)}  ${what}${ofSeveral(records)}  ${paint('dim', `by ${path}`)}\n`)
  }
  if (total > told) write(`  … ${figure(total - told)} more, all of them with --full\n`)
}

/** What was left out and by which condition: records, then what goes with them. */
export function describeAllLeftOut(set: DesiredSet): string[] {
  return [...describeLeftOut(set.accounting.records), ...describeLeftOutWith(set)]
}

/** A line for each kind and condition. */
function describeLeftOutWith({ rundb }: DesiredSet): string[] {
  return leftOutWithCounts(rundb).map(
    ({ kind, path, records }) => `${kind}: ${figure(records)} left out with what they belong to, by ${path}`,
  )
}
