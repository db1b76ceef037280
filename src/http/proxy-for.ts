import { isLoopback } from './loopback.ts'
import type { Proxies, ProxyVariable } from './proxy.ts'

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
