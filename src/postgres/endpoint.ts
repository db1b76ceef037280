/**
 * Reads the URL of a PostgreSQL database. In: the URL. Out: the configuration of `pg`, and a name
 * for messages without the password. Environment variables and system configuration files are never
 * read.
 */

import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { ClientConfig } from 'pg'

const PORT = 5432

/**
 * Parameters of a URL, as libpq names them.
 * https://www.postgresql.org/docs/current/libpq-connect.html
 */
const PARAMETERS = [
  'sslmode',
  'sslrootcert',
  'host',
  'port',
  'user',
  'dbname',
  'options',
  'connect_timeout',
  'channel_binding',
  'application_name',
  'target_session_attrs',
]

/** Placeholder for a missing host. */
const NO_HOST = '_'

const SHAPE_OF_URL = 'use the form postgres://user:password@host:5432/database?sslmode=verify-full'

const ENCODE = `${SHAPE_OF_URL}. In the password, write %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %`

type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full'

/**
 * Why a URL cannot be used. Never shows the URL, because a mistake can put the password anywhere in
 * it.
 */
export class EndpointFault extends Error {
  readonly hint: string

  constructor(why: string, hint = SHAPE_OF_URL) {
    super(why)
    this.name = 'EndpointFault'
    this.hint = hint
  }
}

/** A certificate file cannot be read. */
export class CertificatesUnreadable extends Error {}

export interface Endpoint {
  host: string
  port: number
  user: string
  password: string | undefined
  database: string
  parameters: URLSearchParams
}

/**
 * @param more accepted parameters besides those of libpq
 * @throws EndpointFault for a URL that does not name a database
 */
export function endpointIn(url: string, more: readonly string[] = []): Endpoint {
  const found = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/s.exec(url.trim())
  // An unescaped @ means that part of the password could be read as a database or parameter name,
  // and messages show those.
  if (found?.[2]?.includes('@')) throw new EndpointFault('it has an @ after the host', ENCODE)
  // For a socket, whose folder is a parameter, the host can be empty.
  const parsed = found && URL.parse(`postgres://${found[1]?.replace(/@(?=:|$)/, `@${NO_HOST}`)}${found[2]}`)
  if (!parsed) throw new EndpointFault('it is not the URL of a PostgreSQL database', ENCODE)
  const parameters = parsed.searchParams
  const known = [...PARAMETERS, ...more]
  for (const name of parameters.keys()) {
    if (!known.includes(name)) {
      throw new EndpointFault(`it has the unknown parameter ${name}; the known ones are ${PARAMETERS.join(', ')}`)
    }
  }
  // As in libpq, the parameter names the folder of a socket.
  const named = parsed.hostname === NO_HOST ? '' : decoded(parsed.hostname).replace(/^\[(.*)\]$/, '$1')
  const host = parameters.get('host') ?? named
  const database = decoded(parsed.pathname.slice(1)) || (parameters.get('dbname') ?? '')
  const user = decoded(parsed.username) || (parameters.get('user') ?? '')
  if (host === '' || host.includes(',')) throw new EndpointFault('it must have exactly one host')
  if (user === '') throw new EndpointFault('it has no user')
  const password = parsed.password === '' ? undefined : decoded(parsed.password)
  return {
    host,
    port: portOf(parsed.port || parameters.get('port')),
    user,
    password,
    database: database || user,
    parameters,
  }
}

/**
 * The configuration of `pg`.
 * @param ca absolute path of the CA certificates for checking the server
 * @throws EndpointFault for an unsafe connection; CertificatesUnreadable
 */
export function clientConfig(endpoint: Endpoint, ca: string | undefined): ClientConfig {
  const { host, port, user, password, database, parameters } = endpoint
  return {
    host,
    port,
    user,
    // A function keeps `pg` from reading PGPASSWORD and ~/.pgpass when the password is missing.
    password: () => password ?? '',
    database,
    ssl: sslFor(ca, endpoint),
    application_name: 'workos-migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    enableChannelBinding: parameters.get('channel_binding') === 'require',
    ...(parameters.get('options') && { options: parameters.get('options') ?? undefined }),
  }
}

/** The name of the database in messages. */
export function describeEndpoint({ host, port, database }: Endpoint): string {
  return `PostgreSQL ${host.startsWith('/') ? host : `${host}:${port}`}/${database}`
}

function portOf(named: string | null): number {
  if (named === null || named === '') return PORT
  const port = /^\d+$/.test(named) ? Number(named) : 0
  if (port < 1 || port > 65_535) throw new EndpointFault('its port is not a number from 1 to 65535')
  return port
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether the connection stays on this machine. */
function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/**
 * Follows libpq's `sslmode`, except that nothing falls back to plain text and other machines are
 * verified by default.
 */
function sslFor(ca: string | undefined, { host, parameters }: Endpoint): ConnectionOptions | false {
  const mode = sslModeOf(parameters.get('sslmode'), host)
  if (mode === 'disable') return false
  const file = ca ?? rootsOf(parameters)
  const roots = file === undefined ? {} : { ca: readCa(file) }
  // `require` with a CA file verifies the server, as in libpq.
  if (mode === 'require' && file === undefined) return { rejectUnauthorized: false }
  const anyName = mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }
  return { ...roots, rejectUnauthorized: true, ...anyName }
}

function rootsOf(parameters: URLSearchParams): string | undefined {
  const named = parameters.get('sslrootcert')
  return named === null || named === 'system' ? undefined : named
}

function sslModeOf(named: string | null, host: string): SslMode {
  switch (named) {
    case null:
      return isLocal(host) ? 'disable' : 'verify-full'
    case 'disable':
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return named
    default:
      throw new EndpointFault(`its sslmode ${named} can fall back to plain text`, 'use sslmode=verify-full')
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CertificatesUnreadable(reason, { cause })
  }
}
