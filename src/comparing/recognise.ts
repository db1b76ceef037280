import type { KindDefinition, NameMatch, Refusal } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { MatchedBy } from './identify.ts'

/**
 * What stands in WorkOS for a desired resource. In: the resource and what was read of WorkOS, by what it is looked up. Out: the live one, or
 * why nobody can tell which it is. Planning and verifying recognise by this alone; whose it is then, `identify` says.
 */

/** The live resources of a kind that have been read. */
export interface LiveLookup {
  byId(id: string): LiveResource | undefined
  byExternalId(externalId: string): LiveResource | undefined
  /** The first of them. */
  byNaturalKey(naturalKey: string): LiveResource | undefined
  /** Ids of those with one natural identity, where there are several. */
  namesakes(naturalKey: string): readonly string[]
  /** Asked where nothing else finds it. */
  byName(): NameMatch
}

/** `several`: nobody can tell which. `live` is the first of several with its natural identity. */
export type Recognition =
  | { type: 'none' }
  | { type: 'found'; live: LiveResource; matchedBy: MatchedBy }
  | ({ type: 'several'; live?: LiveResource } & Refusal)

/**
 * Recognises a resource by its id, its external id, its natural identity, or its name.
 * @param refIds undefined where something that it refers to does not exist yet: then by its name alone
 */
export function recognise(
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds | undefined,
  lookup: LiveLookup,
): Recognition {
  const found = refIds && byIdentity(definition, desired, refIds, lookup)
  if (found === undefined) {
    const named = lookup.byName()
    if (named.type === 'found') return { type: 'found', live: named.live, matchedBy: 'name' }
    return named.type === 'none' ? named : { ...named, type: 'several' }
  }
  if (found.matchedBy !== 'natural identity') return { type: 'found', ...found }
  const namesakes = lookup.namesakes(found.live.naturalKey ?? '')
  if (namesakes.length === 0) return { type: 'found', ...found }
  return { type: 'several', live: found.live, ...ambiguous(definition, namesakes) }
}

/** Whether a live resource bears the external id or the natural identity of a desired one. */
export function bearsIdentity(
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
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds,
  lookup: LiveLookup,
): { live: LiveResource; matchedBy: MatchedBy } | undefined {
  const { id, externalId } = desired.attributes
  if (typeof id === 'string') {
    const live = lookup.byId(id)
    return live && { live, matchedBy: 'id' }
  }
  if (typeof externalId === 'string') {
    const live = lookup.byExternalId(externalId)
    if (live) return { live, matchedBy: 'external id' }
  }
  const natural = definition.naturalKey(desired, refIds)
  const live = natural === null ? undefined : lookup.byNaturalKey(natural)
  return live && { live, matchedBy: 'natural identity' }
}

function ambiguous({ name, plural }: KindDefinition, ids: readonly string[]): Refusal {
  return {
    code: 'ambiguous_identity',
    message: `WorkOS holds several ${plural} of its name: ${ids.join(', ')}`,
    hint: `rename or delete all but one in WorkOS, or say which one it is: workos-migrate state import ${name}:<key> <id>`,
  }
}
