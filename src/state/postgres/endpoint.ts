import type { ClientConfig } from 'pg'
import { StateError } from '../../diagnostics/errors.ts'
import {
  CertificatesUnreadable,
  clientConfig,
  describeEndpoint,
  type Endpoint,
  EndpointFault,
  endpointIn,
} from '../../postgres/endpoint.ts'
import type { PostgresLocation } from '../location.ts'

/**
 * Where the database of a state is. In: a location with its URL. Out: what `pg` connects by, and
 * words for it without the password.
 */

/**
 * A statement that has no answer after so long has none: it is ended on the server well before.
 * Milliseconds.
 */
const QUERY_TIMEOUT = 90_000

/** @throws StateError for a URL that names no database, or asks for what a state must not have */
export function endpointOf(location: PostgresLocation): ClientConfig {
  const endpoint = partsOf(location)
  return inWords(() => ({ ...clientConfig(endpoint, location.ca), query_timeout: QUERY_TIMEOUT }))
}

/** The database, for people. */
export function describeLocation(location: PostgresLocation): string {
  const { schema, name, environment } = location
  const of = environment === null ? name : `${name}, ${environment}`
  return `${describeEndpoint(partsOf(location))}, schema ${schema} (${of})`
}

function partsOf({ url }: PostgresLocation): Endpoint {
  return inWords(() => {
    const endpoint = endpointIn(url, ['pgbouncer'])
    if (endpoint.parameters.has('pgbouncer')) throw pooled('its URL says pgbouncer=true')
    return endpoint
  })
}

/** A pooler gives each transaction another connection: a lock would protect nothing. */
export function pooled(why: string): StateError {
  return new StateError({
    code: 'state_pooled',
    message: `a transaction pooler is between this command and the database of the state: ${why}. The lock of the state would protect nothing`,
    hint: 'use the direct connection: of Neon the host without -pooler, of Supabase port 5432, else the port of PostgreSQL itself',
  })
}

function inWords<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof EndpointFault) {
      const { message: why, hint } = cause
      throw new StateError({ code: 'state_url', message: `state.url cannot be used: ${why}`, hint }, { cause })
    }
    if (!(cause instanceof CertificatesUnreadable)) throw cause
    throw new StateError(
      {
        code: 'state_ca_unreadable',
        message: `the certificates for the database of the state cannot be read: ${cause.message}`,
        hint: 'correct state.ca: the path starts from the manifest’s folder',
      },
      { cause },
    )
  }
}
