/** Encodings of bytes as text: RFC 4648, and UTF-8 as `text`. */
export const ENCODINGS = ['hex', 'base64', 'base64Url', 'base32', 'text'] as const
export type Encoding = (typeof ENCODINGS)[number]

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Lengths of the last group of 8 characters of Base32 that mean whole bytes. */
const BASE32_TAILS: ReadonlySet<number> = new Set([0, 2, 4, 5, 7])

/**
 * The bytes of a text, padded or not, without surrounding spaces. Undefined: not of the encoding.
 */
export function decode(text: string, encoding: Encoding): Buffer | undefined {
  const trimmed = text.trim()
  switch (encoding) {
    case 'text':
      return Buffer.from(text)
    case 'hex':
      return /^(?:[\da-f]{2})*$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : undefined
    case 'base64':
      return isBase64(trimmed, /^[A-Za-z\d+/]*={0,2}$/) ? Buffer.from(trimmed, 'base64') : undefined
    case 'base64Url':
      return isBase64(trimmed, /^[\w-]*={0,2}$/) ? Buffer.from(trimmed, 'base64url') : undefined
    case 'base32':
      return decodeBase32(trimmed)
  }
}

/**
 * Bytes as text: Base64 with `=`, Base64 for URLs and Base32 without. Undefined for `text` if they
 * are not UTF-8.
 */
export function encode(bytes: Buffer, encoding: Encoding): string | undefined {
  switch (encoding) {
    case 'text':
      return utf8(bytes)
    case 'hex':
      return bytes.toString('hex')
    case 'base64':
      return bytes.toString('base64')
    case 'base64Url':
      return bytes.toString('base64url')
    case 'base32':
      return encodeBase32(bytes)
  }
}

function isBase64(text: string, shape: RegExp): boolean {
  const padding = text.length - text.replace(/=+$/, '').length
  return shape.test(text) && (text.length - padding) % 4 !== 1 && (padding === 0 || text.length % 4 === 0)
}

function decodeBase32(text: string): Buffer | undefined {
  const digits = text.replace(/=+$/, '').toUpperCase()
  const padded = digits.length < text.length
  if (!/^[A-Z2-7]*$/.test(digits) || !BASE32_TAILS.has(digits.length % 8)) return undefined
  if (padded && text.length % 8 !== 0) return undefined
  const bytes = Buffer.alloc(Math.floor((digits.length * 5) / 8))
  let pending = 0
  let bits = 0
  let at = 0
  for (const digit of digits) {
    pending = ((pending << 5) | BASE32.indexOf(digit)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (pending >> bits) & 0xff
  }
  return bytes
}

function encodeBase32(bytes: Buffer): string {
  let text = ''
  let pending = 0
  let bits = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32.charAt((pending >> bits) & 31)
    }
  }
  return bits === 0 ? text : text + BASE32.charAt((pending << (5 - bits)) & 31)
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
