import { jsonText } from '../json.ts'
import type { Plan } from '../planning/plan.ts'

/**
 * A plan as one JSON document, written piece by piece: `format`, `version`, `name`, `inputs`, `reading`, `accounting`, `mergeCounts`, `summary`, then
 * the lists `actions`, `drift`, `rejects` and `merges`. Secret fields are named, never shown.
 */
export function renderPlanJson(plan: Plan, write: (text: string) => void): void {
  const { name, inputs, summary, set } = plan
  const head = {
    format: 'workos-migrate-plan-report',
    version: 1,
    name,
    inputs,
    reading: set.reading,
    accounting: set.accounting,
    mergeCounts: set.mergeCounts(),
    summary,
  }
  write(jsonText(head).slice(0, -1))
  writeList('actions', plan.actions(), write)
  writeList('drift', plan.drift(), write)
  writeList('spared', plan.spared(), write)
  writeList('rejects', set.rejects(), write)
  writeList('merges', set.merges(), write)
  write('}\n')
}

function writeList(name: string, items: Iterable<object>, write: (text: string) => void): void {
  write(`,\n"${name}":[`)
  let first = true
  for (const item of items) {
    const { send: _send, applied: _applied, ...shown } = item as Record<string, unknown>
    write(`${first ? '' : ','}\n${jsonText(shown)}`)
    first = false
  }
  write(']')
}
