import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import type { StateLocation } from '../../src/state/location.ts'
import { openState, peekState } from '../../src/state/open.ts'
import type { OpenState } from '../../src/state/store.ts'
import { newPostgresLocation, postgresPrograms, sharedCluster } from '../postgres.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Both kinds of states, for tests of both. */
export interface StateKind {
  name: string
  isThere: boolean
  newLocation(): Promise<StateLocation>
  /** A new state for a project. */
  newPlace(): Promise<StatePlace>
}

/** Where the state of a project is. */
export interface StatePlace {
  /** The manifest's part. It also needs a name. */
  manifest: { state?: object }
  /** Variables of the manifest. */
  env: Record<string, string>
  /** The location for a project in this folder. */
  location(folder: string): StateLocation
  /** Removes the state. */
  lose(folder: string): Promise<void>
}

/** The name of every project whose state is read from outside. */
export const PROJECT = 'a-migration'

export const stateKinds: readonly StateKind[] = [
  {
    name: 'SQLite',
    isThere: true,
    newLocation: async () => ({ type: 'file', path: join(temporaryFolder(), 'inner', 'state.sqlite') }),
    newPlace: async () => ({
      manifest: {},
      env: {},
      location: (folder) => ({ type: 'file', path: join(folder, '.workos-migrate', 'state.sqlite') }),
      lose: async (folder) => rmSync(join(folder, '.workos-migrate'), { recursive: true, force: true }),
    }),
  },
  {
    name: 'PostgreSQL',
    isThere: postgresPrograms !== undefined,
    newLocation: () => newPostgresLocation(),
    async newPlace() {
      const location = await newPostgresLocation()
      const { url, schema } = location
      return {
        manifest: { state: { type: 'postgres', url: '${DATABASE_URL}', schema } },
        env: { DATABASE_URL: url },
        location: () => location,
        async lose(folder) {
          rmSync(join(folder, '.workos-migrate'), { recursive: true, force: true })
          ;(await sharedCluster()).sql(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
        },
      }
    },
  },
]

/** Describes tests of both kinds. If PostgreSQL is not installed, the test setup reports it. */
export function forEachKind(suite: (kind: StateKind) => void): void {
  for (const kind of stateKinds) describe.skipIf(!kind.isThere)(`in ${kind.name}`, () => suite(kind))
}

/** Opens a state with its lock and closes it after the test. */
export async function openForTest(location: StateLocation): Promise<OpenState> {
  return closing(await openState(location, { command: 'apply', now: new Date() }))
}

/** Opens a state for reading and closes it after the test. */
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
