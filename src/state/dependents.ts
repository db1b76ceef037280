import { kindDefinitions } from '../kinds/registry.ts'
import type { Address, StateStore } from './store.ts'

/** A resource of the state that refers to another one. */
export interface Dependent extends Address {
  on: Address
}

/** The resources that refer to one of these and are not among them, in the order of kinds and keys. */
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
