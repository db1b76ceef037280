import type { RunDatabase } from './run-database.ts'

/**
 * What is known of the desired set without another look at it. In: word of every change of the
 * table `desired`. Out: how many resources a kind has, and references that surely lead to something
 * desired: at a million users, looking again takes seconds.
 */

interface Facts {
  counts: Map<string, number>
  /** By the kind that refers: roles, and the kinds that they lead to. */
  closed: Map<string, Readonly<Record<string, string>>>
}

const known = new WeakMap<RunDatabase, Facts>()

function factsOf(rundb: RunDatabase): Facts {
  let facts = known.get(rundb)
  if (facts === undefined) {
    facts = { counts: new Map(), closed: new Map() }
    known.set(rundb, facts)
  }
  return facts
}

/**
 * To be called by whatever adds desired resources of a kind or takes some away: what is known of it
 * is no longer so.
 */
export function desiredChanged(rundb: RunDatabase, kind: string): void {
  const { counts, closed } = factsOf(rundb)
  counts.delete(kind)
  closed.delete(kind)
  for (const [other, refs] of closed) if (Object.values(refs).includes(kind)) closed.delete(other)
}

/** What was counted on the way to something else. */
export function desiredCounted(rundb: RunDatabase, kind: string, count: number): void {
  factsOf(rundb).counts.set(kind, count)
}

/** How many desired resources of a kind there are. */
export function countDesired(rundb: RunDatabase, kind: string): number {
  const { counts } = factsOf(rundb)
  let count = counts.get(kind)
  if (count === undefined) {
    count = rundb.count('SELECT count(*) FROM desired WHERE kind = ?', kind)
    counts.set(kind, count)
  }
  return count
}

/** Every reference of a kind leads to something desired. */
export function closeReferences(rundb: RunDatabase, kind: string, refs: Readonly<Record<string, string>>): void {
  factsOf(rundb).closed.set(kind, refs)
}

/**
 * Whether every reference of a kind by this role surely leads to a desired resource of that kind.
 */
export function isClosed(rundb: RunDatabase, kind: string, role: string, to: string): boolean {
  return factsOf(rundb).closed.get(kind)?.[role] === to
}
