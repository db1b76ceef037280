import { resolve } from 'node:path'
import { type Redactor, secretsOfUrl } from '../diagnostics/redactor.ts'

/** Where a state is stored. In: `state` in the manifest. Out: a location for open.ts. */
export type StateLocation = FileLocation | PostgresLocation

/** A SQLite file on this machine. */
export interface FileLocation {
  type: 'file'
  /** Absolute. */
  path: string
}

/** A PostgreSQL database, which machines can share. */
export interface PostgresLocation {
  type: 'postgres'
  /** Includes the password, so it must not appear in a message. */
  url: string
  /** File with the certificates that verify the server, absolute. */
  ca?: string
  schema: string
  /** The migration and its environment identify a state in the schema. */
  name: string
  environment: string | null
}

export const DEFAULT_SCHEMA = 'workos_migrate'

/** The parts of a loaded manifest that determine the location of its state. */
export interface StateOwner {
  manifest: { name: string; state: { type?: string; path: string; url?: string; schema?: string; ca?: string } }
  /** Absolute. Paths start here. */
  directory: string
  environment?: string
  redactor: Redactor
}

/** The location. Its password is registered, so that no message shows it. */
export function stateLocation({
  manifest: { name, state },
  directory,
  environment,
  redactor,
}: StateOwner): StateLocation {
  if (state.type !== 'postgres') return { type: 'file', path: resolve(directory, state.path) }
  for (const secret of secretsOfUrl(state.url ?? '')) redactor.register(secret)
  return {
    type: 'postgres',
    url: state.url ?? '',
    ...(state.ca !== undefined && { ca: resolve(directory, state.ca) }),
    schema: state.schema ?? DEFAULT_SCHEMA,
    name,
    environment: environment ?? null,
  }
}
