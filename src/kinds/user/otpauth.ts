/** What a key URI says of a factor, undecoded: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export interface KeyUri {
  /** `totp` or `hotp`. */
  type: string
  secret: string
  algorithm?: string
  digits?: string
  period?: string
  /** Of codes that are no digits: `steam`. */
  encoder?: string
  issuer?: string
  account?: string
}

export function isKeyUri(text: string): boolean {
  return /^\s*otpauth:/i.test(text)
}

/** Reads `otpauth://totp/Issuer:account?secret=…`. Undefined where it is no such URI, or has no secret. */
export function parseKeyUri(text: string): KeyUri | undefined {
  const uri = URL.parse(text.trim())
  const secret = uri?.searchParams.get('secret')
  if (uri === null || secret === null || secret === undefined || secret.trim() === '') return undefined
  const label = unescaped(uri.pathname.replace(/^\/+/, ''))
  if (label === undefined) return undefined
  const colon = label.indexOf(':')
  const named: KeyUri = { type: uri.hostname.toLowerCase(), secret }
  for (const name of ['algorithm', 'digits', 'period', 'encoder', 'issuer'] as const) {
    const value = uri.searchParams.get(name)?.trim()
    if (value !== undefined && value !== '') named[name] = value
  }
  const issuer = named.issuer ?? label.slice(0, Math.max(0, colon)).trim()
  const account = label.slice(colon + 1).trim()
  return { ...named, ...(issuer !== '' && { issuer }), ...(account !== '' && { account }) }
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
