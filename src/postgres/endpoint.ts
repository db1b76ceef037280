/**
 * Where a PostgreSQL database is, and how it is spoken to. In: its URL. Out: what `pg` connects by,
 * and words for it without the password. Nothing is taken from the environment or from files of the
 * system: what the URL does not say has the default below.
 */

import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { ClientConfig } from 'pg'

const PORT = 5432

/**
 * What a URL may say beside the address, as libpq names it.
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

/** In the place of a host that a URL leaves out. */
const NO_HOST = '_'

const SHAPE_OF_URL = 'it looks like postgres://user:password@host:5432/database?sslmode=verify-full'

const ENCODE = `${SHAPE_OF_URL}. In the password write %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %`

type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full'

/**
 * Why an address cannot be used. It says nothing of the URL itself, which may hold a password
 * wherever a mistake has put it.
 */
export class EndpointFault extends Error {
  readonly hint: string

  constructor(why: string, hint = SHAPE_OF_URL) {
    super(why)
    this.name = 'EndpointFault'
    this.hint = hint
  }
}

/** The file of certificates cannot be read. */
export class CertificatesUnreadable extends Error {}

/** The parts of a URL. */
export interface Endpoint {
  host: string
  port: number
  user: string
  password: string | undefined
  database: string
  parameters: URLSearchParams
}

/**
 * Takes a URL apart.
 * @param more parameters that it may have beside those of libpq
 * @throws EndpointFault for one that names no database
 */
export function endpointIn(url: string, more: readonly string[] = []): Endpoint {
  const found = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/s.exec(url.trim())
  // Where a password has such a character, its rest would pass for a database or a parameter, which
  // messages name.
  if (found?.[2]?.includes('@')) throw new EndpointFault('it has an @ behind its address', ENCODE)
  // Of a socket, whose folder is a parameter, nothing need be between the user and the slash.
  const parsed = found && URL.parse(`postgres://${found[1]?.replace(/@(?=:|$)/, `@${NO_HOST}`)}${found[2]}`)
  if (!parsed) throw new EndpointFault('it is no URL of a PostgreSQL database', ENCODE)
  const parameters = parsed.searchParams
  const known = [...PARAMETERS, ...more]
  for (const name of parameters.keys()) {
    if (!known.includes(name)) {
      throw new EndpointFault(`it has the parameter ${name}; known are ${PARAMETERS.join(', ')}`)
    }
  }
  // A socket's folder cannot be written before the slash, so libpq takes it from here.
  const named = parsed.hostname === NO_HOST ? '' : decoded(parsed.hostname).replace(/^\[(.*)\]$/, '$1')
  const host = parameters.get('host') ?? named
  const database = decoded(parsed.pathname.slice(1)) || (parameters.get('dbname') ?? '')
  const user = decoded(parsed.username) || (parameters.get('user') ?? '')
  if (host === '' || host.includes(',')) throw new EndpointFault('it must name one host')
  if (user === '') throw new EndpointFault('it names no user')
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
 * What `pg` connects by.
 * @param ca file of the certificates that the server's is checked against, absolute
 * @throws EndpointFault for what asks for less than a safe connection; CertificatesUnreadable
 */
export function clientConfig(endpoint: Endpoint, ca: string | undefined): ClientConfig {
  const { host, port, user, password, database, parameters } = endpoint
  return {
    host,
    port,
    user,
    // Where it is no function, `pg` looks into PGPASSWORD and ~/.pgpass for one that is missing.
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

/** The database, for people. */
export function describeEndpoint({ host, port, database }: Endpoint): string {
  return `PostgreSQL ${host.startsWith('/') ? host : `${host}:${port}`}/${database}`
}

function portOf(named: string | null): number {
  if (named === null || named === '') return PORT
  const port = /^\d+$/.test(named) ? Number(named) : 0
  if (port < 1 || port > 65_535) throw new EndpointFault('its port is no number from 1 to 65535')
  return port
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether what is sent to a host never leaves this machine. */
function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/**
 * As libpq understands `sslmode`, but that nothing falls back to plain text, and other machines are
 * verified by default.
 */
function sslFor(ca: string | undefined, { host, parameters }: Endpoint): ConnectionOptions | false {
  const mode = sslModeOf(parameters.get('sslmode'), host)
  if (mode === 'disable') return false
  const file = ca ?? rootsOf(parameters)
  const roots = file === undefined ? {} : { ca: readCa(file) }
  // `require` with certificates at hand checks them, as libpq does.
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
      throw new EndpointFault(`its sslmode is ${named}, which may fall back to plain text`, 'use sslmode=verify-full')
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
