import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import type { JsonObject } from '../../json.ts'
import { requireNone } from '../source.ts'

export type FirebaseOptions = SourceOptions<'firebase'>

export interface LiveOptions {
  project: string
  /** Without a trailing slash. */
  baseUrl: string
  /** IDs; undefined: all tenants. */
  tenants: readonly string[] | undefined
  /** Whether password hashes are read. */
  hashes: boolean
  /** Whether SAML and OpenID Connect providers are read. */
  connections: boolean
  pageSize: number
  rate: { requests: number; seconds: number } | undefined
  /** Whether requests have no credentials, as for the Auth Emulator. */
  isOpen: boolean
}

const GOOGLE = 'https://identitytoolkit.googleapis.com'

const DEFAULTS = SOURCE_DEFAULTS.firebase

/** Problems with the combination of options. The schema checks each option by itself. */
export function checkOptions({ credentials, serviceAccount, baseUrl }: FirebaseOptions): Problem[] {
  const problems: Problem[] = baseUrl === undefined ? [] : addressProblems(baseUrl)
  if (credentials !== undefined && serviceAccount !== undefined) {
    problems.push({
      code: 'two_credentials',
      message: 'the source has both the path of a key file (credentials) and the text of one (serviceAccount)',
      hint: 'remove credentials or serviceAccount',
      path: 'source.serviceAccount',
    })
  }
  // Otherwise messages would show the text as a file name.
  if (credentials?.trimStart().startsWith('{')) {
    problems.push({
      code: 'bad_credentials',
      message: 'source.credentials is the text of a key file, not its path',
      hint: 'set the path of the file, or set the text as serviceAccount: ${FIREBASE_SERVICE_ACCOUNT}',
      path: 'source.credentials',
    })
  }
  return problems
}

/** Only for options in which `checkOptions` finds no problem. */
export function liveOptions(config: FirebaseOptions): LiveOptions {
  const { project, rate, credentials, serviceAccount } = config
  const url = new URL(config.baseUrl ?? GOOGLE)
  const limit = rate === undefined ? undefined : parseLimit(rate)
  return {
    project,
    baseUrl: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    tenants: config.tenants,
    hashes: config.hashes ?? DEFAULTS.hashes,
    connections: config.connections ?? DEFAULTS.connections,
    pageSize: config.pageSize ?? DEFAULTS.pageSize,
    rate: limit === undefined ? undefined : { requests: limit.count, seconds: limit.perMs / 1000 },
    isOpen: isLoopback(url.hostname) && credentials === undefined && serviceAccount === undefined,
  }
}

/**
 * The options that change what is read; credentials are not among them.
 * @throws ManifestError if `checkOptions` finds a problem
 */
export function identity(config: FirebaseOptions): JsonObject {
  requireNone(checkOptions(config))
  const { project, baseUrl, tenants, hashes, connections } = liveOptions(config)
  return { baseUrl, project, tenants: tenants?.toSorted() ?? 'all', hashes, connections }
}

function addressProblems(text: string): Problem[] {
  const bad = (message: string, hint: string) => [{ code: 'bad_base_url', message, hint, path: 'source.baseUrl' }]
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return bad('source.baseUrl is not an http(s) URL', `write a URL like ${GOOGLE}`)
  }
  if (url.username !== '' || url.password !== '') {
    return bad('source.baseUrl contains a user name or a password', `write ${url.origin}`)
  }
  if (url.search !== '' || url.hash !== '') {
    return bad('source.baseUrl has more than a host, a port and a path', `write ${url.origin}${url.pathname}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`source.baseUrl would send the access token unencrypted to ${url.hostname}`, 'use https')
  }
  return []
}
