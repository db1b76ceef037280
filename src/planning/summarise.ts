import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { countConnections, NONE } from '../kinds/connection/connection-counts.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Limits } from '../workos/limiter.ts'
import { countWrites, deletionClass } from './count-writes.ts'
import { estimate } from './estimate.ts'
import { checkDrift, checkGuards } from './guards.ts'
import type { KindSummary } from './kind-summary.ts'
import { countOrphans } from './orphans.ts'
import { countPasswords } from './password-counts.ts'
import type { PlanSummary } from './plan.ts'

/** Adds a plan up: per kind, in requests, and against the guards. */
export function summarise(
  set: DesiredSet,
  definitions: readonly KindDefinition[],
  safety: Manifest['safety'],
  limits: Limits,
  refreshed: boolean,
): PlanSummary {
  const kinds = definitions.map((definition) => summariseKind(set, definition))
  let writes = 0
  let userManagementWrites = 0
  let organizationDeletes = 0
  for (const definition of definitions) {
    const { create, change, delete: deletes } = countWrites(set, definition)
    const sent = create + change
    writes += sent + deletes
    if (definition.rateClass === 'write') userManagementWrites += sent
    const deletion = deletionClass(definition)
    if (deletion === 'write') userManagementWrites += deletes
    if (deletion === 'organization-delete') organizationDeletes += deletes
  }
  return {
    kinds,
    changes: kinds.some((kind) => kind.create + kind.update + kind.adopt + kind.delete > 0),
    notes: set.noteCounts(),
    passwords: countPasswords(set),
    handoff: definitions.some(({ name }) => name === 'connection') ? NONE : countConnections(set),
    estimate: estimate({ writes, userManagementWrites, organizationDeletes }, limits),
    refusals: [
      ...checkGuards(safety, kinds, set.rejectCount(), countLeft(set)),
      ...checkDrift(refused(set, '<>'), refused(set, '='), kinds),
    ],
    warnings: [],
    notices: [],
    refreshed,
  }
}

/** What is blocked since what it refers to was deleted in WorkOS, and the manifest leaves that so. */
function countLeft({ rundb }: DesiredSet): number {
  return rundb.count("SELECT count(*) FROM actions WHERE type = 'blocked' AND action ->> 'code' = 'reference_gone'")
}

/** Differences that refuse the plan: those to a definition were there when it was adopted. */
function refused({ rundb }: DesiredSet, sign: '=' | '<>'): number {
  return rundb.count(
    `SELECT count(*) FROM drift WHERE drift ->> 'refused' AND drift ->> 'reason' ${sign} 'different when adopted'`,
  )
}

function summariseKind({ rundb, reading }: DesiredSet, { name, plural }: KindDefinition): KindSummary {
  const actions = (type: string) => rundb.count('SELECT count(*) FROM actions WHERE kind = ? AND type = ?', name, type)
  const desired = rundb.count('SELECT count(*) FROM desired WHERE kind = ?', name)
  const counts = { create: actions('create'), update: actions('update'), adopt: actions('adopt') }
  const blocked = actions('blocked')
  const gone = rundb.count("SELECT count(*) FROM drift WHERE kind = ? AND field = '*'", name)
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
    drifted: rundb.count('SELECT count(DISTINCT key) FROM drift WHERE kind = ?', name),
  }
}
