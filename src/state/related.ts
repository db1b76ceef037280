import { distance } from 'fastest-levenshtein'
import type { DraftDefinition } from '../kinds/draft.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Address, StateResource, StateStore } from './store.ts'

/** A resource of the state that refers to another one. */
export interface Dependent extends Address {
  on: Address
}

/** Resources that refer to one of these and are not among them, by kind and key. */
export async function* findDependents(state: StateStore, addresses: readonly Address[]): AsyncGenerator<Dependent> {
  const named = new Set(addresses.map(({ kind, key }) => `${kind}:${key}`))
  const kinds = new Set(addresses.map(({ kind }) => kind))
  for (const { name, refs } of kindDefinitions) {
    const roles = Object.entries(refs).filter(([, kind]) => kinds.has(kind))
    if (roles.length === 0) continue
    for await (const batch of state.resources(name)) {
      for (const resource of batch) {
        if (named.has(`${name}:${resource.key}`)) continue
        for (const [role, kind] of roles) {
          const key = resource.refs[role] ?? ''
          if (named.has(`${kind}:${key}`)) yield { kind: name, key: resource.key, on: { kind, key } }
        }
      }
    }
  }
}

/** A resource of the state that gets another key. */
export interface Move {
  from: StateResource
  /** The same resource with its new key and references. */
  to: StateResource
}

/** Changed keys, by kind. */
type Renamed = Map<string, Map<string, string>>

/**
 * The changes in the state when a resource gets another key: the resource, and everything that
 * refers to it, whose keys can contain it. By kind. Each stays the same object in WorkOS.
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

/** The resource after the change. Undefined: unchanged. */
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

/** Maximum number of suggested keys. */
const NAMED = 3

/** A key that differs in a larger share of its characters is not suggested. */
const PART = 0.4

/** Keys of the kind in the state that are similar to this one, nearest first. */
export async function nearKeys(state: StateStore, { kind, key }: Address): Promise<string[]> {
  let near: { key: string; apart: number }[] = []
  const wanted = key.toLowerCase()
  for await (const batch of state.resources(kind)) {
    for (const resource of batch) {
      const allowed = Math.floor(Math.max(wanted.length, resource.key.length) * PART)
      if (Math.abs(wanted.length - resource.key.length) > allowed) continue
      const apart = distance(wanted, resource.key.toLowerCase())
      if (apart <= allowed) near.push({ key: resource.key, apart })
    }
    near = near.sort((a, b) => a.apart - b.apart).slice(0, NAMED)
  }
  return near.map((found) => found.key)
}
