import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { type Candidate, candidates, findCandidates } from './candidates.ts'
import { decideKnown } from './decide-known.ts'
import { decideUnknown } from './decide-unknown.ts'
import { noteGivingGroups } from './giving-groups.ts'
import { readGroupRoles, type Unknown } from './group-roles.ts'
import { blockHeldDomains } from './held-domains.ts'
import { listMentioned } from './list-mentioned.ts'
import { LOOKUPS_AT_MOST, listLive, lookUp, lookUpFew, type Wanted } from './look-up.ts'
import { indexNames } from './match-by-name.ts'
import { findLive, insertAction, loadKnown } from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'
import { resolveRefs } from './references.ts'

/** Plans one kind; the kinds it depends on have been planned before. */
export async function planKind(context: PlanningContext, definition: KindDefinition): Promise<void> {
  const { set, state, api, refresh, onProgress } = context
  await loadKnown(set.rundb, state, definition.name)
  const count = findCandidates(context, definition)
  if (count === 0) return
  const listed = refresh || count > LOOKUPS_AT_MOST || needsNames(context, definition)
  if (definition.sparse) await lookUpFew(set, api, definition, wanted(set, definition))
  else if (listed) {
    const phase = `reading ${definition.plural} from WorkOS`
    onProgress({ phase })
    await listLive(set, api, definition, (done) => onProgress({ phase, done }))
    onProgress({ phase: `comparing ${definition.plural}` })
  } else {
    await lookUp(set, api, definition, [...wanted(set, definition)])
  }
  await listMentioned(set, api, definition)
  if (definition.name === 'organization') indexNames(set.rundb)
  if (definition.name === 'membership') await readGroupRoles(set.rundb, api, 'known', unknownLive(context, definition))
  set.rundb.transaction(() => {
    for (const candidate of inTurn(context, definition)) {
      const action = candidate.known
        ? decideKnown(context, definition, candidate, candidate.known)
        : decideUnknown(context, definition, candidate.desired)
      if (action) insertAction(set.rundb, action)
    }
  })
  if (definition.name === 'group-membership') await noteGivingGroups(set.rundb, api)
  if (definition.name === 'organization') await blockHeldDomains(set.rundb, api, listed)
}

/** What is in WorkOS and the state does not know. */
function* unknownLive({ set }: PlanningContext, definition: KindDefinition): Generator<Unknown> {
  for (const { desired, known } of candidates(set, definition)) {
    const refs = known ? undefined : resolveRefs(set.rundb, definition, desired)
    const natural = refs?.type === 'resolved' ? definition.naturalKey(desired, refs.ids) : null
    const live = natural === null ? undefined : findLive(set.rundb, definition.name, 'natural_key', natural)
    if (live) yield { live, desired: desired.attributes }
  }
}

/** Whether names count and one may be new: nothing looks an organization up by its name but a list of all. */
function needsNames({ set, manifest }: PlanningContext, { name }: KindDefinition): boolean {
  if (name !== 'organization' || !manifest.organizations.matchByName) return false
  const unknown = `SELECT count(*) FROM candidates c WHERE kind = 'organization'
    AND NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = c.kind AND k.key = c.key)`
  return set.rundb.count(unknown) > 0
}

/** The candidates in the order in which they are carried out: by key, those that take turns lane by lane. */
function inTurn({ set, manifest }: PlanningContext, definition: KindDefinition): Iterable<Candidate> {
  const { turn } = definition
  if (turn === undefined) return candidates(set, definition)
  const turns = [...candidates(set, definition)].map((candidate) => ({
    candidate,
    ...turn(candidate.desired, manifest),
  }))
  turns.sort((one, other) => (one.lane === other.lane ? one.rank - other.rank : one.lane < other.lane ? -1 : 1))
  return turns.map(({ candidate }) => candidate)
}

/** What has to be looked up one by one: not what refers to something that does not exist yet. */
function* wanted(set: DesiredSet, definition: KindDefinition): Generator<Wanted> {
  for (const { desired, known } of candidates(set, definition)) {
    const refs = resolveRefs(set.rundb, definition, desired)
    if (known || refs.type === 'resolved') {
      yield { desired, refIds: refs.type === 'resolved' ? refs.ids : {}, id: known?.id }
    }
  }
}
