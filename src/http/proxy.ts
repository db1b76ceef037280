import { UsageError } from '../diagnostics/errors.ts'

/** A proxy, as a variable of the environment names it. */
export interface ProxyVariable {
  name: string
  /** Secret: it may hold a password. */
  value: string
}

/** The ways out of this machine that the environment names. */
export interface Proxies {
  https?: ProxyVariable
  http?: ProxyVariable
  /** Hosts that are reached without a proxy, in the form of NO_PROXY. */
  except: string
}

/** Everything is reached directly. */
export const NO_PROXIES: Proxies = { except: '' }

type Environment = Record<string, string | undefined>

/**
 * What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say, under their names in lower case first. An empty
 * variable counts as unset; HTTP_PROXY stands in for HTTPS_PROXY, as it does in Node.js itself.
 */
export function proxiesOf(env: Environment): Proxies {
  const http = firstOf(env, 'http_proxy', 'HTTP_PROXY')
  const https = firstOf(env, 'https_proxy', 'HTTPS_PROXY') ?? http
  return {
    ...(https === undefined ? {} : { https }),
    ...(http === undefined ? {} : { http }),
    except: firstOf(env, 'no_proxy', 'NO_PROXY')?.value ?? '',
  }
}

/**
 * The address of a proxy: scheme, host and port, and perhaps a user name and a password. Without a
 * scheme it is http.
 * @throws UsageError, which names the variable and never quotes its value
 */
export function proxyUrl({ name, value }: ProxyVariable): URL {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
  if (scheme?.startsWith('socks')) {
    throw bad(`${name} names a SOCKS proxy (${scheme}://), and only HTTP proxies are supported`, instead(name))
  }
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw bad(`${name} names a proxy with ${scheme}://, and only http:// and https:// are supported`, instead(name))
  }
  const url = URL.parse(scheme === undefined ? `http://${value}` : value)
  if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw bad(`${name} is not the address of a proxy`, `${instead(name)}; ${ENCODED}`)
  }
  if (decoded(url.username) === undefined || decoded(url.password) === undefined) {
    throw bad(`${name} has a user name or a password with a % that encodes nothing`, `${instead(name)}; ${ENCODED}`)
  }
  return url
}

/** What of the proxy variables no text may show. */
export function proxySecrets(env: Environment): string[] {
  return ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].flatMap((name) => secretsIn(env[name] ?? ''))
}

const ENCODED = 'in a user name or a password, write characters such as @ : / # ? % percent-encoded'

/** Everything before the last @: a password may hold an @, and the address may be malformed. */
function secretsIn(value: string): string[] {
  const userInfo = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(.*)@/is.exec(value.trim())?.[1]
  if (userInfo === undefined) return []
  const colon = userInfo.indexOf(':')
  const password = colon === -1 ? '' : userInfo.slice(colon + 1)
  // A user name is secret only where it stands alone, as a token does: blanking out `admin` would
  // hide words that matter.
  const user = colon === -1 ? userInfo : userInfo.slice(0, colon)
  const secrets = password === '' ? [user, `${user}:`] : [userInfo, password]
  return [...new Set(secrets.flatMap((secret) => [secret, decoded(secret) ?? secret]))]
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function firstOf(env: Environment, ...names: readonly string[]): ProxyVariable | undefined {
  for (const name of names) {
    const value = env[name]?.trim() ?? ''
    if (value !== '') return { name, value }
  }
  return undefined
}

function bad(message: string, hint: string): UsageError {
  return new UsageError({ code: 'bad_proxy', message, hint })
}

function instead(name: string): string {
  return `write it like ${name}=http://proxy.example:3128, or unset it`
}

/** The variable whose proxy leads to an https address; undefined: it is reached directly. */
export function proxyFor({ https, except }: Proxies, address: string): ProxyVariable | undefined {
  const { hostname, port, protocol } = new URL(address)
  if (https === undefined || isLoopback(hostname)) return undefined
  const number = port === '' ? (protocol === 'http:' ? '80' : '443') : port
  return except.split(/[,\s]+/).some((entry) => isExcepted(entry, hostname.toLowerCase(), number)) ? undefined : https
}

/** As undici reads an entry of NO_PROXY, which is what the connections go by. */
function isExcepted(entry: string, hostname: string, port: string): boolean {
  const [, host = entry, only] = /^(.+):(\d+)$/.exec(entry) ?? []
  if (host === '' || (only !== undefined && only !== port)) return false
  if (host === '*') return true
  const bare = host.replace(/^\*?\./, '').toLowerCase()
  return hostname.endsWith(`.${bare}`) || (hostname === bare && !host.startsWith('*.'))
}

/** Whether a host name, as a URL has it, means this machine and no other. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost\.?|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
