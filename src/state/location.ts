import { resolve } from 'node:path'
import { type Redactor, secretsOfUrl } from '../diagnostics/redactor.ts'

/**
 * Where a state is kept, as the manifest names it. In: the manifest's `state`. Out: a place that
 * open.ts opens.
 */
export type StateLocation = FileLocation | PostgresLocation

/** In a SQLite file of this machine. */
export interface FileLocation {
  type: 'file'
  /** Absolute. */
  path: string
}

/** In a PostgreSQL database, which other machines share. */
export interface PostgresLocation {
  type: 'postgres'
  /** With its password: it never reaches a message. */
  url: string
  /** File of the certificates that the server's is checked against, absolute. */
  ca?: string
  schema: string
  /** The migration, and its environment: states of one schema are told apart by the two. */
  name: string
  environment: string | null
}

export const DEFAULT_SCHEMA = 'workos_migrate'

/** What of a loaded manifest tells where its state is. */
export interface StateOwner {
  manifest: { name: string; state: { type?: string; path: string; url?: string; schema?: string; ca?: string } }
  /** Absolute: paths start here. */
  directory: string
  environment?: string
  redactor: Redactor
}

/** Its password is registered: no message shows it. */
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
