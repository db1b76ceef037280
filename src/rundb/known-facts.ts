import type { RunDatabase } from './run-database.ts'

/**
 * A cache of facts about the copy of the state. In: every change of the table `known`. Out: the
 * number of its resources, and which rare features some of them have. A thread that copies the
 * state finds them at the same time (see KnownAhead); else they are unknown.
 */

/** The resources of one kind in the state. */
export interface KnownFacts {
  count: number
  /** Some were adopted. */
  adopted: boolean
  /** Some are so: see StateResource. */
  reduced: boolean
  answered: boolean
  gone: boolean
}

const known = new WeakMap<RunDatabase, Map<string, KnownFacts>>()

/** Finds the facts of all kinds: reads the whole table. */
export function findKnownFacts(rundb: RunDatabase): Map<string, KnownFacts> {
  const rows = rundb
    .statement(
      `SELECT kind, count(*) AS n, sum(ownership = 'adopted') AS adopted, count(reduced) AS reduced,
         count(answered) AS answered, count(gone) AS gone FROM known GROUP BY kind`,
    )
    .all()
  return new Map(
    rows.map(({ kind, n, adopted, reduced, answered, gone }) => [
      String(kind),
      {
        count: Number(n),
        adopted: Number(adopted) > 0,
        reduced: Number(reduced) > 0,
        answered: Number(answered) > 0,
        gone: Number(gone) > 0,
      },
    ]),
  )
}

/** Stores the facts of all kinds that the table has. */
export function noteKnownFacts(rundb: RunDatabase, facts: ReadonlyMap<string, KnownFacts>): void {
  known.set(rundb, new Map(facts))
}

/**
 * Forgets the facts. Call it whenever the table changes.
 * @param kind the only one that changed: it has no resources now. Default: any
 */
export function knownChanged(rundb: RunDatabase, kind?: string): void {
  if (kind === undefined) known.delete(rundb)
  else known.get(rundb)?.delete(kind)
}

/** The number of resources of a kind in the state. */
export function countKnown(rundb: RunDatabase, kind: string): number {
  const facts = known.get(rundb)
  return facts === undefined
    ? rundb.count('SELECT count(*) FROM known WHERE kind = ?', kind)
    : (facts.get(kind)?.count ?? 0)
}

/**
 * Whether any resource in the state can have a feature.
 * @param kind its kind. Default: any
 */
export function canBeKnown(rundb: RunDatabase, feature: Exclude<keyof KnownFacts, 'count'>, kind?: string): boolean {
  const facts = known.get(rundb)
  if (facts === undefined) return true
  return kind === undefined ? [...facts.values()].some((each) => each[feature]) : facts.get(kind)?.[feature] === true
}
