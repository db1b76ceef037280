import type { Scope, Selector } from '../config/pilot.ts'
import { StateError, UsageError } from '../diagnostics/errors.ts'
import { draftDefinitions, kindDefinitions } from '../kinds/registry.ts'
import {
  assignmentBelongs,
  type Belonging,
  type ChosenOnes,
  chosenOnes,
  forgetLeftOut,
  IN_THE_SOURCE,
  type RefusedItem,
  refusedRows,
} from '../kinds/scope.ts'
import { countByKind } from '../rundb/desired.ts'
import { ROLE_ASSIGNMENT } from '../rundb/drafts.ts'
import { countRejects } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { countRejectsOut, forgetNotes, indexAddresses, makeIndex, moveOut, moveRejectOut } from '../rundb/scope.ts'
import { choose, chooseAll, matchesNothing, selectorsOf } from './selectors.ts'

/** The users that a run is limited to, and how much is outside of that scope. */
export interface ScopeReport extends Scope {
  /** By kind, without kinds that have none. */
  outOfScope: { kind: string; plural: string; count: number }[]
  /** Rejected records of users out of scope. */
  rejected: number
}

/** Counts before a scope narrows the set. */
export interface Whole {
  desired: ReadonlyMap<string, number>
  rejected: number
}

/**
 * Keeps the resources of the chosen users in the desired set and moves all others out. The whole
 * source was read and merged before: the scope never changes what becomes of a record.
 * @throws UsageError for a selector that matches nothing
 */
export function narrow(rundb: RunDatabase, scope: Scope): void {
  const selectors = selectorsOf(scope)
  rundb.transaction(() => {
    indexAddresses(rundb)
    if (selectors.length === 0) chooseAll(rundb, IN_THE_SOURCE)
  })
  for (const [index, selector] of selectors.entries()) {
    if (choose(rundb, selector, IN_THE_SOURCE)) continue
    throw new UsageError(matchesNothing(rundb, scope.only[index] ?? '', selector, IN_THE_SOURCE, 'the source'))
  }
  rundb.transaction(() => {
    for (const kind of kindDefinitions) kind.scope?.findInScope?.(rundb, scope.limit)
    moveOthersOut(rundb)
    moveRejectsOut(rundb, selectors)
    forgetLeftOut(rundb)
    for (const kind of kindDefinitions) kind.scope?.narrowed?.(rundb)
  })
}

/**
 * Moves resources out of scope out of the set. Resources that refer to others go first, because
 * those that remain can keep what they refer to.
 */
function moveOthersOut(rundb: RunDatabase): void {
  for (const { name, scope } of kindDefinitions.toReversed()) {
    if (scope?.index !== undefined) makeIndex(rundb, scope.index)
    if (scope?.desired !== undefined) moveOut(rundb, name, scope.desired)
  }
  forgetNotes(rundb)
}

/** Removes the rejects and notes of users out of scope. Rejects with an unknown owner stay. */
function moveRejectsOut(rundb: RunDatabase, selectors: readonly Selector[]): void {
  const chosen = chosenOnes(rundb, selectors)
  for (const { item, ...reject } of refusedRows(rundb)) {
    if (belongingOf(item, chosen) === 'out') moveRejectOut(rundb, reject)
  }
}

/** Whether a reject belongs to the chosen users. */
export function belongingOf(item: RefusedItem, chosen: ChosenOnes): Belonging {
  if (item.kind === ROLE_ASSIGNMENT) return assignmentBelongs(item, chosen)
  // Some kinds belong to every scope. The owner of an unreadable record is unknown.
  return draftDefinitions.find(({ name }) => name === item.kind)?.scope?.refused?.(item, chosen) ?? 'unknown'
}

/** Counts everything before a scope narrows it. */
export function countWhole(rundb: RunDatabase): Whole {
  return { desired: countByKind(rundb, 'desired'), rejected: countRejects(rundb) }
}

/**
 * Reports what is out of scope.
 * @throws StateError if a resource is neither in scope nor out of it: a defect of this program, so
 *   nothing must be applied
 */
export function reportScope(rundb: RunDatabase, { only, limit }: Scope, whole: Whole): ScopeReport {
  const [inside, outside] = [countByKind(rundb, 'desired'), countByKind(rundb, 'out_of_scope')]
  const rejected = countRejectsOut(rundb)
  const wrong = [...whole.desired].flatMap(([kind, all]) => {
    const [within = 0, without = 0] = [inside.get(kind), outside.get(kind)]
    return all === within + without ? [] : [`${kind}: ${all} ≠ ${within} in scope + ${without} out of scope`]
  })
  const left = countRejects(rundb)
  if (whole.rejected !== left + rejected) {
    wrong.push(`rejected records: ${whole.rejected} ≠ ${left} in scope + ${rejected} out of scope`)
  }
  if (wrong.length > 0) {
    throw new StateError({
      code: 'sum_mismatch',
      message: `resources are unaccounted for: ${wrong.join('; ')}`,
      hint: 'report this defect of workos-migrate with the figures above; nothing was written',
    })
  }
  const outOfScope = kindDefinitions.flatMap(({ name: kind, plural }) => {
    const count = outside.get(kind) ?? 0
    return count === 0 ? [] : [{ kind, plural, count }]
  })
  return { only: [...only], limit, outOfScope, rejected }
}
