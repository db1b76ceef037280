import { kindDefinitions } from '../kinds/registry.ts'
import { insertAction } from '../rundb/actions.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Action } from './action.ts'

/** Adds an action to the plan. */
export function addAction(rundb: RunDatabase, action: Action): void {
  const { kind, key, type } = action
  const id = 'id' in action ? action.id : null
  insertAction(rundb, { phase: phaseOf(action), kind, key, type, id, action: JSON.stringify(action) })
}

/**
 * When an action's turn is: kinds in the order of their dependencies, then deletions in the opposite order. What is deleted
 * with something else comes right after it. A phase begins when the one before it has ended.
 */
function phaseOf(action: Action): number {
  const index = (kind: string) => kindDefinitions.findIndex(({ name }) => name === kind)
  if (action.type !== 'delete') return index(action.kind)
  const kinds = kindDefinitions.length
  if (action.with) return kinds + 2 * (kinds - 1 - index(action.with.kind)) + 1
  return kinds + 2 * (kinds - 1 - index(action.kind))
}
