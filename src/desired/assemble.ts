import { breathe } from '../clock.ts'
import type { Manifest } from '../config/manifest.ts'
import type { NameRules } from '../kinds/collisions.ts'
import type { DraftDefinition } from '../kinds/draft.ts'
import { collisionRules, draftDefinitions } from '../kinds/registry.ts'
import { indexDrafts, turnReferences } from '../rundb/drafts.ts'
import { leaveOutReferring } from '../rundb/left-out.ts'
import { type Collision, collidedRows, collisionsOf, hasCollided, hasNames, insertCollided } from '../rundb/names.ts'
import { rejectDependents, rejectDraft, rejectGrant } from '../rundb/rejects.ts'
import { unpackFound } from '../rundb/repeats.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { mergeGroups, rejectKeyConflicts } from './merge.ts'

/**
 * Makes the desired set from the staged drafts: turns references to merged users, merges
 * duplicates, and rejects what depends on a rejected record. Kinds are processed in order of
 * dependency. A step can take seconds for hundreds of thousands of users, so the signal is checked
 * between steps.
 * @param options.onKind called at the beginning and before each kind, when nothing is written
 * @returns how many staged role grants found their membership
 */
export async function assembleDesired(
  rundb: RunDatabase,
  manifest: Manifest,
  { signal, onKind }: { signal?: AbortSignal | undefined; onKind?: () => Promise<void> } = {},
): Promise<number> {
  const step = async (work: () => void) => {
    await breathe(signal)
    rundb.transaction(work)
  }
  // Also before the first step, so that another thread can read drafts while they are indexed.
  await breathe(signal)
  await onKind?.()
  await step(() => indexDrafts(rundb))
  await step(() => refuseNameCollisions(rundb))
  let assigned = 0
  const count = (more = 0) => {
    assigned += more
  }
  for (const definition of draftDefinitions) {
    const { lifecycle } = definition
    await onKind?.()
    await step(() => count(lifecycle?.staged?.(rundb, manifest)))
    await step(() => followAliases(rundb, definition))
    await step(() => count(lifecycle?.referenced?.(rundb, manifest)))
    await step(() => rejectKeyConflicts(rundb, definition, manifest))
    await step(() => mergeGroups(rundb, definition, manifest))
    await step(() => lifecycle?.merged?.(rundb, manifest))
    await step(() => leaveOutDependents(rundb, definition))
    await step(() => refuseDependents(rundb, definition))
    await step(() => lifecycle?.accepted?.(rundb, manifest))
  }
  for (const { lifecycle } of draftDefinitions) {
    if (lifecycle?.assembled !== undefined) await step(() => lifecycle.assembled?.(rundb))
  }
  return assigned
}

/** Points references, and the notes on the items that have them, to the key a user merged into. */
function followAliases(rundb: RunDatabase, { name, refs: targets, keyFromRefs, derivedRefs }: DraftDefinition): void {
  for (const [role, target] of Object.entries(targets)) {
    turnReferences(rundb, { kind: name, role, target }, (key, turned) => {
      const refs = derivedRefs?.(turned) ?? turned
      return { refs, key: keyFromRefs?.(refs) ?? key }
    })
  }
}

/**
 * Leaves out items that refer to something that a condition leaves out. Items that refer to these
 * follow with their own kind.
 */
function leaveOutDependents(rundb: RunDatabase, { name, refs }: DraftDefinition): void {
  for (const [role, kind] of Object.entries(refs)) leaveOutReferring(rundb, name, role, kind)
}

/** Rejects items that refer to something outside the desired set, and names what is missing. */
function refuseDependents(rundb: RunDatabase, { name, refs }: DraftDefinition): void {
  rejectDependents(rundb, { kind: name, refs })
}

/**
 * Rejects items if expressions made the same key or slug of several names in the source. Otherwise
 * `Admin` and `Admin!` would become one role, and a user with one would get the permissions of
 * both. All of them are rejected, because the slug does not show which name is meant.
 */
function refuseNameCollisions(rundb: RunDatabase): void {
  if (!hasNames(rundb)) return
  for (const { names } of draftDefinitions) if (names !== undefined) findCollisions(rundb, names)
  if (!hasCollided(rundb)) return
  for (const { from, code, field, found } of collisionRules()) {
    const reject = from === 'grants' ? rejectGrant : rejectDraft
    if (from === 'drafts') unpackFound(rundb, found)
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
