import type { DraftDefinition } from '../kinds/draft.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Address, StateResource, StateStore } from './store.ts'

/** A resource of the state that gets another key. */
export interface Move {
  from: StateResource
  /** The same with the key and the references that it has then. */
  to: StateResource
}

/** Keys that change, by kind. */
type Renamed = Map<string, Map<string, string>>

/**
 * What changes in the state when one resource gets another key: that one, and everything that refers to it, whose own key may be made of
 * it. In the order of kinds; each stays the same object in WorkOS.
 */
export async function findMoves(state: StateStore, { kind, key }: Address, newKey: string): Promise<Move[]> {
  const renamed: Renamed = new Map([[kind, new Map([[key, newKey]])]])
  const moves: Move[] = []
  for (const definition of kindDefinitions) {
    const { name } = definition
    const roots = renamed.get(name)
    if (roots === undefined && !Object.values(definition.refs).some((other) => renamed.has(other))) continue
    const keys = roots ?? new Map<string, string>()
    for await (const batch of state.resources(name)) {
      for (const from of batch) {
        const to = moved(definition, from, renamed)
        if (to === undefined) continue
        moves.push({ from, to })
        if (to.key !== from.key) keys.set(from.key, to.key)
      }
    }
    if (keys.size > 0) renamed.set(name, keys)
  }
  return moves
}

/** The resource as it is afterwards; undefined: as it was. */
function moved(definition: DraftDefinition, from: StateResource, renamed: Renamed): StateResource | undefined {
  const { refs, key } = from
  const own = renamed.get(definition.name)?.get(key)
  const turned = Object.fromEntries(
    Object.entries(refs).map(([role, old]) => [role, renamed.get(definition.refs[role] ?? '')?.get(old) ?? old]),
  )
  const isTurned = Object.entries(turned).some(([role, now]) => now !== refs[role])
  if (!isTurned) return own === undefined ? undefined : { ...from, key: own }
  const derived = definition.derivedRefs?.(turned) ?? turned
  return { ...from, refs: derived, key: own ?? keyOf(definition, from, derived) }
}

function keyOf(
  { keyFromRefs, keyRefs }: DraftDefinition,
  { key, refs }: StateResource,
  turned: Record<string, string>,
): string {
  if (keyFromRefs !== undefined) return keyFromRefs(turned)
  const last = keyRefs?.[1] ?? ''
  const end = `@${refs[last]}`
  return keyRefs !== undefined && key.endsWith(end) ? `${key.slice(0, -end.length)}@${turned[last]}` : key
}
