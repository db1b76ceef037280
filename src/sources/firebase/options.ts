import { parseLimit, type SourceOptions } from '../../config/manifest.ts'
import { SOURCE_DEFAULTS } from '../../config/manifest-types.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isLoopback } from '../../http/proxy.ts'
import type { JsonObject } from '../../json.ts'
import { requireNone } from '../source.ts'

/** The options of the source. */
export type FirebaseOptions = SourceOptions<'firebase'>

/** How a project is asked. */
export interface LiveOptions {
  project: string
  /** Without a slash at the end. */
  baseUrl: string
  /** Ids; undefined: all there are. */
  tenants: readonly string[] | undefined
  /** Whether password hashes are read. */
  hashes: boolean
  /** Whether providers of SAML and OpenID Connect are read. */
  connections: boolean
  pageSize: number
  rate: { requests: number; seconds: number } | undefined
  /** Whether the API is asked without credentials, as the Auth Emulator is. */
  isOpen: boolean
}

const GOOGLE = 'https://identitytoolkit.googleapis.com'

const DEFAULTS = SOURCE_DEFAULTS.firebase

/**
 * Everything that is wrong with how the options go together: the schema has seen to each by itself.
 */
export function checkOptions({ credentials, serviceAccount, baseUrl }: FirebaseOptions): Problem[] {
  const problems: Problem[] = baseUrl === undefined ? [] : addressProblems(baseUrl)
  if (credentials !== undefined && serviceAccount !== undefined) {
    problems.push({
      code: 'two_credentials',
      message: 'the source names a key file (credentials) and the text of one (serviceAccount)',
      hint: 'leave one of them out',
      path: 'source.serviceAccount',
    })
  }
  // The text must not be taken for the name of a file, which messages would show.
  if (credentials?.trimStart().startsWith('{')) {
    problems.push({
      code: 'bad_credentials',
      message: 'source.credentials is the text of a key file, and not its path',
      hint: 'name the file, or give the text as serviceAccount: ${FIREBASE_SERVICE_ACCOUNT}',
      path: 'source.credentials',
    })
  }
  return problems
}

/** The options of a reading, `checkOptions` having found nothing wrong with them. */
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
 * What decides what is read. Whose credentials they are does not.
 * @throws ManifestError for options that do not fit
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
    return bad('source.baseUrl is no http(s) address', `write it like ${GOOGLE}`)
  }
  if (url.username !== '' || url.password !== '') {
    return bad('source.baseUrl holds a user name or a password', `write ${url.origin}`)
  }
  if (url.search !== '' || url.hash !== '') {
    return bad('source.baseUrl has more than a host, a port and a path', `write ${url.origin}${url.pathname}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`source.baseUrl would send the access token unencrypted to ${url.hostname}`, 'use https')
  }
  return []
}
