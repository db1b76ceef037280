import type { RunDatabase } from './run-database.ts'

/**
 * A cache of facts about the desired set. In: every change of the table `desired`. Out: the number
 * of resources of a kind, how many of them are declared or have secrets, and references that surely
 * lead to a desired resource. Querying them again takes seconds for a million users.
 */

/** Numbers of resources of a kind. */
interface Portions {
  /** Without a record: the manifest declares them. */
  declared: number
  withSecrets: number
}

interface Facts {
  counts: Map<string, number>
  portions: Map<string, Portions>
  /** By the kind that refers: roles, and the kinds that they lead to. */
  closed: Map<string, Readonly<Record<string, string>>>
  /** Kinds whose resources are exactly their drafts, unchanged. */
  asStaged: Set<string>
}

const known = new WeakMap<RunDatabase, Facts>()

function factsOf(rundb: RunDatabase): Facts {
  let facts = known.get(rundb)
  if (facts === undefined) {
    facts = { counts: new Map(), portions: new Map(), closed: new Map(), asStaged: new Set() }
    known.set(rundb, facts)
  }
  return facts
}

/** Forgets the facts about a kind. Call it whenever desired resources of a kind change. */
export function desiredChanged(rundb: RunDatabase, kind: string): void {
  const { counts, portions, closed, asStaged } = factsOf(rundb)
  counts.delete(kind)
  portions.delete(kind)
  closed.delete(kind)
  asStaged.delete(kind)
  for (const [other, refs] of closed) if (Object.values(refs).includes(kind)) closed.delete(other)
}

/** As desiredChanged, for new resources only: keeps a known count. */
export function desiredAdded(rundb: RunDatabase, kind: string, added: number): void {
  const count = factsOf(rundb).counts.get(kind)
  desiredChanged(rundb, kind)
  if (count !== undefined) desiredCounted(rundb, kind, count + added)
}

/** Stores a count that was a by-product. */
export function desiredCounted(rundb: RunDatabase, kind: string, count: number): void {
  factsOf(rundb).counts.set(kind, count)
}

/** The number of desired resources of a kind. */
export function countDesired(rundb: RunDatabase, kind: string): number {
  const { counts } = factsOf(rundb)
  let count = counts.get(kind)
  if (count === undefined) {
    count = rundb.count('SELECT count(*) FROM desired WHERE kind = ?', kind)
    counts.set(kind, count)
  }
  return count
}

/** Stores both numbers, which were a by-product. */
export function portionsCounted(rundb: RunDatabase, kind: string, portions: Portions): void {
  factsOf(rundb).portions.set(kind, portions)
}

/** How many desired resources of a kind have no record, and how many have secrets. */
export function portionsOf(rundb: RunDatabase, kind: string): Portions {
  const { portions } = factsOf(rundb)
  let found = portions.get(kind)
  if (found === undefined) {
    const row = rundb
      .statement('SELECT sum(records = 0) AS declared, count(secrets) AS held FROM desired WHERE kind = ?')
      .get(kind)
    found = { declared: Number(row?.declared ?? 0), withSecrets: Number(row?.held ?? 0) }
    portions.set(kind, found)
  }
  return found
}

/** Records that every reference of a kind leads to a desired resource. */
export function closeReferences(rundb: RunDatabase, kind: string, refs: Readonly<Record<string, string>>): void {
  factsOf(rundb).closed.set(kind, refs)
}

/** Whether every reference of a kind in this role surely leads to a desired resource. */
export function isClosed(rundb: RunDatabase, kind: string, role: string, to: string): boolean {
  return factsOf(rundb).closed.get(kind)?.[role] === to
}

/** Records that the resources of a kind are exactly its drafts, with their values. */
export function desiredAsStaged(rundb: RunDatabase, kind: string): void {
  factsOf(rundb).asStaged.add(kind)
}

/** Notes that values of desired resources of a kind changed. */
export function desiredRewritten(rundb: RunDatabase, kind: string): void {
  const { asStaged, portions } = factsOf(rundb)
  asStaged.delete(kind)
  portions.delete(kind)
}

/** Whether the desired resources of a kind are exactly its drafts, with their values. */
export function isAsStaged(rundb: RunDatabase, kind: string): boolean {
  return factsOf(rundb).asStaged.has(kind)
}
