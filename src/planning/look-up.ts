import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'
import type { Api } from '../workos/api.ts'
import { insertLive } from './plan-tables.ts'

/** Up to so many resources are looked up one by one; for more, everything of the kind is listed once, 100 a page. */
export const LOOKUPS_AT_MOST = 200

/** Lookups on their way at once; the limiter paces them. */
const AT_ONCE = 20

/** A resource that planning has to see as WorkOS holds it. `id` is set for those in the state. */
export interface Wanted {
  desired: DesiredResource
  refIds: RefIds
  id: string | undefined
}

/** Lists a kind into the run's database. Kinds that live inside of others are listed for those of them that exist. */
export async function listLive(
  set: DesiredSet,
  api: Api,
  definition: KindDefinition,
  onPage: (count: number) => void,
): Promise<void> {
  let count = 0
  for await (const page of definition.list(api, knownParents(set, definition))) {
    insertLive(set.rundb, definition.name, page)
    count += page.length
    onPage(count)
  }
}

/** Looks up single resources into the run's database. */
export async function lookUp(set: DesiredSet, api: Api, definition: KindDefinition, wanted: Wanted[]): Promise<void> {
  const single = definition.listedOnly ? wanted.filter(({ id }) => id !== undefined) : wanted
  if (definition.listedOnly) {
    const parents = wanted.flatMap(({ id, refIds }) =>
      id === undefined ? (refIds[definition.within ?? ''] ?? []) : [],
    )
    for await (const page of definition.list(api, new Set(parents))) insertLive(set.rundb, definition.name, page)
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
      set.rundb,
      definition.name,
      found.filter((live): live is LiveResource => live !== undefined),
    )
  }
}

/**
 * Looks up what is there one by one, if it is little; what is sparse is never listed, and applying looks before it creates. What the
 * state has under a key that has left the source counts as found: its holder may have another key now.
 */
export async function lookUpFew(
  set: DesiredSet,
  api: Api,
  definition: KindDefinition,
  wanted: Iterable<Wanted>,
): Promise<void> {
  const { name, within = '', refs } = definition
  set.rundb.run(
    `INSERT OR IGNORE INTO live SELECT k.kind, k.id, NULL, p.id, k.attributes FROM known k
     JOIN known p ON p.kind = ?2 AND p.key = k.key
     WHERE k.kind = ?1 AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)`,
    name,
    refs[within] ?? '',
  )
  const few: Wanted[] = []
  for (const one of wanted) if (few.push(one) > LOOKUPS_AT_MOST) return
  await lookUp(set, api, definition, few)
}

/** WorkOS ids of what a kind is listed within, as far as they exist or are about to be adopted. */
function knownParents({ rundb }: DesiredSet, { within, refs }: KindDefinition): string[] {
  if (within === undefined) return []
  return rundb
    .statement(
      `SELECT id FROM known k WHERE kind = ?1
         AND NOT EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)
       UNION SELECT id FROM actions WHERE kind = ?1 AND type = 'adopt'`,
    )
    .all(refs[within] ?? '')
    .map((row) => String(row.id))
}
