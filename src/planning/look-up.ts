import type { KindDefinition, Mention } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import { ahead, eachOf } from '../kinds/wire.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { distinctCandidates } from '../rundb/candidates.ts'
import { idsOfParents, insertFormerAsLive, insertLive, listInto } from '../rundb/live.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Api } from '../workos/api.ts'
import { findMention, resolveRefs } from './references.ts'

/**
 * Reads from WorkOS what planning needs. In: resources, or a kind. Out: the table `live`. A few
 * resources are looked up one by one; for more, the kind is listed once.
 */
/** Maximum number of lookups one by one. For more, the whole kind is listed, 100 per page. */
export const LOOKUPS_AT_MOST = 200

/** Concurrent lookups. The limiter paces them. */
const AT_ONCE = 20

/** A resource that planning must see as it is in WorkOS. `id` is set if it is in the state. */
export interface Wanted {
  desired: DesiredResource
  refIds: RefIds
  id: string | undefined
}

/** Lists a kind into the run's database. A kind inside others is listed for each parent. */
export async function listLive(
  rundb: RunDatabase,
  api: Api,
  definition: KindDefinition,
  onPage: (count: number) => void,
): Promise<void> {
  const { name, within, refs } = definition
  const listing = listInto(rundb, name)
  let count = 0
  const list = async (parents: Iterable<string>) => {
    for await (const page of ahead(definition.list(api, parents))) {
      listing.add(page)
      count += page.length
      onPage(count)
    }
  }
  if (within === undefined) await list([])
  else await eachOf(idsOfParents(rundb, refs[within] ?? ''), (id) => list([id]))
  listing.done()
}

/** Looks up single resources into the run's database. */
export async function lookUp(
  rundb: RunDatabase,
  api: Api,
  definition: KindDefinition,
  wanted: Wanted[],
): Promise<void> {
  const { name, within = '', listedOnly } = definition
  const single = listedOnly ? wanted.filter(({ id }) => id !== undefined) : wanted
  if (listedOnly) {
    const parents = wanted.flatMap(({ id, refIds }) => (id === undefined ? (refIds[within] ?? []) : []))
    for await (const page of definition.list(api, new Set(parents))) insertLive(rundb, name, page)
  }
  for (let start = 0; start < single.length; start += AT_ONCE) {
    const found = await Promise.all(
      single
        .slice(start, start + AT_ONCE)
        .map(({ desired, refIds, id }) =>
          id === undefined ? definition.find(api, desired, refIds) : definition.get(api, id),
        ),
    )
    insertLive(
      rundb,
      name,
      found.filter((live): live is LiveResource => live !== undefined),
    )
  }
}

/**
 * Looks up a few resources one by one. Sparse kinds are never listed; apply looks before it creates
 * one. A state entry under a key that left the source counts as found, because its holder might
 * have another key now.
 */
export async function lookUpFew(
  rundb: RunDatabase,
  api: Api,
  definition: KindDefinition,
  wanted: Iterable<Wanted>,
): Promise<void> {
  const { name, within = '', refs } = definition
  insertFormerAsLive(rundb, name, refs[within] ?? '')
  const few: Wanted[] = []
  for (const one of wanted) if (few.push(one) > LOOKUPS_AT_MOST) return
  await lookUp(rundb, api, definition, few)
}

/**
 * Lists the kinds that planned resources mention and that the manifest does not declare: a role can
 * already exist in WorkOS. If a mention is not found as the first kind that it can be, the next
 * kind is listed, inside the resource's parent.
 */
export async function listMentioned(rundb: RunDatabase, api: Api, definition: KindDefinition): Promise<void> {
  for (let place = 0; ; place += 1) {
    const parents = parentsOfMissing(rundb, definition, place)
    if (parents.size === 0) return
    for (const [kind, ids] of parents) {
      const mentioned = kindDefinition(kind)
      const list = async (within: Iterable<string>) => {
        for await (const page of mentioned.list(api, within)) insertLive(rundb, kind, page)
      }
      if (mentioned.within === undefined) await list([])
      else await eachOf(ids, (id) => list([id]))
    }
  }
}

/** The kinds to list for mentions at `place`, and the WorkOS IDs of their parents. */
function parentsOfMissing(rundb: RunDatabase, definition: KindDefinition, place: number): Map<string, Set<string>> {
  const parents = new Map<string, Set<string>>()
  for (const { desired, mention } of missingMentions(rundb, definition)) {
    const candidate = mention.candidates[place]
    if (candidate === undefined) continue
    const refs = resolveRefs(rundb, definition, desired)
    const parent = refs.type === 'blocked' ? undefined : refs.ids[definition.within ?? '']
    const ids = parents.get(candidate.kind) ?? new Set()
    parents.set(candidate.kind, parent === undefined ? ids : ids.add(parent))
  }
  return parents
}

function* missingMentions(
  rundb: RunDatabase,
  definition: KindDefinition,
): Generator<{ desired: DesiredResource; mention: Mention }> {
  // A resource without a parent can still belong to an organization, which has its own roles.
  const { name, refs, within = Object.keys(refs).at(0) ?? '' } = definition
  if (definition.mentions === undefined) return
  for (const desired of distinctCandidates(rundb, name, within)) {
    for (const mention of definition.mentions(desired)) {
      if (!findMention(rundb, definition, desired, mention)) yield { desired, mention }
    }
  }
}
