import { leftOutWith } from '../desired/left-out-with.ts'
import { lostRoles, unmappedRoles } from '../desired/role-counts.ts'
import { unsupportedTotp, unsupportedTotpCounts } from '../desired/totp-factors.ts'
import { jsonText } from '../json.ts'
import { actionValues } from '../planning/action-values.ts'
import type { Plan } from '../planning/plan.ts'

/**
 * A plan as one JSON document, written piece by piece: `format`, `version`, `name`, `inputs`, `where`, `scope`, `reading`, `accounting`, `duplicates`, `cases`,
 * `mergeCounts`, `summary`, then `blocked` by reason, `unmappedRoles`, `totpUnsupportedCounts` by reason, `fields`, a table for each kind, and the
 * lists `actions`, each with its values, `drift`, `spared`, `rejects`, `leftOut`, `leftOutWith`, `orphans`, `merges`, `lostRoles` and `totpUnsupported`. Secret fields are named,
 * never shown.
 */
export function renderPlanJson(plan: Plan, write: (text: string) => void): void {
  const { name, inputs, summary, set } = plan
  const head = {
    format: 'workos-migrate-plan-report',
    version: 1,
    name,
    inputs,
    where: plan.where,
    scope: set.scope ?? null,
    reading: set.reading,
    accounting: set.accounting,
    duplicates: set.mergedUsers(),
    cases: plan.caseCounts(),
    mergeCounts: set.mergeCounts(),
    summary,
    unmappedRoles: unmappedRoles(set),
    totpUnsupportedCounts: unsupportedTotpCounts(set),
  }
  write(jsonText(head).slice(0, -1))
  writeList('blocked', plan.blockedCounts(), write)
  writeList('fields', plan.fields, write)
  writeList('actions', actionsWithValues(plan), write)
  writeList('drift', plan.drift(), write)
  writeList('spared', plan.spared(), write)
  writeList('rejects', set.rejects(), write)
  writeList('leftOut', set.leftOut(), write)
  writeList('leftOutWith', leftOutWith(set.staging), write)
  writeList('orphans', plan.orphans(), write)
  writeList('merges', set.merges(), write)
  writeList('lostRoles', lostRoles(set), write)
  writeList('totpUnsupported', unsupportedTotp(set), write)
  write('}\n')
}

/** `before`, `after` and `secrets` with each action: see ActionValues. */
function* actionsWithValues(plan: Plan): Generator<object> {
  for (const action of plan.actions()) yield { ...action, ...actionValues(plan, action) }
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
