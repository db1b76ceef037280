import type { JsonObject } from '../json.ts'
import { countDesired } from './desired-facts.ts'
import { countKnown } from './known-facts.ts'
import type { RunDatabase } from './run-database.ts'

/**
 * Matches live resources with desired ones that have exactly their values, as SQL. In: `desired`,
 * `known` and `live`. Out: `matched`, or for a whole kind that `known` has its matches. A thread
 * compares WorkOS with the state before there is a desired set (see KnownAhead). Then this only
 * compares the state with the desired set, and looks at what differs in either.
 */

/** What SQL needs to match live resources of a kind with desired ones: see KindDefinition. */
export interface PlainMatch {
  kind: string
  /** The kinds that it refers to, by role. */
  refs: Readonly<Record<string, string>>
  /** See KindDefinition. */
  natural(ref: (role: string) => string): string
  /** Its fields that are compared member by member. */
  maps: readonly string[]
  /** See KindDefinition. */
  inForce: JsonObject
  /** The condition that the values of a row `l` of `live` belong to it alone: see LiveHooks. */
  wholly(known: string): string
}

/** IDs that are in the state more than once. */
const TWICE = 'SELECT id FROM known WHERE kind = ?1 GROUP BY id HAVING count(*) > 1'

/**
 * The condition that a row `l` of `live` has the values of a row `d`, so that there is nothing to
 * report: the right identifier, and exactly the desired values. If its ID is also in the state
 * once, no other desired resource can claim it later.
 *
 * The desired values must be part of the live ones. Maps must be equal: a member that was applied
 * and is no longer desired is a difference.
 * @param known the row of the state: `d` itself, or another
 * @param matches the table with the IDs of the resources that it refers to
 */
function hasValues({ refs, natural, maps, inForce, wholly }: PlainMatch, known: 'd' | 'k', matches: Matches): string {
  const ref = (role: string) =>
    `(SELECT m.id FROM ${matches(refs[role] ?? '')} m WHERE m.kind = '${refs[role]}' AND m.key = d.refs ->> '$.${role}')`
  return [
    `(d.attributes ->> '$.externalId' = l.external_id OR ${natural(ref)} = l.natural_key)`,
    // Quick answer for a resource without values.
    `(d.attributes = '{}' OR json_patch(l.attributes, d.attributes) = l.attributes)`,
    ...maps.map(
      (field) =>
        `coalesce(d.attributes -> '$.${field}' = l.attributes -> '$.${field}', d.attributes -> '$.${field}' IS NULL)`,
    ),
    ...Object.entries(inForce).map(([field, value]) => {
      const text = `'${JSON.stringify(value).replaceAll("'", "''")}'`
      return `coalesce(l.attributes -> '$.${field}', ${text}) = ${text}`
    }),
    wholly(known),
  ].join(' AND ')
}

/** The table with the matches of a kind. */
type Matches = (kind: string) => 'known' | 'matched'

/**
 * A query for the keys of a kind `?1` from `?2` to `?3` that are in the state, but not so in
 * WorkOS. Those of idsTwice are missing.
 */
export function unlikeInWorkos(match: PlainMatch): string {
  return `SELECT d.key FROM known d LEFT JOIN live l ON l.kind = d.kind AND l.id = d.id
     WHERE d.kind = ?1 AND d.key BETWEEN ?2 AND ?3 AND NOT coalesce(${hasValues(match, 'd', () => 'known')}, 0)`
}

/** A query for the keys of a kind `?1` with an ID that the state has more than once. */
export const idsTwice = `SELECT key FROM known WHERE kind = ?1 AND id IN (${TWICE})`

/**
 * Adds the desired resources of a kind that are not so in the state to the table `unlike`. One
 * without values is so if its references alone identify it.
 */
export function addUnlikeInState(rundb: RunDatabase, { kind, natural }: PlainMatch): void {
  const byReferences = `${natural(() => "''")} IS NOT NULL AND k.attributes ->> '$.externalId' IS NULL`
  rundb.run(
    `INSERT INTO unlike SELECT d.kind, d.key FROM desired d LEFT JOIN known k ON k.kind = d.kind AND k.key = d.key
     WHERE d.kind = ?1 AND NOT coalesce(
       d.refs = k.refs AND (d.attributes = k.attributes OR (d.attributes = '{}' AND ${byReferences})), 0)`,
    kind,
  )
}

/** Adds those that WorkOS does not have as the state says. The table is then complete. */
export function addUnlikeInWorkos(rundb: RunDatabase, kind: string, keys: Iterable<string>): void {
  rundb.transaction(() => {
    for (const key of keys) rundb.run('INSERT OR IGNORE INTO unlike VALUES (?, ?)', kind, key)
  })
  checked.set(rundb, new Set(checked.get(rundb)).add(kind))
}

/** Kinds for which the table `unlike` is complete. */
const checked = new WeakMap<RunDatabase, Set<string>>()

/**
 * Matches resources in WorkOS that have the ID of the state and exactly the desired values.
 * @returns the number of matches
 */
export function matchPlain(rundb: RunDatabase, match: PlainMatch): number {
  const { kind, refs } = match
  const unmatched = insertUnmatched(
    rundb,
    match,
    checked.get(rundb)?.has(kind) === true && Object.values(refs).every((each) => isAsInState(rundb, each)),
  )
  const desired = countDesired(rundb, kind)
  if (unmatched === 0 && countKnown(rundb, kind) === desired) {
    asInState.set(rundb, new Set(asInState.get(rundb)).add(kind))
    return desired
  }
  return rundb.run(
    `INSERT INTO matched SELECT d.kind, d.key, k.id FROM desired d CROSS JOIN known k ON k.kind = d.kind AND k.key = d.key
     WHERE d.kind = ?1 AND NOT EXISTS (SELECT 1 FROM unmatched u WHERE u.kind = d.kind AND u.key = d.key) ORDER BY d.key`,
    kind,
  )
}

/**
 * Fills the table `unmatched`.
 * @param fromUnlike whether all others match, because they are in WorkOS as in the state, and in
 *   the state as desired
 * @returns the number of rows
 */
function insertUnmatched(rundb: RunDatabase, match: PlainMatch, fromUnlike: boolean): number {
  const { kind } = match
  if (fromUnlike && rundb.statement('SELECT 1 FROM unlike WHERE kind = ? LIMIT 1').get(kind) === undefined) return 0
  const from = fromUnlike ? 'unlike u CROSS JOIN desired d ON d.kind = u.kind AND d.key = u.key' : 'desired d'
  return rundb.run(
    `INSERT INTO unmatched SELECT d.kind, d.key
     FROM ${from} LEFT JOIN known k ON k.kind = d.kind AND k.key = d.key LEFT JOIN live l ON l.kind = k.kind AND l.id = k.id
     WHERE d.kind = ?1 AND NOT coalesce(${hasValues(match, 'k', (each) => matchesOf(rundb, each))} AND k.id NOT IN (${TWICE}), 0)`,
    kind,
  )
}

/** Kinds whose desired resources are those of the state, and all match. */
const asInState = new WeakMap<RunDatabase, Set<string>>()

/** Whether a kind is in WorkOS and in the source as it is in the state. */
export function isAsInState(rundb: RunDatabase, kind: string): boolean {
  return asInState.get(rundb)?.has(kind) === true
}

/** The table with the matches of a kind, by `kind`, `key` and `id`. */
export function matchesOf(rundb: RunDatabase, kind: string): 'known' | 'matched' {
  return isAsInState(rundb, kind) ? 'known' : 'matched'
}
