import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { ClientConfig } from 'pg'
import { StateError } from '../../diagnostics/errors.ts'
import type { PostgresLocation } from '../location.ts'

/**
 * Where a database is, and how it is spoken to. In: a location with its URL. Out: what `pg` connects by, and words for it without the password.
 * Nothing is taken from the environment or from files of the system: what the URL does not say has the default below.
 */

const PORT = 5432

/** What a URL may say beside the address, as libpq names it. https://www.postgresql.org/docs/current/libpq-connect.html */
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

const ENCODE =
  'it looks like postgres://user:password@host:5432/database?sslmode=verify-full. In the password write %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %'

type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full'

/** @throws StateError for a URL that names no database, or asks for what a state must not have */
export function endpointOf(location: PostgresLocation): ClientConfig {
  const parts = partsOf(location)
  const { host, port, user, password, database, parameters } = parts
  return {
    host,
    port,
    user,
    // Where it is no function, `pg` looks into PGPASSWORD and ~/.pgpass for one that is missing.
    password: () => password ?? '',
    database,
    ssl: sslFor(location, parts),
    application_name: 'workos-migrate',
    connectionTimeoutMillis: 10_000,
    query_timeout: QUERY_TIMEOUT,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    enableChannelBinding: parameters.get('channel_binding') === 'require',
    ...(parameters.get('options') && { options: parameters.get('options') ?? undefined }),
  }
}

/** A statement that has no answer after so long has none: it is ended on the server well before. Milliseconds. */
const QUERY_TIMEOUT = 90_000

/** The database, for people. */
export function describeLocation(location: PostgresLocation): string {
  const { host, port, database } = partsOf(location)
  const { schema, name, environment } = location
  const of = environment === null ? name : `${name}, ${environment}`
  return `PostgreSQL ${host.startsWith('/') ? host : `${host}:${port}`}/${database}, schema ${schema} (${of})`
}

interface Parts {
  host: string
  port: number
  user: string
  password: string | undefined
  database: string
  parameters: URLSearchParams
}

function partsOf({ url }: PostgresLocation): Parts {
  const found = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/s.exec(url.trim())
  // Where a password has such a character, its rest would pass for a database or a parameter, which messages name.
  if (found?.[2]?.includes('@')) throw badUrl('it has an @ behind its address', ENCODE)
  // Of a socket, whose folder is a parameter, nothing need be between the user and the slash.
  const parsed = found && URL.parse(`postgres://${found[1]?.replace(/@(?=:|$)/, `@${NO_HOST}`)}${found[2]}`)
  if (!parsed) throw badUrl('it is no URL of a PostgreSQL database', ENCODE)
  const parameters = parsed.searchParams
  for (const name of parameters.keys()) {
    if (name === 'pgbouncer') throw pooled('its URL says pgbouncer=true')
    if (!PARAMETERS.includes(name)) throw badUrl(`it has the parameter ${name}; known are ${PARAMETERS.join(', ')}`)
  }
  // A socket's folder cannot be written before the slash, so libpq takes it from here.
  const named = parsed.hostname === NO_HOST ? '' : decoded(parsed.hostname).replace(/^\[(.*)\]$/, '$1')
  const host = parameters.get('host') ?? named
  const database = decoded(parsed.pathname.slice(1)) || (parameters.get('dbname') ?? '')
  const user = decoded(parsed.username) || (parameters.get('user') ?? '')
  if (host === '' || host.includes(',')) throw badUrl('it must name one host')
  if (user === '') throw badUrl('it names no user')
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

function portOf(named: string | null): number {
  if (named === null || named === '') return PORT
  const port = /^\d+$/.test(named) ? Number(named) : 0
  if (port < 1 || port > 65_535) throw badUrl('its port is no number from 1 to 65535')
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

/** As libpq understands `sslmode`, but that nothing falls back to plain text, and other machines are verified by default. */
function sslFor({ ca }: PostgresLocation, { host, parameters }: Parts): ConnectionOptions | false {
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
      throw badUrl(`its sslmode is ${named}, which may fall back to plain text`, 'use sslmode=verify-full')
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StateError(
      {
        code: 'state_ca_unreadable',
        message: `the certificates for the database of the state cannot be read: ${reason}`,
        hint: 'correct state.ca: the path starts from the manifest’s folder',
      },
      { cause },
    )
  }
}

/** Says nothing of the URL itself, which may hold a password wherever a mistake has put it. */
function badUrl(
  why: string,
  hint = 'it looks like postgres://user:password@host:5432/database?sslmode=verify-full',
): StateError {
  return new StateError({ code: 'state_url', message: `state.url cannot be used: ${why}`, hint })
}

/** A pooler gives each transaction another connection: a lock would protect nothing. */
export function pooled(why: string): StateError {
  return new StateError({
    code: 'state_pooled',
    message: `a transaction pooler is between this command and the database of the state: ${why}. The lock of the state would protect nothing`,
    hint: 'use the direct connection: of Neon the host without -pooler, of Supabase port 5432, else the port of PostgreSQL itself',
  })
}
