import { printable } from '../diagnostics/printable.ts'
import type { Failure } from '../state/store.ts'
import { remedyFor } from './remedies.ts'
import type { Paint } from './style.ts'

/** How many of each group are shown unless all are asked for. */
const SAMPLE = 5

interface Group {
  outcome: Failure['outcome']
  code: string
  count: number
  shown: Failure[]
}

/** What a run could not do, grouped by reason, each group with what would help and its first resources. */
export async function renderFailures(
  failures: AsyncIterable<Failure[]>,
  { full, paint, write }: { full: boolean; paint: Paint; write: (text: string) => void },
): Promise<void> {
  const groups = new Map<string, Group>()
  for await (const batch of failures) {
    for (const failure of batch) {
      const { outcome, code } = failure
      const group = groups.get(`${outcome} ${code}`) ?? { outcome, code, count: 0, shown: [] }
      groups.set(`${outcome} ${code}`, group)
      group.count += 1
      if (full || group.shown.length < SAMPLE) group.shown.push(failure)
    }
  }
  // What failed comes before what is blocked, often by it.
  const order = [...groups.values()].sort((a, b) => b.outcome.localeCompare(a.outcome) || b.count - a.count)
  for (const { outcome, code, count, shown } of order) {
    write(`\n${paint(outcome === 'failed' ? 'red' : 'yellow', `${outcome}: ${printable(code)} (${count})`)}\n`)
    const remedy = remedyFor(code)
    if (remedy !== undefined) write(`  ${paint('dim', remedy)}\n`)
    for (const { kind, key, origin, message } of shown) {
      write(`  ✗ ${printable(`${kind}:${key}`)} (${printable(origin)}): ${printable(message)}\n`)
    }
    if (count > shown.length) write(`  … ${count - shown.length} more\n`)
  }
}
