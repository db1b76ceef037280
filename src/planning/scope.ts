import type { Scope } from '../config/pilot.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { ScopeReport } from '../desired/scope.ts'
import { choose, matchesNothing, selectorsOf } from '../desired/selectors.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { inTheState, leftTheSource } from '../kinds/scope.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { countBeyond, markBeyond, markUndone } from '../rundb/scope.ts'

/**
 * The scope within the state. In: the scope, and the copy of the state in the run's database. Out:
 * the table `beyond`, with the resources that comparing, deleting and verifying ignore.
 */

/** Finds the resources of the state that are out of scope: see markBeyond. */
export function findBeyond({ rundb, scope }: DesiredSet): void {
  if (scope === undefined) return
  rundb.transaction(() => {
    const population = leftTheSource()
    for (const selector of selectorsOf(scope)) choose(rundb, selector, population)
    markBeyond(rundb, kindDefinitions, scope.limit !== null)
  })
}

/**
 * Limits the undoing to the chosen users: see markUndone.
 * @throws UsageError for a selector that matches nothing, and for a limit, because the state does
 *   not record which users it chose
 */
export function narrowDestruction(rundb: RunDatabase, scope: Scope): ScopeReport {
  refuseLimit(scope)
  const population = inTheState()
  for (const [index, selector] of selectorsOf(scope).entries()) {
    if (choose(rundb, selector, population)) continue
    throw new UsageError(matchesNothing(rundb, scope.only[index] ?? '', selector, population, 'the state'))
  }
  rundb.transaction(() => markUndone(rundb, kindDefinitions))
  const counts = countBeyond(rundb)
  const outOfScope = kindDefinitions.flatMap(({ name: kind, plural }) => {
    const count = counts.get(kind) ?? 0
    return count === 0 ? [] : [{ kind, plural, count }]
  })
  return { only: [...scope.only], limit: null, outOfScope, rejected: 0 }
}

function refuseLimit({ limit }: Scope): void {
  if (limit === null) return
  throw new UsageError({
    code: 'limit_undone',
    message: `the manifest's pilot.limit is ${limit}, but the state does not record which users it chose`,
    hint: 'choose the users to undo with --only, or undo everything with --everybody',
  })
}
