import type { Manifest } from '../config/manifest.ts'
import { kindDefinition } from '../kinds/registry.ts'
import type { Action } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'

/**
 * The actions of a phase, those that take turns put together: each of a lane waits for the one before it, and lanes do not wait for each
 * other. Planning has put the actions of one lane side by side, in the order of their turns.
 */
export function* lanesOf(
  { plan, manifest }: { plan: Plan; manifest: Pick<Manifest, 'roles'> },
  actions: Iterable<Action>,
): Generator<Action[]> {
  let name: string | undefined
  let lane: Action[] = []
  for (const action of actions) {
    const next = laneOf(plan, manifest, action)
    if (lane.length > 0 && (next === undefined || next !== name)) {
      yield lane
      lane = []
    }
    lane.push(action)
    name = next
  }
  if (lane.length > 0) yield lane
}

/** Undefined: its turn does not matter. */
function laneOf({ set }: Plan, manifest: Pick<Manifest, 'roles'>, { type, kind, key }: Action): string | undefined {
  const { turn } = kindDefinition(kind)
  const desired = turn === undefined || type === 'delete' ? undefined : set.get(kind, key)
  return desired && turn?.(desired, manifest).lane
}
