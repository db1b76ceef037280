import { kindDefinitions } from '../kinds/registry.ts'
import type { Action } from './action.ts'

/**
 * When an action's turn is: kinds in the order of their dependencies, then deletions in the opposite order. What is deleted
 * with something else comes right after it. A phase begins when the one before it has ended.
 */
export function phaseOf(action: Action): number {
  const index = (kind: string) => kindDefinitions.findIndex(({ name }) => name === kind)
  if (action.type !== 'delete') return index(action.kind)
  const kinds = kindDefinitions.length
  if (action.with) return kinds + 2 * (kinds - 1 - index(action.with.kind)) + 1
  return kinds + 2 * (kinds - 1 - index(action.kind))
}
