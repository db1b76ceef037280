import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition, SummaryParts } from '../kinds/kind.ts'
import { kindDefinitions, NO_SUMMARY, unplannedKinds } from '../kinds/registry.ts'
import { countActionsOfType, countBlockedBy, countDrifted, countGone, countRefusedDrift } from '../rundb/actions.ts'
import { countOrphans } from '../rundb/deletions.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Limits } from '../workos/limiter.ts'
import type { KindSummary } from './action.ts'
import { estimate, sumWrites } from './estimate.ts'
import { checkDrift, checkGuards } from './guards.ts'
import type { PlanSummary } from './plan.ts'
import { NO_VALUES, type Survey } from './survey.ts'

/**
 * Adds up a plan: by kind, in requests, and against the guards.
 * @param survey of the desired resources. Default: nothing is desired
 */
export function summarise(
  set: DesiredSet,
  definitions: readonly KindDefinition[],
  safety: Manifest['safety'],
  limits: Limits,
  refreshed: boolean,
  survey: Survey = NO_VALUES,
): PlanSummary {
  const { fields, gathered } = survey
  const desired = new Map(fields.map(({ kind, resources }) => [kind, resources]))
  const kinds = definitions.map((definition) => summariseKind(set, definition, desired.get(definition.name) ?? 0))
  // Differences from a definition existed when it was adopted.
  const refused = countRefusedDrift(set.rundb)
  return {
    kinds,
    changes: kinds.some((kind) => kind.create + kind.update + kind.adopt + kind.delete > 0),
    notes: set.noteCounts(),
    ...summaryParts(set.rundb, definitions, gathered),
    estimate: estimate(sumWrites(set, definitions, fields), limits),
    refusals: [
      ...checkGuards(safety, kinds, ...leftBehind(set, kinds, definitions)),
      ...checkDrift(refused.other, refused.adopted, kinds),
    ],
    warnings: [],
    notices: [],
    refreshed,
  }
}

/**
 * The number of rejected records, and of resources that are blocked because onDeleted keeps
 * something deleted.
 */
export function leftBehind(
  set: DesiredSet,
  kinds: readonly KindSummary[],
  planned: readonly KindDefinition[],
): [rejected: number, left: number] {
  return [set.plannedRejectCount(unplannedKinds(planned)), blockedBy(set.rundb, kinds, 'reference_gone')]
}

/** What each kind adds, including kinds outside the plan. */
function summaryParts(
  rundb: RunDatabase,
  planned: readonly KindDefinition[],
  gathered: Survey['gathered'],
): SummaryParts {
  const parts: SummaryParts = { ...NO_SUMMARY }
  for (const definition of kindDefinitions) {
    Object.assign(parts, definition.review?.summary?.(rundb, planned.includes(definition)))
    const found = gathered.get(definition.name)
    Object.assign(parts, found && definition.review?.gathering?.summary(rundb, found))
  }
  return parts
}

/** Usually nothing is blocked, so the actions are not read. */
function blockedBy(rundb: RunDatabase, kinds: readonly KindSummary[], code: string): number {
  return kinds.some(({ blocked }) => blocked > 0) ? countBlockedBy(rundb, code) : 0
}

function summariseKind({ rundb, reading }: DesiredSet, { name, plural }: KindDefinition, desired: number): KindSummary {
  const actions = (type: string) => countActionsOfType(rundb, name, type)
  const counts = { create: actions('create'), update: actions('update'), adopt: actions('adopt') }
  const blocked = actions('blocked')
  const gone = countGone(rundb, name)
  return {
    kind: name,
    plural,
    desired,
    ...counts,
    unchanged: desired - counts.create - counts.update - counts.adopt - blocked - gone,
    gone,
    blocked,
    delete: actions('delete'),
    orphaned: reading.partial ? 0 : countOrphans(rundb, name),
    drifted: countDrifted(rundb, name),
  }
}
