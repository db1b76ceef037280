import type { Manifest } from '../config/manifest.ts'
import { countConnections, NONE } from '../desired/connection-counts.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../resources/kind.ts'
import type { Limits, RequestClass } from '../workos/limiter.ts'
import { classify } from '../workos/limiter.ts'
import { estimate } from './estimate.ts'
import { checkDrift, checkGuards } from './guards.ts'
import type { KindSummary } from './kind-summary.ts'
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
    const sent = countWrites(set, definition)
    const deletes = countDeletes(set, definition)
    writes += sent + deletes
    if (definition.writes === 'write') userManagementWrites += sent
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
function countLeft({ staging }: DesiredSet): number {
  return staging.count("SELECT count(*) FROM actions WHERE type = 'blocked' AND action ->> 'code' = 'reference_gone'")
}

/** Differences that refuse the plan: those to a definition were there when it was adopted. */
function refused({ staging }: DesiredSet, sign: '=' | '<>'): number {
  return staging.count(
    `SELECT count(*) FROM drift WHERE drift ->> 'refused' AND drift ->> 'reason' ${sign} 'different when adopted'`,
  )
}

function summariseKind({ staging, reading }: DesiredSet, { name, plural }: KindDefinition): KindSummary {
  const actions = (type: string) =>
    staging.count('SELECT count(*) FROM actions WHERE kind = ? AND type = ?', name, type)
  const desired = staging.count('SELECT count(*) FROM desired WHERE kind = ?', name)
  const counts = { create: actions('create'), update: actions('update'), adopt: actions('adopt') }
  const blocked = actions('blocked')
  const gone = staging.count("SELECT count(*) FROM drift WHERE kind = ? AND field = '*'", name)
  return {
    kind: name,
    plural,
    desired,
    ...counts,
    unchanged: desired - counts.create - counts.update - counts.adopt - blocked - gone,
    gone,
    blocked,
    delete: actions('delete'),
    orphaned: reading.partial
      ? 0
      : staging.count(
          `SELECT count(*) FROM known k WHERE kind = ? AND NOT EXISTS
         (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key) AND NOT EXISTS
         (SELECT 1 FROM rejects r WHERE r.kind = k.kind AND r.key = k.key) AND NOT EXISTS
         (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.id = k.id AND a.type IN ('adopt', 'delete'))`,
          name,
        ),
    drifted: staging.count('SELECT count(DISTINCT key) FROM drift WHERE kind = ?', name),
  }
}

/** Creates, and updates and adoptions that change something in WorkOS; a separate field is one more, whichever it is. */
function countWrites({ staging }: DesiredSet, { name, fields }: KindDefinition): number {
  const separate = Object.keys(fields).filter((field) => fields[field]?.separate)
  const creates = separate.map((field) =>
    staging.count(
      `SELECT count(*) FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key
       WHERE a.kind = ? AND a.type = 'create' AND json_array_length(d.attributes, '$.' || ?) > 0`,
      name,
      field,
    ),
  )
  const updates = separate.map((field) =>
    staging.count(
      `SELECT count(*) FROM actions a WHERE kind = ?1 AND type IN ('update', 'adopt') AND json_array_length(action, '$.changes') > 1
         AND EXISTS (SELECT 1 FROM json_each(a.action, '$.changes') c WHERE c.value ->> 'field' = ?2)`,
      name,
      field,
    ),
  )
  const ordinary = staging.count(
    `SELECT count(*) FROM actions WHERE kind = ? AND (type = 'create' OR
       (type IN ('update', 'adopt') AND json_array_length(action, '$.changes') > 0))`,
    name,
  )
  return [...creates, ...updates].reduce((sum, count) => sum + count, ordinary)
}

function countDeletes({ staging }: DesiredSet, { name }: KindDefinition): number {
  return staging.count(
    "SELECT count(*) FROM actions WHERE kind = ? AND type = 'delete' AND action -> 'with' IS NULL",
    name,
  )
}

/** The windows that a kind's deletions count in. */
function deletionClass(definition: KindDefinition): RequestClass | undefined {
  const path = definition.remove('id')?.path
  return path === undefined ? undefined : classify('DELETE', path)
}
