import type { ClientConfig } from 'pg'
import { ManifestError } from '../../diagnostics/errors.ts'
import {
  CertificatesUnreadable,
  clientConfig,
  type Endpoint,
  EndpointFault,
  endpointIn,
} from '../../postgres/endpoint.ts'

/** Reads `source.url` into the configuration of `pg`. Errors never show the URL. */

/** Parameters that other programs add to a URL. They are ignored. */
const OF_OTHERS = ['pgbouncer', 'connection_limit', 'pool_timeout', 'schema']

/** @throws ManifestError for a URL that does not name a database */
export function endpointOf(url: string): Endpoint {
  return inWords(() => endpointIn(url, OF_OTHERS))
}

/**
 * @param ca absolute path
 * @throws ManifestError for an unsafe connection, and for certificates that cannot be read
 */
export function clientConfigOf(endpoint: Endpoint, ca: string | undefined): ClientConfig {
  return inWords(() => clientConfig(endpoint, ca))
}

function inWords<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof EndpointFault) {
      const message = `source.url cannot be used: ${cause.message}`
      throw new ManifestError({ code: 'bad_database_url', message, hint: cause.hint, path: 'source.url' }, { cause })
    }
    if (!(cause instanceof CertificatesUnreadable)) throw cause
    const message = `the certificates for the database cannot be read: ${cause.message}`
    const hint = "correct source.ca; the path is relative to the manifest's folder"
    throw new ManifestError({ code: 'database_ca_unreadable', message, hint, path: 'source.ca' }, { cause })
  }
}
