import { describeReset } from '../kinds/user/passwords-text.ts'
import type { Plan } from '../planning/plan.ts'
import { passwordResets } from '../planning/resets.ts'
import { csvLine } from '../sources/csv/own-cells.ts'
import { escapeCell } from '../sources/reject-columns.ts'

const COLUMNS = ['key', 'email', 'place', 'fate', 'reason', 'why'] as const

/** Everybody whose password is not migrated, and why, as CSV in pieces. `fate` adds up to the plan's figures. */
export function* resetsCsv({ set }: Plan): Generator<string> {
  yield `\uFEFF${csvLine(COLUMNS)}\n`
  for (const reset of passwordResets(set)) {
    const { key, email, origin, fate, reason } = reset
    yield `${csvLine([key, email, origin, fate, reason, describeReset(reset)].map(escapeCell))}\n`
  }
}
