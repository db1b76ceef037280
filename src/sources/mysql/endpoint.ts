import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { SslOptions } from 'mysql2'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { JsonObject } from '../../json.ts'

/**
 * Reads `source.url`. In: the URL. Out: connection settings, and a name for messages without the
 * password. Environment variables and system configuration files are never read.
 */

const PORT = 3306

export interface Endpoint {
  /** The path of a socket, or a host and port. */
  at: { socket: string } | { host: string; port: number }
  user: string
  password: string | undefined
  /** Undefined: the manifest names each table with its database. */
  database: string | undefined
  /** False: plain text. */
  tls: SslOptions | false
  /** For messages. */
  name: string
}

/** Known parameters, with the spellings that different programs use. */
const PARAMETERS: readonly (readonly [keyof Parameters, readonly string[]])[] = [
  ['socket', ['socket', 'socketPath', 'unix_socket']],
  ['sslMode', ['ssl-mode', 'sslmode', 'ssl_mode', 'sslMode']],
  ['sslCa', ['ssl-ca', 'sslca', 'ssl_ca', 'sslrootcert', 'sslcert']],
  ['ssl', ['ssl']],
  ['sslAccept', ['sslaccept']],
]

interface Parameters {
  socket?: string
  sslMode?: string
  sslCa?: string
  ssl?: string
  sslAccept?: string
}

/** Parameters that other programs add to a URL. They are ignored. */
const OF_OTHERS = [
  'charset',
  'serverVersion',
  'server_version',
  'connection_limit',
  'connectionLimit',
  'pool',
  'pool_timeout',
  'connect_timeout',
  'socket_timeout',
  'reconnect',
  'schema',
  'timezone',
  'encoding',
  'collation',
]

/**
 * @param ca absolute path of a certificate file; replaces the one in the URL
 * @throws ManifestError for a URL that does not name a database server, or would send plain text to
 *   another machine by accident
 */
export function endpointOf(url: string, ca?: string): Endpoint {
  const found = /^(?:mysql2?|mariadb):\/\/([^/?#]*)(.*)$/s.exec(url.trim())
  // An unescaped @ means that part of the password could be read as a database or parameter name,
  // and messages show those.
  if (found?.[2]?.includes('@')) throw badUrl('it has an @ after the host', ENCODE)
  // With an unknown scheme, URL does not change the host.
  const parsed = found && URL.parse(`mysql://${found[1]}${found[2]}`)
  if (!parsed) throw badUrl('it is not the URL of a MySQL or MariaDB database', ENCODE)
  const given = parametersOf(parsed.searchParams)
  const host = decoded(parsed.hostname).replace(/^\[(.*)\]$/, '$1')
  if (host === '' && given.socket === undefined) throw badUrl('it has no host')
  const user = decoded(parsed.username)
  if (user === '') throw badUrl('it has no user')
  const port = parsed.port === '' ? PORT : Number(parsed.port)
  if (port < 1) throw badUrl('its port is not a number from 1 to 65535')
  const database = decoded(parsed.pathname.replace(/^\//, ''))
  if (database.includes('/')) throw badUrl('it names more than one database')
  const at = given.socket === undefined ? { host, port } : { socket: given.socket }
  return {
    at,
    user,
    password: parsed.password === '' ? undefined : decoded(parsed.password),
    database: database === '' ? undefined : database,
    tls: tlsOf(at, ca === undefined ? given : { ...given, sslCa: ca }),
    name: nameOf(at, database),
  }
}

const ENCODE =
  'use the form mysql://user:password@host:3306/database. In the password, write %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %'

/** Identifies the database, without the user. */
export function addressOf({ at, database }: Endpoint): JsonObject {
  return { ...at, ...(database !== undefined && { database }) }
}

function nameOf(at: Endpoint['at'], database: string): string {
  const place = 'socket' in at ? at.socket : `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`
  return database === '' ? `the MySQL server at ${place}` : `the MySQL database ${database} at ${place}`
}

function parametersOf(given: URLSearchParams): Parameters {
  const read: Parameters = {}
  for (const [name, value] of given) {
    if (OF_OTHERS.includes(name)) continue
    const option = PARAMETERS.find(([, names]) => names.includes(name))?.[0]
    if (option === undefined) {
      // Only the name, because the value could be part of a password.
      throw badUrl(`it has an unknown parameter${/^[\w-]{1,30}$/.test(name) ? `: ${name}` : ''}`, KNOWN)
    }
    read[option] = value
  }
  return read
}

const KNOWN = 'use only socket, ssl-mode and ssl-ca'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether the connection stays on this machine. */
function isLocal(at: Endpoint['at']): boolean {
  return 'socket' in at || at.host === 'localhost' || at.host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(at.host)
}

type SslMode = 'DISABLED' | 'REQUIRED' | 'VERIFY_CA' | 'VERIFY_IDENTITY'

/**
 * Follows the MySQL client's `ssl-mode`, except that nothing falls back to plain text and other
 * machines are verified by default: https://dev.mysql.com/doc/refman/8.4/en/connection-options.html
 */
function tlsOf(at: Endpoint['at'], given: Parameters): SslOptions | false {
  const mode = sslModeOf(given) ?? (given.sslCa === undefined && isLocal(at) ? 'DISABLED' : 'VERIFY_IDENTITY')
  if (mode === 'DISABLED') return false
  const roots = given.sslCa === undefined ? {} : { ca: readCa(given.sslCa) }
  // For an IP address, mysql2 would compare the certificate with `localhost`.
  if (mode === 'VERIFY_IDENTITY' && 'host' in at && isIP(at.host) !== 0) {
    throw badUrl('the certificate check needs a host name, and the URL has an IP address', BY_NAME)
  }
  return { ...roots, rejectUnauthorized: mode !== 'REQUIRED', verifyIdentity: mode === 'VERIFY_IDENTITY' }
}

const BY_NAME =
  'use the host name; ssl-mode=VERIFY_CA skips the host name check, and ssl-mode=DISABLED turns off TLS for a trusted network'

function sslModeOf({ sslMode, ssl, sslAccept }: Parameters): SslMode | undefined {
  if (sslMode !== undefined) return namedMode(sslMode)
  if (sslAccept !== undefined) return sslAccept === 'strict' ? 'VERIFY_IDENTITY' : 'REQUIRED'
  switch (ssl?.replaceAll(/\s/g, '')) {
    case undefined:
      return undefined
    case 'true':
    case '1':
    case '{}':
    case '{"rejectUnauthorized":true}':
      return 'VERIFY_IDENTITY'
    case '{"rejectUnauthorized":false}':
      return 'REQUIRED'
    case 'false':
    case '0':
      return 'DISABLED'
    default:
      throw badUrl(
        'its parameter ssl has an unknown value',
        'use ssl-mode=VERIFY_IDENTITY, with ssl-ca=file.pem if needed',
      )
  }
}

function namedMode(named: string): SslMode {
  switch (named.toUpperCase().replaceAll('-', '_')) {
    case 'DISABLED':
    case 'DISABLE':
      return 'DISABLED'
    case 'REQUIRED':
    case 'REQUIRE':
      return 'REQUIRED'
    case 'VERIFY_CA':
      return 'VERIFY_CA'
    case 'VERIFY_IDENTITY':
    case 'VERIFY_FULL':
      return 'VERIFY_IDENTITY'
    case 'PREFERRED':
    case 'PREFER':
      throw badUrl('its ssl-mode can fall back to plain text', 'use ssl-mode=VERIFY_IDENTITY')
    default:
      throw badUrl('its ssl-mode is unknown', 'use DISABLED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY')
  }
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    throw new ManifestError(
      {
        code: 'database_ca_unreadable',
        message: `the certificate file for the database cannot be read (${code})`,
        hint: "set source.ca to its path, relative to the manifest's folder",
        path: 'source.ca',
      },
      { cause },
    )
  }
}

/** Never shows the URL, because a mistake can put the password anywhere in it. */
function badUrl(why: string, hint = 'use the form mysql://user:password@host:3306/database'): ManifestError {
  return new ManifestError({
    code: 'bad_database_url',
    message: `source.url cannot be used: ${why}`,
    hint,
    path: 'source.url',
  })
}
