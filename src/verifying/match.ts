import { identify } from '../comparing/identify.ts'
import type { Manifest } from '../config/manifest.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { matchByName } from '../planning/match-by-name.ts'
import { findLive, findNamesakes } from '../planning/plan-tables.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { type Applied, appliedKey } from './verify-tables.ts'

/** What WorkOS has for a desired resource. */
export type Match =
  | { type: 'found'; live: LiveResource }
  /** Under another id than the state's. */
  | { type: 'elsewhere'; live: LiveResource }
  | { type: 'clash'; live: LiveResource; message: string }
  | { type: 'none' }

/**
 * Finds the live resource that stands for a desired one: the one that the state names, unless another bears its identity;
 * without a state by its id, its external id, its natural identity or, where names count, its name. What has been read of WorkOS is in the run's database.
 */
export function matchLive(
  rundb: RunDatabase,
  definition: KindDefinition,
  desired: DesiredResource,
  applied: Applied | undefined,
  { organizations, adopt }: Pick<Manifest, 'organizations' | 'adopt'>,
): Match {
  const refIds = matchedRefs(rundb, definition, desired)
  const named = applied && findLive(rundb, definition.name, 'id', applied.id)
  if (named && bearsIdentity(definition, desired, named, refIds)) return claim(rundb, desired, named, 'found')
  const namesakes = namesakesOf(rundb, definition, desired, refIds)
  if (namesakes.length > 0 && named === undefined) {
    const live = findLive(rundb, definition.name, 'id', namesakes[0] ?? '')
    const message = `WorkOS holds several ${definition.plural} of its name: ${namesakes.join(', ')}`
    if (live) return { type: 'clash', live, message }
  }
  const other = byIdentity(rundb, definition, desired, refIds)
  if (other === undefined && named) return claim(rundb, desired, named, 'found')
  if (other === undefined) {
    const namesake = organizations.matchByName && !applied ? matchByName(rundb, desired, 'applied') : undefined
    return namesake?.type === 'found' ? claim(rundb, desired, namesake.live, 'found') : { type: 'none' }
  }
  const known = applied !== undefined
  const identity = identify(
    { definition, desired, live: other, refIds, claimant: undefined, known, openCreate: undefined },
    { mode: 'match', unverified: adopt.unverified },
  )
  if (identity.type === 'clash' || identity.type === 'blocked') {
    return named ? claim(rundb, desired, named, 'found') : { type: 'clash', live: other, message: identity.message }
  }
  return claim(rundb, desired, other, applied ? 'elsewhere' : 'found')
}

/** WorkOS's ids of what it refers to, as far as that has been found. */
export function matchedRefs(rundb: RunDatabase, definition: KindDefinition, { refs }: DesiredResource): RefIds {
  const ids: RefIds = {}
  for (const [role, kind] of Object.entries(definition.refs)) {
    const row = rundb.statement('SELECT id FROM matched WHERE kind = ? AND key = ?').get(kind, refs[role] ?? '')
    if (row) ids[role] = String(row.id)
  }
  return ids
}

function bearsIdentity(
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
): boolean {
  const { externalId } = desired.attributes
  if (typeof externalId === 'string' && externalId === live.externalId) return true
  const natural = definition.naturalKey(desired, refIds)
  return natural !== null && natural === live.naturalKey
}

function byIdentity(
  rundb: RunDatabase,
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds,
): LiveResource | undefined {
  const { id, externalId } = desired.attributes
  if (typeof id === 'string') return findLive(rundb, definition.name, 'id', id)
  const byExternalId =
    typeof externalId === 'string' ? findLive(rundb, definition.name, 'external_id', externalId) : undefined
  if (byExternalId) return byExternalId
  const natural = definition.naturalKey(desired, refIds)
  return natural === null ? undefined : findLive(rundb, definition.name, 'natural_key', natural)
}

function namesakesOf(
  rundb: RunDatabase,
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds,
): string[] {
  const natural = definition.naturalKey(desired, refIds)
  return natural === null ? [] : findNamesakes(rundb, definition.name, natural)
}

/** One live resource stands for one desired one. */
function claim(
  rundb: RunDatabase,
  { kind, key }: DesiredResource,
  live: LiveResource,
  type: 'found' | 'elsewhere',
): Match {
  const holder = appliedKey(rundb, kind, live.id)
  const held = holder !== undefined && holder !== key && isDesired(rundb, kind, holder) ? holder : undefined
  const taken = rundb.statement('SELECT key FROM matched WHERE kind = ? AND id = ?').get(kind, live.id)
  const claimant = held ?? (taken && String(taken.key))
  if (claimant !== undefined) {
    return { type: 'clash', live, message: `${live.id} stands for ${kind}:${claimant} already: the source has two` }
  }
  rundb.run('INSERT INTO matched VALUES (?, ?, ?)', kind, key, live.id)
  return { type, live }
}

function isDesired(rundb: RunDatabase, kind: string, key: string): boolean {
  const inTheSource = `SELECT 1 FROM desired WHERE kind = ?1 AND key = ?2
    UNION ALL SELECT 1 FROM out_of_scope WHERE kind = ?1 AND key = ?2`
  return rundb.statement(inTheSource).get(kind, key) !== undefined
}
