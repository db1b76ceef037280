import type { StateStore } from '../../src/state/store.ts'

/** A state of which some members are replaced. */
export function stateWith(state: StateStore, replaced: Partial<StateStore>): StateStore {
  return new Proxy(state, {
    get: (_, member) => {
      const value: unknown = Reflect.get(Object.hasOwn(replaced, member) ? replaced : state, member)
      return typeof value === 'function' ? value.bind(state) : value
    },
  })
}
