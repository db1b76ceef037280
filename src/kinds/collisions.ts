import { someOf } from '../diagnostics/printable.ts'
import { type RejectReason, rejectDesired } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * Rejects every resource that claims a key, a slug or a value that only one can have. Nothing here
 * can decide which claimant is right, so the message names the others.
 */

/** The message for names of the source that became one key or slug. */
export interface CollisionWording {
  message: string
  hint: string
}

/** Names that share a key or slug, each with the place where it was read first. */
export type CollidedNames = readonly [name: string, origin: string][]

/** How a kind tells whether names collide when they become its keys or slugs. */
export interface NameRules {
  /** See `DerivedName`. */
  of: string
  /**
   * SQL for the place where a name `n` counts: only names of one place collide. Undefined: there is
   * one place.
   */
  place?: string
  /**
   * Further collisions: names that differ in what expressions made of them but share the slug that
   * is left.
   */
  slugs?: { condition: string; having: string }
  /** Other names of the collided slug and its names, as drafts and grants refer to them. */
  entries?(slugs: readonly string[], given: readonly string[]): [of: string, slug: string][]
  wording(slug: string, names: CollidedNames): CollisionWording
}

/** What to reject when names collide. */
export interface CollisionRule {
  from: 'drafts' | 'grants'
  code: string
  field: string
  /** SQL for the rows that contain the collided name. Returns `id`, `message`, `hint`. */
  found: string
}

/** For a kind whose key is what collided. */
export const keyed = (kind: string, code: string): CollisionRule => ({
  from: 'drafts',
  code,
  field: 'key',
  found: `SELECT d.id, c.message, c.hint FROM drafts d JOIN collided c ON c.kind = '${kind}' AND c.slug = d.key WHERE d.kind = '${kind}'`,
})

/** How many names a message lists, and how many characters of each. */
export const NAMED = 4
const LENGTH = 60

export function namedWithPlaces(names: CollidedNames): string {
  const described = names.map(([name, origin]) => `${quoted(name)} (${origin})`)
  return someOf(described, { limit: NAMED })
}

function quoted(name: string): string {
  return JSON.stringify(name.length > LENGTH ? `${name.slice(0, LENGTH)}…` : name)
}

/** A value that only one resource of a kind can have, with the keys that claim it, in order. */
export interface RepeatedValue {
  value: string
  keys: string[]
}

/** @param values a query that returns `value` and `key` */
export function* repeatedValues(rundb: RunDatabase, values: string): Generator<RepeatedValue> {
  const rows = rundb.iterate(
    `SELECT value, json_group_array(key ORDER BY key) AS keys FROM (${values})
       GROUP BY value HAVING count(*) > 1 ORDER BY value`,
  )
  for (const { value, keys } of rows) yield { value: String(value), keys: JSON.parse(String(keys)).map(String) }
}

/**
 * Rejects every claimant of each value.
 * @param onRefused called with each claimant before it is removed
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
      // A resource that claims two such values is rejected once and counts as a claimant of both.
      if (refused.has(key)) continue
      refused.add(key)
      onRefused(key, claim)
      rejectDesired(rundb, { kind, key }, refusal(value, named(kind, keys, key)))
    }
  }
}

function named(kind: string, keys: readonly string[], key: string): string {
  return someOf(keys.filter((other) => other !== key).map((other) => `${kind}:${other}`))
}
