import type { DesiredSet } from '../desired/desired-set.ts'
import type { DesiredResource, KindDefinition, LiveResource, RefIds } from '../resources/kind.ts'
import { kindDefinition } from '../resources/registry.ts'
import type { Api } from '../workos/api.ts'
import { insertLive } from './plan-tables.ts'
import { findMention } from './references.ts'

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

/** Lists a kind into the run's database. Kinds that live inside organizations are listed for those that exist. */
export async function listLive(
  set: DesiredSet,
  api: Api,
  definition: KindDefinition,
  onPage: (count: number) => void,
): Promise<void> {
  let count = 0
  for await (const page of definition.list(api, knownOrganizationIds(set))) {
    insertLive(set.staging, definition.name, page)
    count += page.length
    onPage(count)
  }
}

/** Looks up single resources into the run's database. */
export async function lookUp(set: DesiredSet, api: Api, definition: KindDefinition, wanted: Wanted[]): Promise<void> {
  for (let start = 0; start < wanted.length; start += AT_ONCE) {
    const found = await Promise.all(
      wanted
        .slice(start, start + AT_ONCE)
        .map(({ desired, refIds, id }) =>
          id === undefined ? definition.find(api, desired, refIds) : definition.get(api, id),
        ),
    )
    insertLive(
      set.staging,
      definition.name,
      found.filter((live): live is LiveResource => live !== undefined),
    )
  }
}

/** Lists the kinds that a candidate mentions and that nobody has declared: a role may exist in WorkOS already. */
export async function listMentioned(set: DesiredSet, api: Api, definition: KindDefinition): Promise<void> {
  if (definition.mentions === undefined) return
  const distinct = set.staging
    .statement(
      'SELECT DISTINCT d.attributes FROM candidates c JOIN desired d ON d.kind = c.kind AND d.key = c.key WHERE c.kind = ?',
    )
    .all(definition.name)
  const missing = distinct
    .flatMap(({ attributes }) => definition.mentions?.(JSON.parse(String(attributes))) ?? [])
    .filter((mention) => !findMention(set.staging, mention))
  for (const kind of new Set(missing.map((mention) => mention.kind))) {
    await listLive(set, api, kindDefinition(kind), () => {})
  }
}

function knownOrganizationIds(set: DesiredSet): string[] {
  return set.staging
    .statement(
      `SELECT id FROM known WHERE kind = 'organization'
       UNION SELECT id FROM actions WHERE kind = 'organization' AND type = 'adopt'`,
    )
    .all()
    .map((row) => String(row.id))
}
