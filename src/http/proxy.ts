import { UsageError } from '../diagnostics/errors.ts'

/** A proxy variable of the environment. */
export interface ProxyVariable {
  name: string
  /** Secret: it can contain a password. */
  value: string
}

/** The proxies of the environment. */
export interface Proxies {
  https?: ProxyVariable
  http?: ProxyVariable
  /** Hosts reached without a proxy, in the form of NO_PROXY. */
  except: string
}

export const NO_PROXIES: Proxies = { except: '' }

type Environment = Record<string, string | undefined>

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY; lowercase names win. An empty variable counts as
 * unset. HTTP_PROXY replaces a missing HTTPS_PROXY, as in Node.js.
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
 * The URL of a proxy: scheme, host and port, possibly a user name and password. The default scheme
 * is http.
 * @throws UsageError, which names the variable and never quotes its value
 */
export function proxyUrl({ name, value }: ProxyVariable): URL {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
  if (scheme?.startsWith('socks')) {
    throw bad(`${name} is a SOCKS proxy (${scheme}://); only HTTP proxies are supported`, instead(name))
  }
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw bad(`${name} is a proxy with ${scheme}://; only http:// and https:// are supported`, instead(name))
  }
  const url = URL.parse(scheme === undefined ? `http://${value}` : value)
  if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw bad(`${name} is not a proxy URL`, `${instead(name)}; ${ENCODED}`)
  }
  if (decoded(url.username) === undefined || decoded(url.password) === undefined) {
    throw bad(`${name} has an invalid % sequence in its user name or password`, `${instead(name)}; ${ENCODED}`)
  }
  return url
}

/** Parts of the proxy variables that no output can show. */
export function proxySecrets(env: Environment): string[] {
  return ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].flatMap((name) => secretsIn(env[name] ?? ''))
}

const ENCODED = 'percent-encode characters such as @ : / # ? % in a user name or password'

/** Everything before the last @: a password can contain an @, and the URL can be malformed. */
function secretsIn(value: string): string[] {
  const userInfo = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(.*)@/is.exec(value.trim())?.[1]
  if (userInfo === undefined) return []
  const colon = userInfo.indexOf(':')
  const password = colon === -1 ? '' : userInfo.slice(colon + 1)
  // A user name is secret only without a password, as a token is. Masking `admin` would hide
  // ordinary words.
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
  return `set it like ${name}=http://proxy.example:3128, or unset it`
}

/** The variable with the proxy for an https URL; undefined: direct connection. */
export function proxyFor({ https, except }: Proxies, address: string): ProxyVariable | undefined {
  const { hostname, port, protocol } = new URL(address)
  if (https === undefined || isLoopback(hostname)) return undefined
  const number = port === '' ? (protocol === 'http:' ? '80' : '443') : port
  return except.split(/[,\s]+/).some((entry) => isExcepted(entry, hostname.toLowerCase(), number)) ? undefined : https
}

/** Reads an entry of NO_PROXY as undici does, which makes the connections. */
function isExcepted(entry: string, hostname: string, port: string): boolean {
  const [, host = entry, only] = /^(.+):(\d+)$/.exec(entry) ?? []
  if (host === '' || (only !== undefined && only !== port)) return false
  if (host === '*') return true
  const bare = host.replace(/^\*?\./, '').toLowerCase()
  return hostname.endsWith(`.${bare}`) || (hostname === bare && !host.startsWith('*.'))
}

/** Whether a host name from a URL always means this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost\.?|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
