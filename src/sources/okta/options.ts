import { createPrivateKey, type KeyObject } from 'node:crypto'
import { isDay } from '../../clock.ts'
import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { parseJsonText } from '../../json-text.ts'
import { requireNone, textsOf } from '../source.ts'

export type OktaOptions = SourceOptions<'okta'>

/** Options of an org that is read over the network. */
export interface LiveOptions extends ReadOptions {
  address: Address
  /** A search in Okta's syntax; undefined: all users that are not deactivated. */
  search: string | undefined
  deprovisioned: boolean
  /** Objects per request. */
  pageSize: number
  concurrency: number
  rate: { requests: number; seconds: number } | undefined
}

/** Options that decide what is read. */
export interface ReadOptions {
  groups: boolean
  apps: boolean
  /** Whether identity providers are read. */
  connections: boolean
  /** IDs of the only groups whose members are read; undefined: all users. */
  memberOf: string[] | undefined
  search: string | undefined
  /** ISO, UTC. */
  updatedSince: string | undefined
}

export interface Address {
  /** Scheme and host, without a trailing slash. */
  baseUrl: string
  /** Name of the org in messages. */
  name: string
}

/** The API token of an administrator, or the key of a service app. */
export type Credentials =
  | { kind: 'token'; token: string }
  | { kind: 'app'; clientId: string; key: KeyObject; keyId: string | undefined }

const DEFAULTS = SOURCE_DEFAULTS.okta

/** @throws ManifestError if `checkOptions` finds a problem */
export function liveOptions(config: OktaOptions): LiveOptions {
  requireNone(checkOptions(config))
  const address = addressOf(config.domain)
  if (!('baseUrl' in address)) throw new ManifestError(address)
  const limit = config.rate === undefined ? undefined : parseLimit(config.rate)
  return {
    address,
    ...readOptions(config),
    deprovisioned: config.deprovisioned ?? DEFAULTS.deprovisioned,
    pageSize: config.pageSize ?? DEFAULTS.pageSize,
    concurrency: config.concurrency ?? DEFAULTS.concurrency,
    rate: limit === undefined ? undefined : { requests: limit.count, seconds: limit.perMs / 1000 },
  }
}

export function readOptions(config: OktaOptions): ReadOptions {
  return {
    groups: config.groups ?? DEFAULTS.groups,
    apps: config.apps ?? DEFAULTS.apps,
    connections: config.connections ?? DEFAULTS.connections,
    memberOf: config.memberOf === undefined ? undefined : [...new Set(textsOf(config.memberOf))].toSorted(),
    search: config.search,
    updatedSince: isoTime(config.updatedSince),
  }
}

/** The options that change what is read: see LiveReading.identity. */
export function identityOf(config: OktaOptions): JsonObject {
  const { address, search, memberOf, deprovisioned, groups, apps, connections, updatedSince } = liveOptions(config)
  return {
    org: address.baseUrl,
    groups,
    ...(search === undefined ? {} : { search }),
    ...(memberOf === undefined ? {} : { memberOf }),
    ...(deprovisioned ? { deprovisioned } : {}),
    ...(apps ? { apps } : {}),
    ...(connections ? { connections } : {}),
    ...(updatedSince === undefined ? {} : { updatedSince }),
  }
}

/** Completes "users who …" for the users that are not read; undefined: all users are read. */
export function unreadUsers({ search, memberOf, updatedSince }: ReadOptions): string | undefined {
  const parts = [
    ...(search === undefined ? [] : ['do not match the search']),
    ...(memberOf === undefined ? [] : [`are in none of the groups ${memberOf.join(', ')}`]),
    ...(updatedSince === undefined ? [] : [`have not changed since ${updatedSince}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', or ')
}

/** The options that limit which users are read, for messages. */
export function partOptions(options: ReadOptions): string {
  return (['search', 'memberOf', 'updatedSince'] as const).filter((name) => options[name] !== undefined).join(' and ')
}

/** A time as ISO, UTC; undefined if the text does not begin with an existing date. */
function isoTime(text: string | undefined): string | undefined {
  if (text === undefined || !isDay(text.slice(0, 10))) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** Problems with the combination of options. The schema checks each option by itself. */
export function checkOptions(config: OktaOptions): Problem[] {
  const problems: Problem[] = []
  const add = (name: keyof OktaOptions, code: string, message: string, hint: string) =>
    problems.push({ code, message, hint, path: `source.${name}` })
  const address = addressOf(config.domain)
  if (!('baseUrl' in address)) problems.push(address)
  const { token, clientId, privateKey, keyId, memberOf, updatedSince } = config
  const ofApp = [clientId, privateKey, keyId].some((option) => option !== undefined)
  if (token !== undefined && ofApp) {
    add(
      'token',
      'two_credentials',
      'the source has both a token of an administrator and credentials of a service app',
      'remove token, or remove clientId, privateKey and keyId',
    )
  }
  if (memberOf !== undefined) {
    for (const name of ['search', 'deprovisioned', 'updatedSince'] as const) {
      if (config[name] === undefined || config[name] === false) continue
      add(
        name,
        'members_are_listed',
        `memberOf reads the members of groups, but ${name} applies only to the list of all users`,
        `remove ${name} or memberOf`,
      )
    }
  }
  if (updatedSince !== undefined && isoTime(updatedSince) === undefined) {
    const hint = 'write a date and a time, for example 2026-11-20T18:00:00Z'
    add('updatedSince', 'bad_value', 'source.updatedSince is not an existing date', hint)
  }
  return problems
}

/**
 * Missing or malformed credentials of an org. Reading an existing snapshot needs none, and an unset
 * variable is no problem here.
 */
export function checkCredentials(config: OktaOptions): Problem[] {
  const credentials = credentialsOf(config)
  const isUnset = config.token === undefined && /^\$\{/.test(config.privateKey ?? '')
  return 'kind' in credentials || (isUnset && credentials.code === 'bad_private_key') ? [] : [credentials]
}

/** @returns a problem if they are missing or malformed */
export function credentialsOf({ token, clientId, privateKey, keyId }: OktaOptions): Credentials | Problem {
  const guide = 'see docs/how-to/sources/okta.md'
  if (token !== undefined) {
    if (/^(SSWS|Bearer)\s/i.test(token) || !/^[\x21-\x7e]+$/.test(token)) {
      return {
        code: 'bad_api_key',
        message: 'source.token contains characters that an API token cannot have',
        hint: 'set only the token, without SSWS before it',
        path: 'source.token',
      }
    }
    return { kind: 'token', token }
  }
  const missing = (['clientId', 'privateKey'] as const).find(
    (name) => (name === 'clientId' ? clientId : privateKey) === undefined,
  )
  if (clientId === undefined || privateKey === undefined) {
    const none = clientId === undefined && privateKey === undefined
    return {
      code: 'missing_key',
      message: none ? 'the source has neither a token nor clientId and privateKey' : `"${missing}" is missing`,
      hint: none
        ? `set an API token (token: \${OKTA_API_TOKEN}) or the credentials of a service app: ${guide}`
        : `set both clientId and privateKey of the service app: ${guide}`,
      path: none ? 'source' : `source.${missing}`,
    }
  }
  const key = keyIn(privateKey)
  if (key !== undefined) return { kind: 'app', clientId, key: key.key, keyId: keyId ?? key.id }
  return {
    code: 'bad_private_key',
    message: 'source.privateKey is not an RSA or EC private key without a passphrase',
    hint: `set a key in PEM (-----BEGIN PRIVATE KEY-----) or a JWK with its private members: ${guide}`,
    path: 'source.privateKey',
  }
}

/** A private key from PEM or a JWK. PEM in a variable often has \n instead of line ends. */
function keyIn(text: string): { key: KeyObject; id: string | undefined } | undefined {
  const parsed = parseJsonText(text)
  try {
    if (parsed.ok && isObject(parsed.value)) {
      const { kid } = parsed.value
      const key = createPrivateKey({ key: { ...parsed.value }, format: 'jwk' })
      return algorithmOf(key) && { key, id: typeof kid === 'string' ? kid : undefined }
    }
    const key = createPrivateKey(text.replaceAll('\\n', '\n'))
    return algorithmOf(key) && { key, id: undefined }
  } catch {
    return undefined
  }
}

const CURVES: Readonly<Record<string, [algorithm: string, digest: string]>> = {
  prime256v1: ['ES256', 'sha256'],
  secp384r1: ['ES384', 'sha384'],
  secp521r1: ['ES512', 'sha512'],
}

/** The algorithm (RFC 7518) and the digest for signing an assertion with a key. */
export function algorithmOf(key: KeyObject): [algorithm: string, digest: string] | undefined {
  if (key.asymmetricKeyType === 'rsa') return ['RS256', 'sha256']
  return key.asymmetricKeyType === 'ec' ? CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] : undefined
}

/**
 * The address of an org. Accepts http only on loopback, where nobody can read the token in transit.
 * @param domain a host (`acme.okta.com`), a custom domain, or a URL
 */
export function addressOf(domain: string): Address | Problem {
  const text = domain.trim()
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || url.hostname === '') return bad(`"${shown(text)}" is not a domain`, EXAMPLE)
  if (url.username !== '' || url.password !== '') {
    return bad('the domain contains a user name or a password', 'write only the host; set the token as token')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return bad(`${url.protocol}// is not supported`, EXAMPLE)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`http would send the token to ${url.host} unencrypted`, `write https://${url.host}`)
  }
  if (!/^\/?(api\/v1\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return bad(`the domain has more than a host: ${url.host}…`, `write only ${url.host}`)
  }
  const [, org, cloud] = /^(.+)-admin\.(okta(?:preview|-emea)?\.com)$/.exec(url.hostname) ?? []
  if (org !== undefined) return bad(`${url.host} is the admin console`, `write ${org}.${cloud}`)
  return { baseUrl: url.origin, name: `the Okta org ${url.host}` }
}

const EXAMPLE = 'write the host of the org, for example acme.okta.com (Okta admin console, the menu at the top right)'

function bad(message: string, hint: string): Problem {
  return { code: 'bad_domain', message, hint, path: 'source.domain' }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
