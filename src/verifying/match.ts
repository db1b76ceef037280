import { identify } from '../comparing/identify.ts'
import { bearsIdentity, recognise } from '../comparing/recognise.ts'
import { referencesOf } from '../comparing/references.ts'
import type { CompareContext, KindDefinition } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { insertMatched, isInTheSource, matchedId, matchedKey } from '../rundb/findings.ts'
import { type Applied, keyById } from '../rundb/known.ts'
import { findLive, liveLookup } from '../rundb/live.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

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
  context: CompareContext,
  definition: KindDefinition,
  desired: DesiredResource,
  applied: Applied | undefined,
): Match {
  const { rundb } = context
  const { name } = definition
  const refIds = matchedRefs(rundb, definition, desired)
  const known = applied !== undefined
  const named = applied && findLive(rundb, name, 'id', applied.id)
  if (named && bearsIdentity(definition, desired, named, refIds)) return claim(rundb, desired, named, 'found')
  const recognised = recognise(definition, desired, refIds, {
    ...liveLookup(rundb, name),
    byName: () => (known ? undefined : definition.live?.byName?.(context, desired)) ?? { type: 'none' },
  })
  if (recognised.type === 'several' && recognised.live && named === undefined) {
    return { type: 'clash', live: recognised.live, message: recognised.message }
  }
  const other = recognised.type === 'none' ? undefined : recognised.live
  if (other === undefined) return named ? claim(rundb, desired, named, 'found') : { type: 'none' }
  if (recognised.type === 'found' && recognised.matchedBy === 'name') return claim(rundb, desired, other, 'found')
  const { unverified } = context.manifest.adopt
  const identity = identify(
    { definition, desired, live: other, refIds, claimant: undefined, known, openCreate: undefined },
    { mode: 'match', unverified },
  )
  if (identity.type === 'clash' || identity.type === 'blocked') {
    return named ? claim(rundb, desired, named, 'found') : { type: 'clash', live: other, message: identity.message }
  }
  return claim(rundb, desired, other, known ? 'elsewhere' : 'found')
}

/** WorkOS's ids of what it refers to, as far as that has been found. */
export function matchedRefs(rundb: RunDatabase, definition: KindDefinition, desired: DesiredResource): RefIds {
  const ids: RefIds = {}
  for (const { role, kind, key } of referencesOf(definition, desired)) {
    const id = matchedId(rundb, kind, key)
    if (id !== undefined) ids[role] = id
  }
  return ids
}

/** One live resource stands for one desired one. */
function claim(rundb: RunDatabase, desired: DesiredResource, live: LiveResource, type: 'found' | 'elsewhere'): Match {
  const { kind, key } = desired
  const holder = keyById(rundb, 'applied', kind, live.id)
  const held = holder !== undefined && holder !== key && isInTheSource(rundb, kind, holder) ? holder : undefined
  const claimant = held ?? matchedKey(rundb, kind, live.id)
  if (claimant !== undefined) {
    return { type: 'clash', live, message: `${live.id} stands for ${kind}:${claimant} already: the source has two` }
  }
  insertMatched(rundb, desired, live.id)
  return { type, live }
}
