import { Lease } from './lease.ts'
import type { RunDatabase } from './run-database.ts'
import { hasTrait, isAnywhere, TRAIT } from './traits.ts'

/**
 * A cache of facts about the staged drafts. In: every change of the table `drafts` once all are
 * staged. Out: the number of drafts of a kind. It also stops a thread that reads drafts.
 */

/** Drafts `d` with a dedupe key: their groups begin with g, groups of a key alone with k. */
export const TOLD_APART = "dedupe_group < 'k'"

interface Facts {
  /** By kind: drafts, and the records that they represent. */
  counts?: ReadonlyMap<string, { drafts: number; records: number }>
  /** By kind: drafts with a dedupe key. */
  toldApart?: ReadonlyMap<string, number>
  /** Of a thread that reads drafts. */
  lease?: Lease
}

const known = new WeakMap<RunDatabase, Facts>()

/** How often drafts have changed. */
const versions = new WeakMap<RunDatabase, number>()

function factsOf(rundb: RunDatabase): Facts {
  const facts = known.get(rundb) ?? {}
  known.set(rundb, facts)
  return facts
}

/** Forgets the facts. Call it before drafts change. */
export function draftsChange(rundb: RunDatabase): void {
  known.get(rundb)?.lease?.end()
  known.delete(rundb)
  versions.set(rundb, draftVersion(rundb) + 1)
}

/** The same number as long as no draft changes. */
export function draftVersion(rundb: RunDatabase): number {
  return versions.get(rundb) ?? 0
}

/** Lets another thread read drafts until they change. One thread at a time. */
export function leaseDrafts(rundb: RunDatabase): Lease {
  const lease = new Lease()
  factsOf(rundb).lease = lease
  return lease
}

/** By kind: the number of drafts, and of the records that they represent. */
export function draftCounts(rundb: RunDatabase): ReadonlyMap<string, { drafts: number; records: number }> {
  const facts = factsOf(rundb)
  facts.counts ??= new Map(
    rundb
      .statement('SELECT kind, count(*) AS drafts, sum(records) AS records FROM drafts GROUP BY kind')
      .all()
      .map(({ kind, drafts, records }) => [String(kind), { drafts: Number(drafts), records: Number(records) }]),
  )
  return facts.counts
}

export function countDrafts(rundb: RunDatabase, kind: string): number {
  return draftCounts(rundb).get(kind)?.drafts ?? 0
}

/** Whether a draft of any kind can have a dedupe key. */
export function anyToldApart(rundb: RunDatabase): boolean {
  return isAnywhere(rundb, TRAIT.dedupeKey)
}

/** The number of drafts of a kind with a dedupe key. */
export function countToldApart(rundb: RunDatabase, kind: string): number {
  if (!hasTrait(rundb, kind, TRAIT.dedupeKey)) return 0
  const facts = factsOf(rundb)
  facts.toldApart ??= new Map(
    rundb
      .statement(`SELECT kind, count(*) AS drafts FROM drafts WHERE ${TOLD_APART} GROUP BY kind`)
      .all()
      .map(({ kind, drafts }) => [String(kind), Number(drafts)]),
  )
  return facts.toldApart.get(kind) ?? 0
}

/** Whether drafts of a kind have a dedupe key. */
export function hasToldApart(rundb: RunDatabase, kind: string): boolean {
  return countToldApart(rundb, kind) > 0
}

/** Whether drafts of the kind are known by their key alone. */
export function hasKeyed(rundb: RunDatabase, kind: string): boolean {
  return countToldApart(rundb, kind) < countDrafts(rundb, kind)
}
