import { figure, printable } from '../diagnostics/printable.ts'
import type { Run } from '../state/store.ts'
import { addressOf, type Casualty, type CauseGroup } from './errors-groups.ts'
import { describeReapply } from './remedies.ts'
import { counted, ofSeveral, type Paint } from './style.ts'

const COLORS = { failed: 'red', blocked: 'yellow', reduced: 'yellow', rejected: 'red' } as const

interface Output {
  paint: Paint
  write: (text: string) => void
}

/** What a run could not do, for people: the run, the sums, the causes. */
export function renderErrorsText(run: Run, groups: readonly CauseGroup[], output: Output): void {
  const { paint, write } = output
  write(`${paint('bold', `Run ${run.run}`)}  ${printable(run.command)}, ${run.startedAt}: ${describeOutcome(run)}\n`)
  const sum = (outcome: CauseGroup['outcome']) =>
    groups.filter((group) => group.outcome === outcome).reduce((total, { count }) => total + count, 0)
  if (groups.length === 0) {
    write('Nothing failed, nothing was blocked, nothing rejected.\n')
    return
  }
  const [failed, blocked, reduced, rejected] = [sum('failed'), sum('blocked'), sum('reduced'), sum('rejected')]
  write(`${figure(failed)} failed, ${figure(blocked)} blocked, `)
  if (reduced > 0) write(`${figure(reduced)} reduced, `)
  write(`${counted(rejected, 'record')} rejected: ${counted(groups.length, 'cause')}\n`)
  renderGroups(groups, output)
  if (failed + blocked > 0)
    write('\nApply again to take up what failed and what was blocked; nothing else is written.\n')
}

function describeOutcome({ outcome }: Run): string {
  if (outcome !== 'running') return outcome
  return 'under way, or cut off; what was not written down yet is missing here'
}

/** Of a record as a whole the field says only the stream. */
function namesField({ kind, field, message }: Casualty): boolean {
  return field === null || kind === 'record' || message.includes(field)
}

/** Each cause with its number, what would help, and its first resources. */
export function renderGroups(groups: readonly CauseGroup[], { paint, write }: Output): void {
  for (const { outcome, code, count, help, reapply, examples } of groups) {
    const head = `${outcome}: ${printable(code)} (${figure(count)})`
    write(`\n${paint(COLORS[outcome], head)}\n`)
    write(`  ${paint('dim', `${help}. ${describeReapply(reapply)}`)}\n`)
    let shown = 0
    for (const example of examples) {
      const field = namesField(example) ? '' : `${example.field}: `
      const where = `${printable(addressOf(example))}${ofSeveral(example.count)} (${printable(example.origin)})`
      write(`  ✗ ${where}: ${printable(`${field}${example.message}`)}\n`)
      shown += example.count
    }
    if (count > shown) write(`  … ${figure(count - shown)} more\n`)
  }
}
