import { jsonText } from '../json.ts'
import { lostRoles, unmappedRoles } from '../kinds/membership/roles.ts'
import { unsupportedTotp, unsupportedTotpCounts } from '../kinds/user/derived-totp.ts'
import { actionValues } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import { leftOutWith } from '../rundb/left-out.ts'

/**
 * A plan as one JSON document, piece by piece: `format`, `version`, `name`, `inputs`, `where`, `scope`, `reading`, `accounting`, `duplicates`, `cases`,
 * `mergeCounts`, `summary`, then `blocked` by reason, `unmappedRoles`, `totpUnsupportedCounts` by reason, `fields`, a table for each kind, and the
 * lists `actions`, each with its values, `drift`, `spared`, `rejects`, `leftOut`, `leftOutWith`, `orphans`, `merges`, `lostRoles` and `totpUnsupported`. Secret fields are named,
 * never shown.
 */
export function* planJson(plan: Plan): Generator<string> {
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
  yield jsonText(head).slice(0, -1)
  yield* list('blocked', plan.blockedCounts())
  yield* list('fields', plan.fields)
  yield* list('actions', actionsWithValues(plan))
  yield* list('drift', plan.drift())
  yield* list('spared', plan.skippedDeletions())
  yield* list('rejects', set.rejects())
  yield* list('leftOut', set.leftOut())
  yield* list('leftOutWith', leftOutWith(set.rundb))
  yield* list('orphans', plan.orphans())
  yield* list('merges', set.merges())
  yield* list('lostRoles', lostRoles(set))
  yield* list('totpUnsupported', unsupportedTotp(set))
  yield '}\n'
}

/** `before`, `after` and `secrets` with each action: see ActionValues. */
function* actionsWithValues(plan: Plan): Generator<object> {
  for (const action of plan.actions()) yield { ...action, ...actionValues(plan, action) }
}

function* list(name: string, items: Iterable<object>): Generator<string> {
  yield `,\n"${name}":[`
  let first = true
  for (const item of items) {
    const { send: _send, applied: _applied, ...shown } = item as Record<string, unknown>
    yield `${first ? '' : ','}\n${jsonText(shown)}`
    first = false
  }
  yield ']'
}
