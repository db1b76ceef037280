import { someOf } from '../diagnostics/printable.ts'
import { type RejectReason, rejectDesired } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * What two things of the source claim and one alone can have. In: the names that became one key or
 * slug, or the values that several resources claim. Out: every claimant is rejected, since nobody
 * can tell here which is right; the message names the others.
 */

/** What is said where several names of the source have become one key or slug. */
export interface CollisionWording {
  message: string
  hint: string
}

/** Names of the source that share a key or slug, each with its first place. */
export type CollidedNames = readonly [name: string, origin: string][]

/** Where names are made into keys or slugs of a kind, what tells whether they collide. */
export interface NameRules {
  /** What the names are of: see DerivedName. */
  of: string
  /**
   * The place in which a name `n` counts, as SQL: only names of one place collide. Undefined: there
   * is one place.
   */
  place?: string
  /**
   * Collisions beside those of names that share what expressions made of them: of those that share
   * what is left of it.
   */
  slugs?: { condition: string; having: string }
  /**
   * What else the collided slug and the names are called: entries that drafts and grants are
   * compared with.
   */
  entries?(slugs: readonly string[], given: readonly string[]): [of: string, slug: string][]
  wording(slug: string, names: CollidedNames): CollisionWording
}

/** What is rejected where names have collided. */
export interface CollisionRule {
  from: 'drafts' | 'grants'
  code: string
  field: string
  /** SQL: the rows that bear what collided. Yields `id`, `message`, `hint`. */
  found: string
}

/** A kind that is known by what collided. */
export const keyed = (kind: string, code: string): CollisionRule => ({
  from: 'drafts',
  code,
  field: 'key',
  found: `SELECT d.id, c.message, c.hint FROM drafts d JOIN collided c ON c.kind = '${kind}' AND c.slug = d.key WHERE d.kind = '${kind}'`,
})

/** How many of the names a message has, and how much of each. */
export const NAMED = 4
const LENGTH = 60

export function namedWithPlaces(names: CollidedNames): string {
  const described = names.map(([name, origin]) => `${quoted(name)} (${origin})`)
  return someOf(described, { limit: NAMED })
}

function quoted(name: string): string {
  return JSON.stringify(name.length > LENGTH ? `${name.slice(0, LENGTH)}…` : name)
}

/**
 * A value that only one resource of a kind can have and several claim, with their keys in order.
 */
export interface RepeatedValue {
  value: string
  keys: string[]
}

/** The values that several resources claim. @param values a query that yields `value` and `key` */
export function* repeatedValues(rundb: RunDatabase, values: string): Generator<RepeatedValue> {
  const rows = rundb.iterate(
    `SELECT value, json_group_array(key ORDER BY key) AS keys FROM (${values})
       GROUP BY value HAVING count(*) > 1 ORDER BY value`,
  )
  for (const { value, keys } of rows) yield { value: String(value), keys: JSON.parse(String(keys)).map(String) }
}

/**
 * Refuses every claimant: which of them is right cannot be told here.
 * @param onRefused called with each, before it is removed
 */
export function rejectRepeated(
  rundb: RunDatabase,
  kind: string,
  claimed: Iterable<RepeatedValue>,
  refusal: (value: string, others: string) => RejectReason,
  onRefused: (key: string, claim: RepeatedValue) => void = () => {},
): void {
  const refused = new Set<string>()
  for (const claim of claimed) {
    const { value, keys } = claim
    for (const key of keys) {
      // Who claims two such values is one reject, and counts as a claimant of both.
      if (refused.has(key)) continue
      refused.add(key)
      onRefused(key, claim)
      rejectDesired(rundb, { kind, key }, refusal(value, named(kind, keys, key)))
    }
  }
}

/** The other claimants, as a message names them. */
function named(kind: string, keys: readonly string[], key: string): string {
  return someOf(keys.filter((other) => other !== key).map((other) => `${kind}:${other}`))
}
