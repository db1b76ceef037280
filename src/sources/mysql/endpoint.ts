import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { SslOptions } from 'mysql2'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { JsonObject } from '../../json.ts'

/**
 * Where a database is, and how it is spoken to. In: `source.url`. Out: what a connection is made
 * by, and words for it without the password. Nothing is taken from the environment or from files of
 * the system: what the URL does not say has the default below.
 */

const PORT = 3306

export interface Endpoint {
  /** The path of a socket, or a host with its port. */
  at: { socket: string } | { host: string; port: number }
  user: string
  password: string | undefined
  /** Undefined: each table is named with its database. */
  database: string | undefined
  /** False: plain text. */
  tls: SslOptions | false
  /** For people. */
  name: string
}

/**
 * Parameters that say where the database is and how it is spoken to, by the names that programs
 * give them.
 */
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

/** What other programs write into a URL for themselves. */
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
 * @param ca file of certificates, absolute: in the place of one that the URL names
 * @throws ManifestError for a URL that names no database server, or that would send the data in
 *   plain text to another machine by accident
 */
export function endpointOf(url: string, ca?: string): Endpoint {
  const found = /^(?:mysql2?|mariadb):\/\/([^/?#]*)(.*)$/s.exec(url.trim())
  // Where a password has such a character, its rest would pass for a database or a parameter, which
  // messages name.
  if (found?.[2]?.includes('@')) throw badUrl('it has an @ behind its address', ENCODE)
  // A scheme that URL knows nothing of leaves the host as it is written.
  const parsed = found && URL.parse(`mysql://${found[1]}${found[2]}`)
  if (!parsed) throw badUrl('it is no URL of a MySQL or MariaDB database', ENCODE)
  const given = parametersOf(parsed.searchParams)
  const host = decoded(parsed.hostname).replace(/^\[(.*)\]$/, '$1')
  if (host === '' && given.socket === undefined) throw badUrl('it names no host')
  const user = decoded(parsed.username)
  if (user === '') throw badUrl('it names no user')
  const port = parsed.port === '' ? PORT : Number(parsed.port)
  if (port < 1) throw badUrl('its port is no number from 1 to 65535')
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
  'it looks like mysql://user:password@host:3306/database. In the password write %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %'

/** Which database it is, and nothing of whoever reads it. */
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
      // The name alone: its value may be the rest of a password.
      throw badUrl(`it has a parameter that is not known${/^[\w-]{1,30}$/.test(name) ? `: ${name}` : ''}`, KNOWN)
    }
    read[option] = value
  }
  return read
}

const KNOWN = 'known are socket, ssl-mode and ssl-ca'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether what is sent there never leaves this machine. */
function isLocal(at: Endpoint['at']): boolean {
  return 'socket' in at || at.host === 'localhost' || at.host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(at.host)
}

type SslMode = 'DISABLED' | 'REQUIRED' | 'VERIFY_CA' | 'VERIFY_IDENTITY'

/**
 * As the client of MySQL understands `ssl-mode`, but that nothing falls back to plain text, and
 * other machines are verified by default:
 * https://dev.mysql.com/doc/refman/8.4/en/connection-options.html
 */
function tlsOf(at: Endpoint['at'], given: Parameters): SslOptions | false {
  const mode = sslModeOf(given) ?? (given.sslCa === undefined && isLocal(at) ? 'DISABLED' : 'VERIFY_IDENTITY')
  if (mode === 'DISABLED') return false
  const roots = given.sslCa === undefined ? {} : { ca: readCa(given.sslCa) }
  // mysql2 would compare a certificate with `localhost` where the host is an address.
  if (mode === 'VERIFY_IDENTITY' && 'host' in at && isIP(at.host) !== 0) {
    throw badUrl('a certificate is compared with the name of a host, and it has an address', BY_NAME)
  }
  return { ...roots, rejectUnauthorized: mode !== 'REQUIRED', verifyIdentity: mode === 'VERIFY_IDENTITY' }
}

const BY_NAME =
  'write the name of the host; ssl-mode=VERIFY_CA checks the certificate alone, ssl-mode=DISABLED is for a network that you trust'

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
        'its parameter ssl is not understood',
        'use ssl-mode=VERIFY_IDENTITY, and ssl-ca=file.pem if need be',
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
      throw badUrl('its ssl-mode may fall back to plain text', 'use ssl-mode=VERIFY_IDENTITY')
    default:
      throw badUrl('its ssl-mode is not known', 'known are DISABLED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY')
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
        message: `the file of certificates for the database cannot be read (${code})`,
        hint: 'name it in source.ca: the path starts from the manifest’s folder',
        path: 'source.ca',
      },
      { cause },
    )
  }
}

/** Says nothing of the URL itself, which may hold a password wherever a mistake has put it. */
function badUrl(why: string, hint = 'it looks like mysql://user:password@host:3306/database'): ManifestError {
  return new ManifestError({
    code: 'bad_database_url',
    message: `source.url cannot be used: ${why}`,
    hint,
    path: 'source.url',
  })
}
