import type { MatchedBy } from '../comparing/identify.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { BlockedAction } from './action.ts'
import { matchByName } from './match-by-name.ts'
import { findLive, findNamesakes } from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'

/** A live resource, and what it was recognised by. */
export interface Match {
  live: LiveResource
  matchedBy: MatchedBy
}

/** What stands in WorkOS for a resource that the state does not know; `several`: nobody can tell which. */
export type Recognition =
  | { type: 'none' }
  | { type: 'found'; match: Match }
  | ({ type: 'several' } & Pick<BlockedAction, 'code' | 'message' | 'hint'>)

/** Recognises a resource by id, by external id, by its natural identity, and where the manifest says so by its name. */
export function recognise(
  { set, manifest }: PlanningContext,
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: RefIds | undefined,
): Recognition {
  const match = refIds && matchLive(set, definition, desired, refIds)
  if (match === undefined) {
    const named = manifest.organizations.matchByName ? matchByName(set.rundb, desired, 'known') : undefined
    if (named === undefined || named.type === 'none') return { type: 'none' }
    if (named.type === 'found') return { type: 'found', match: { live: named.live, matchedBy: 'name' } }
    return { type: 'several', code: 'ambiguous_organization_name', message: named.message, hint: named.hint }
  }
  if (match.matchedBy !== 'natural identity') return { type: 'found', match }
  const namesakes = findNamesakes(set.rundb, definition.name, match.live.naturalKey ?? '')
  return namesakes.length > 0 ? { type: 'several', ...ambiguous(definition, namesakes) } : { type: 'found', match }
}

function matchLive(
  { rundb }: DesiredSet,
  definition: KindDefinition,
  desired: DesiredResource,
  refIds: Record<string, string>,
): Match | undefined {
  const { id, externalId } = desired.attributes
  if (typeof id === 'string') {
    const live = findLive(rundb, definition.name, 'id', id)
    return live && { live, matchedBy: 'id' }
  }
  if (typeof externalId === 'string') {
    const live = findLive(rundb, definition.name, 'external_id', externalId)
    if (live) return { live, matchedBy: 'external id' }
  }
  const natural = definition.naturalKey(desired, refIds)
  const live = natural === null ? undefined : findLive(rundb, definition.name, 'natural_key', natural)
  return live && { live, matchedBy: 'natural identity' }
}

function ambiguous(
  { name, plural }: KindDefinition,
  ids: readonly string[],
): Pick<BlockedAction, 'code' | 'message' | 'hint'> {
  return {
    code: 'ambiguous_identity',
    message: `WorkOS holds several ${plural} of its name: ${ids.join(', ')}`,
    hint: `rename or delete all but one in WorkOS, or say which one it is: workos-migrate state import ${name}:<key> <id>`,
  }
}
