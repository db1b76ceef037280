import { jsonText } from '../json.ts'
import type { Run } from '../state/store.ts'
import { addressOf, type Casualty, type CauseGroup } from './errors-groups.ts'
import { adviceFor } from './remedies.ts'

/** What a run could not do, for programs: one JSON document with the causes and examples of each. */
export function renderErrorsJson(
  { run, command, startedAt, finishedAt, outcome }: Run,
  groups: readonly CauseGroup[],
  write: (text: string) => void,
): void {
  const head = { format: 'workos-migrate-errors', version: 1, run: { run, command, startedAt, finishedAt, outcome } }
  const causes = groups.map(({ examples, ...group }) => ({ ...group, examples: examples.map(inJson) }))
  write(`${jsonText({ ...head, causes })}\n`)
}

/** One thing that a run could not do, as a line of NDJSON with what would help. */
export function errorLine(item: Casualty): string {
  const { reapply, help } = adviceFor(item.code)
  const { outcome, code, count } = item
  return `${jsonText({ outcome, code, ...inJson(item), count, reapply, help })}\n`
}

function inJson(item: Casualty) {
  const { kind, key, field, message, origin } = item
  return { address: addressOf(item), kind, key, field, message, origin }
}
