import type { Problem } from '../../../diagnostics/problem.ts'
import { isLoopback } from '../../../http/proxy.ts'

/** Where a tenant is reached. */
export interface Address {
  /** Scheme and host, without a slash at the end. */
  baseUrl: string
  /** What tokens are asked for: the identifier of the Management API. */
  audience: string
  /** The tenant as messages name it. */
  name: string
}

/** Tenants of the public cloud; every other host is a custom domain or a private one. */
const CANONICAL = /\.auth0\.com$/

/**
 * Where the tenant of `domain` is: a host (`acme.eu.auth0.com`), a custom domain, or a URL; http is taken on loopback alone, where
 * nobody else can read the secret on its way.
 * @param audience for custom domains: that of the tenant itself, `https://acme.eu.auth0.com/api/v2/`
 */
export function addressOf(domain: string, audience?: string): Address | Problem {
  const text = domain.trim()
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || url.hostname === '') return bad(`"${shown(text)}" is no domain`, EXAMPLE)
  if (url.username !== '' || url.password !== '') {
    return bad('the domain holds a user name or a password', 'credentials belong into clientId and clientSecret')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return bad(`${url.protocol}// is not spoken here`, EXAMPLE)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return bad(`${url.host} would be asked over http, and the secret sent in the clear`, `write https://${url.host}`)
  }
  if (!/^\/?(api\/v2\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return bad(`the domain goes on after the host: ${url.host}…`, `write ${url.host} alone`)
  }
  if (audience !== undefined && !/^https?:\/\/[^/]+\/api\/v2\/$/.test(audience)) {
    return {
      code: 'bad_value',
      message: `"${shown(audience)}" is not what the Management API of a tenant is called`,
      hint: 'write it with the tenant and the slash at its end: https://acme.eu.auth0.com/api/v2/',
      path: 'source.audience',
    }
  }
  const baseUrl = url.origin
  return {
    baseUrl,
    audience: audience ?? `${baseUrl}/api/v2/`,
    name: `the Auth0 tenant ${url.host}`,
  }
}

/** What helps when a token is refused for this address: custom domains have to name the tenant behind them. */
export function audienceHint({ baseUrl, audience }: Address): string | undefined {
  const host = new URL(baseUrl).hostname
  if (CANONICAL.test(host) || audience !== `${baseUrl}/api/v2/`) return undefined
  return `if ${host} is a custom domain, set audience to that of the tenant behind it: https://<tenant>.<region>.auth0.com/api/v2/`
}

const EXAMPLE = 'write the host of the tenant, such as acme.eu.auth0.com (Auth0 dashboard, Applications, Domain)'

function bad(message: string, hint: string): Problem {
  return { code: 'bad_domain', message, hint, path: 'source.domain' }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
