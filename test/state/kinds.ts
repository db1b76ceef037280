import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import type { StateLocation } from '../../src/state/location.ts'
import { openState, peekState } from '../../src/state/open.ts'
import type { OpenState } from '../../src/state/store.ts'
import { newPostgresLocation, postgresPrograms } from '../postgres.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Both kinds of states, for tests that hold for each. */
export interface StateKind {
  name: string
  isThere: boolean
  newLocation(): Promise<StateLocation>
}

export const stateKinds: readonly StateKind[] = [
  {
    name: 'SQLite',
    isThere: true,
    newLocation: async () => ({ type: 'file', path: join(temporaryFolder(), 'inner', 'state.sqlite') }),
  },
  { name: 'PostgreSQL', isThere: postgresPrograms !== undefined, newLocation: () => newPostgresLocation() },
]

/** Describes what holds for both kinds. Where PostgreSQL is not installed the set-up of the tests says so. */
export function forEachKind(suite: (kind: StateKind) => void): void {
  for (const kind of stateKinds) describe.skipIf(!kind.isThere)(`in ${kind.name}`, () => suite(kind))
}

/** Opens a state with its lock, and closes it after the test at the latest. */
export async function openForTest(location: StateLocation): Promise<OpenState> {
  return closing(await openState(location, { command: 'apply', now: new Date() }))
}

/** Opens a state to read it, and closes it after the test at the latest. */
export async function peekForTest(location: StateLocation): Promise<OpenState> {
  return closing(await peekState(location))
}

function closing(state: OpenState): OpenState {
  const close = state.close.bind(state)
  let once: Promise<void> | undefined
  state.close = () => {
    once ??= close()
    return once
  }
  onTestFinished(() => state.close())
  return state
}
