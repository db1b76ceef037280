import { figure, printable } from '../diagnostics/printable.ts'
import { address } from '../planning/action.ts'
import type { OrphanedResource, Plan } from '../planning/plan.ts'
import { describeCondition } from '../planning/warnings.ts'
import type { LeftOutItem } from '../rundb/left-out.ts'
import { SAMPLE } from './actions-text.ts'
import { tellingLabel } from './labels.ts'
import type { Paint } from './style.ts'

export interface NamesTextOptions {
  paint: Paint
  full: boolean
  write: (text: string) => void
}

/** Records that nothing is made of, by place and key, with the condition that left each of them out. */
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

/** Resources of the state that the source no longer has. */
export function renderOrphans(plan: Plan, { paint, full, write }: NamesTextOptions): void {
  const total = plan.orphanCount()
  if (total === 0) return
  write(`\n${paint('bold', `No longer in the source, and left alone in WorkOS (${figure(total)})`)}\n`)
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
  if (!full && total > SAMPLE) write(`  … ${figure(total - SAMPLE)} more; all of them with --full\n`)
}

/** What a record would have become. */
export function whatOf({ stream, kind, key }: LeftOutItem): string {
  return kind === null || key === null ? `a record of ${stream}` : address({ kind, key })
}

/** What left it out. */
export function whyOf({ path, at }: LeftOutItem): string {
  return path === null ? 'no rule under map reads this stream' : describeCondition({ path, at })
}

/** What the state says of an orphan. */
export function stateOf({ id, ownership, leftOutBy }: OrphanedResource): string {
  return `${id}, ${ownership}${leftOutBy === undefined ? '' : `; left out by ${leftOutBy}`}`
}
