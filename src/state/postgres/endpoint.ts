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
 * The database of a state. In: a location with its URL. Out: `pg` options, and a description
 * without the password.
 */

/** Milliseconds. The server ends a statement well before this, so a later response never comes. */
const QUERY_TIMEOUT = 90_000

/** @throws StateError for a URL without a database, or with an option that a state cannot use */
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
    if (endpoint.parameters.has('pgbouncer')) throw pooled('its URL has pgbouncer=true')
    return endpoint
  })
}

/** A pooler assigns a connection per transaction, so a session lock would protect nothing. */
export function pooled(why: string): StateError {
  return new StateError({
    code: 'state_pooled',
    message: `the state database is behind a transaction pooler, so its lock would protect nothing: ${why}`,
    hint: 'use the direct connection: on Neon the host without -pooler, on Supabase port 5432, elsewhere the port of PostgreSQL itself',
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
        message: `the certificates of the state database cannot be read: ${cause.message}`,
        hint: "correct state.ca: the path is relative to the manifest's folder",
      },
      { cause },
    )
  }
}
