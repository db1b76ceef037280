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

/** The options of the source. */
export type OktaOptions = SourceOptions<'okta'>

/** An org that is asked over the network. */
export interface LiveOptions extends ReadOptions {
  address: Address
  /** Of Okta's search; undefined: who is not deactivated. */
  search: string | undefined
  deprovisioned: boolean
  /** Objects asked for at once. */
  pageSize: number
  concurrency: number
  rate: { requests: number; seconds: number } | undefined
}

/** What is read, and so is a record or joined to one. */
export interface ReadOptions {
  groups: boolean
  apps: boolean
  /** Whether identity providers are read. */
  connections: boolean
  /** Ids of groups whose members alone are read; undefined: whoever is there. */
  memberOf: string[] | undefined
  search: string | undefined
  /** ISO, UTC. */
  updatedSince: string | undefined
}

/** Where an org is reached. */
export interface Address {
  /** Scheme and host, without a slash at the end. */
  baseUrl: string
  /** The org as messages name it. */
  name: string
}

/** Who asks: an administrator by a token, or a service app by its key. */
export type Credentials =
  | { kind: 'token'; token: string }
  | { kind: 'app'; clientId: string; key: KeyObject; keyId: string | undefined }

const DEFAULTS = SOURCE_DEFAULTS.okta

/** @throws ManifestError where `checkOptions` finds something */
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

/** What decides about what is read: see LiveReading.identity. */
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

/** Who is not among the users that are read, in words; undefined: all of them are read. */
export function unreadUsers({ search, memberOf, updatedSince }: ReadOptions): string | undefined {
  const parts = [
    ...(search === undefined ? [] : ['the search does not find']),
    ...(memberOf === undefined ? [] : [`are in none of the groups ${memberOf.join(', ')}`]),
    ...(updatedSince === undefined ? [] : [`have not changed since ${updatedSince}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', or ')
}

/** The options that say so. */
export function partOptions(options: ReadOptions): string {
  return (['search', 'memberOf', 'updatedSince'] as const).filter((name) => options[name] !== undefined).join(' and ')
}

/** A time that begins with its date as ISO, UTC; undefined for one that does not exist. */
function isoTime(text: string | undefined): string | undefined {
  if (text === undefined || !isDay(text.slice(0, 10))) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/**
 * Everything that is wrong with how the options go together: the schema has seen to each by itself.
 */
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
      'token is of an administrator, and clientId and privateKey are of a service app',
      'take one of the two out',
    )
  }
  if (memberOf !== undefined) {
    for (const name of ['search', 'deprovisioned', 'updatedSince'] as const) {
      if (config[name] === undefined || config[name] === false) continue
      add(
        name,
        'members_are_listed',
        `memberOf reads the members of groups, and ${name} is about the list of all users`,
        `take ${name} or memberOf out`,
      )
    }
  }
  if (updatedSince !== undefined && isoTime(updatedSince) === undefined) {
    add('updatedSince', 'bad_value', 'source.updatedSince is no date that exists', 'for example 2026-11-20T18:00:00Z')
  }
  return problems
}

/**
 * What keeps an org from being asked. A snapshot of it is read without credentials; a reference
 * that is unset is taken on trust.
 */
export function checkCredentials(config: OktaOptions): Problem[] {
  const credentials = credentialsOf(config)
  const isUnset = config.token === undefined && /^\$\{/.test(config.privateKey ?? '')
  return 'kind' in credentials || (isUnset && credentials.code === 'bad_private_key') ? [] : [credentials]
}

/** @returns what is wrong with them where they are none */
export function credentialsOf({ token, clientId, privateKey, keyId }: OktaOptions): Credentials | Problem {
  const guide = 'see docs/how-to/sources/okta.md'
  if (token !== undefined) {
    if (/^(SSWS|Bearer)\s/i.test(token) || !/^[\x21-\x7e]+$/.test(token)) {
      return {
        code: 'bad_api_key',
        message: 'source.token has blanks or characters that no API token has',
        hint: 'give the token alone, without SSWS before it',
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
      message: none ? 'neither token nor clientId and privateKey are given' : `"${missing}" is missing`,
      hint: none
        ? `an org is read with an API token (token: \${OKTA_API_TOKEN}) or by a service app: ${guide}`
        : `a service app asks with its client id and its private key: ${guide}`,
      path: none ? 'source' : `source.${missing}`,
    }
  }
  const key = keyIn(privateKey)
  if (key !== undefined) return { kind: 'app', clientId, key: key.key, keyId: keyId ?? key.id }
  return {
    code: 'bad_private_key',
    message: 'source.privateKey is no private key of RSA or of a curve that signs tokens, without a passphrase',
    hint: `give PEM (-----BEGIN PRIVATE KEY-----) or a JWK with its private members: ${guide}`,
    path: 'source.privateKey',
  }
}

/**
 * A private key in PEM or in a JWK, and what the JWK calls it. Variables often hold PEM with \n in
 * place of line ends.
 */
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

/**
 * The algorithm (RFC 7518) by which Okta takes assertions that are signed with a key, and its
 * digest.
 */
export function algorithmOf(key: KeyObject): [algorithm: string, digest: string] | undefined {
  if (key.asymmetricKeyType === 'rsa') return ['RS256', 'sha256']
  return key.asymmetricKeyType === 'ec' ? CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] : undefined
}

/**
 * Where the org of `domain` is: a host (`acme.okta.com`), a custom domain, or a URL; http is taken
 * on loopback alone, where nobody else can read the token on its way.
 */
export function addressOf(domain: string): Address | Problem {
  const text = domain.trim()
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || url.hostname === '') return bad(`"${shown(text)}" is no domain`, EXAMPLE)
  if (url.username !== '' || url.password !== '') {
    return bad('the domain holds a user name or a password', 'write the host alone; the token has a key of its own')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return bad(`${url.protocol}// is not spoken here`, EXAMPLE)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`${url.host} would be asked over http, and the token sent in the clear`, `write https://${url.host}`)
  }
  if (!/^\/?(api\/v1\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return bad(`the domain goes on after the host: ${url.host}…`, `write ${url.host} alone`)
  }
  const [, org, cloud] = /^(.+)-admin\.(okta(?:preview|-emea)?\.com)$/.exec(url.hostname) ?? []
  if (org !== undefined) return bad(`${url.host} is the admin console`, `write ${org}.${cloud}`)
  return { baseUrl: url.origin, name: `the Okta org ${url.host}` }
}

const EXAMPLE = 'write the host of the org, such as acme.okta.com (Okta admin console, the menu at the top right)'

function bad(message: string, hint: string): Problem {
  return { code: 'bad_domain', message, hint, path: 'source.domain' }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
