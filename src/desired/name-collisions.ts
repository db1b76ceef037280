import type { NameRules } from '../kinds/collisions.ts'
import { collisionRules, draftDefinitions } from '../kinds/registry.ts'
import { type Collision, collidedRows, collisionsOf, hasCollided, hasNames, insertCollided } from '../rundb/names.ts'
import { rejectDraft, rejectGrant } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * Refuses what has a key or slug that expressions made of several names of the source: `Admin` and `Admin!` would be one role, and
 * whoever has one of them would get the permissions of both. All of it, until the manifest tells the names apart: which of them is meant
 * cannot be told from the slug.
 */
export function refuseNameCollisions(rundb: RunDatabase): void {
  if (!hasNames(rundb)) return
  for (const { names } of draftDefinitions) if (names !== undefined) findCollisions(rundb, names)
  if (!hasCollided(rundb)) return
  for (const { from, code, field, found } of collisionRules) {
    const reject = from === 'grants' ? rejectGrant : rejectDraft
    for (const { id, message, hint } of collidedRows(rundb, found)) reject(rundb, id, { code, field, message, hint })
  }
}

function findCollisions(rundb: RunDatabase, rules: NameRules): void {
  const { of, place = "''", slugs } = rules
  const derived = { of, slug: 'derived' as const, place, condition: 'NOT n.mapped', having: '' }
  for (const each of collisionsOf(rundb, derived)) collide(rundb, rules, each)
  if (slugs === undefined) return
  for (const each of collisionsOf(rundb, { of, slug: 'slug', place, ...slugs })) collide(rundb, rules, each)
}

function collide(rundb: RunDatabase, { of, entries, wording }: NameRules, collision: Collision): void {
  const { slug, place, slugs, given, names } = collision
  const text = wording(slug, names)
  const collided = entries?.(slugs, given) ?? slugs.map((each): [string, string] => [of, each])
  for (const [called, each] of collided) insertCollided(rundb, { of: called, slug: each, place, ...text })
}
