import { accept, type Check, optionalText, refuse, shown } from '../values/check.ts'

/** Where OpenID providers describe themselves (OpenID Connect Discovery 1.0, 4). */
const DISCOVERY = '/.well-known/openid-configuration'

/** An absolute address of the web, as it is written; undefined when the source has none. */
export function normaliseAddress(value: unknown): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  const url = URL.canParse(text.value) ? new URL(text.value) : undefined
  if (url !== undefined && ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '') {
    return accept(text.value)
  }
  // What is before an @ may be a password.
  const written = text.value.includes('@') ? 'the value' : shown(text.value)
  return refuse(
    'invalid_url',
    `${written} is not an address of the web`,
    'expected https://… without a name or a password',
  )
}

/** The discovery document of an OpenID provider, from its address or from the issuer's. */
export function normaliseDiscovery(value: unknown): Check<string | undefined> {
  const address = normaliseAddress(value)
  if (!address.ok || address.value === undefined || address.value.includes('/.well-known/')) return address
  return accept(`${address.value.replace(/\/+$/, '')}${DISCOVERY}`)
}
