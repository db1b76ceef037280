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
 * Reads from WorkOS what planning has to see. In: resources, or a kind. Out: the table `live`.
 * Little is looked up one by one; for more the kind is listed once.
 */

/**
 * Up to so many resources are looked up one by one; for more, everything of the kind is listed
 * once, 100 a page.
 */
export const LOOKUPS_AT_MOST = 200

/** Lookups on their way at once; the limiter paces them. */
const AT_ONCE = 20

/** A resource that planning has to see as WorkOS holds it. `id` is set for those in the state. */
export interface Wanted {
  desired: DesiredResource
  refIds: RefIds
  id: string | undefined
}

/**
 * Lists a kind into the run's database. Kinds that live inside of others are listed for those of
 * them that exist.
 */
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
 * Looks up what is there one by one, if it is little; what is sparse is never listed, and applying
 * looks before it creates. What the state has under a key that has left the source counts as found:
 * its holder may have another key now.
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
 * Lists the kinds that a resource about to be planned mentions and that nobody has declared: a role
 * may exist in WorkOS already. What is not found as what it may be first is looked for as what it
 * may be next, inside of what the resource is in.
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

/**
 * The kinds in which something mentioned is to be looked for at its `place`, and WorkOS ids of what
 * they are to be listed in.
 */
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
  // What is listed within nothing may still be of an organization, which has roles of its own.
  const { name, refs, within = Object.keys(refs).at(0) ?? '' } = definition
  if (definition.mentions === undefined) return
  for (const desired of distinctCandidates(rundb, name, within)) {
    for (const mention of definition.mentions(desired)) {
      if (!findMention(rundb, definition, desired, mention)) yield { desired, mention }
    }
  }
}
