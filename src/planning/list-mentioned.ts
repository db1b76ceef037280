import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition, Mention } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import type { DesiredResource } from '../resource.ts'
import { desiredFromRow } from '../rundb/desired.ts'
import type { Api } from '../workos/api.ts'
import { eachOf } from './at-once.ts'
import { insertLive } from './plan-tables.ts'
import { findMention, resolveRefs } from './references.ts'

/**
 * Lists the kinds that a resource about to be planned mentions and that nobody has declared: a role may exist in WorkOS already. What is
 * not found as what it may be first is looked for as what it may be next, inside of what the resource is in.
 */
export async function listMentioned(set: DesiredSet, api: Api, definition: KindDefinition): Promise<void> {
  for (let place = 0; ; place += 1) {
    const parents = parentsOfMissing(set, definition, place)
    if (parents.size === 0) return
    for (const [kind, ids] of parents) {
      const mentioned = kindDefinition(kind)
      const list = async (within: Iterable<string>) => {
        for await (const page of mentioned.list(api, within)) insertLive(set.rundb, kind, page)
      }
      if (mentioned.within === undefined) await list([])
      else await eachOf(ids, (id) => list([id]))
    }
  }
}

/** The kinds in which something mentioned is to be looked for at its `place`, and WorkOS ids of what they are to be listed in. */
function parentsOfMissing(set: DesiredSet, definition: KindDefinition, place: number): Map<string, Set<string>> {
  const parents = new Map<string, Set<string>>()
  for (const { desired, mention } of missingMentions(set, definition)) {
    const candidate = mention.candidates[place]
    if (candidate === undefined) continue
    const refs = resolveRefs(set.rundb, definition, desired)
    const parent = refs.type === 'blocked' ? undefined : refs.ids[definition.within ?? '']
    const ids = parents.get(candidate.kind) ?? new Set()
    parents.set(candidate.kind, parent === undefined ? ids : ids.add(parent))
  }
  return parents
}

function* missingMentions(
  set: DesiredSet,
  definition: KindDefinition,
): Generator<{ desired: DesiredResource; mention: Mention }> {
  if (definition.mentions === undefined) return
  // What is mentioned follows from the attributes and from what the resource is within: few differ in both.
  const distinct = set.rundb.db
    .prepare(
      `SELECT d.kind, min(d.key) AS key, d.refs, d.attributes, NULL AS secrets FROM candidates c
       JOIN desired d ON d.kind = c.kind AND d.key = c.key
       WHERE c.kind = ? GROUP BY d.attributes, d.refs ->> ('$.' || ?)`,
    )
    .iterate(definition.name, definition.within ?? '')
  for (const row of distinct) {
    const desired = desiredFromRow(row)
    for (const mention of definition.mentions(desired)) {
      if (!findMention(set.rundb, definition, desired, mention)) yield { desired, mention }
    }
  }
}
