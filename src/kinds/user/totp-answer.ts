import type { JsonObject } from '../../json.ts'
import { decode } from '../values/encodings.ts'
import { textOf } from '../wire.ts'
import { parseKeyUri } from './otpauth.ts'

/** What an authenticator app does where its key URI says nothing else, and all that WorkOS takes. */
const ORDINARY = { algorithm: 'SHA1', digits: '6', period: '30' } as const

/**
 * What `totp` of the answer to an enrolment says otherwise than was sent: the secret, in itself and in its key URI, or how codes are
 * made of it. Neither secret is in the words. Undefined: it agrees, or tells neither.
 */
export function enrolledFault(totp: JsonObject, sent: string): string | undefined {
  const secret = textOf(totp, 'secret') ?? ''
  if (secret !== '' && !sameSecret(secret, sent)) return 'WorkOS answered with another secret than was sent'
  const uri = parseKeyUri(textOf(totp, 'uri') ?? '')
  if (uri === undefined) return undefined
  if (!sameSecret(uri.secret, sent)) return 'WorkOS answered with a key URI with another secret than was sent'
  for (const name of ['algorithm', 'digits', 'period'] as const) {
    const value = uri[name]?.toUpperCase().replace('SHA-', 'SHA')
    if (value !== undefined && value !== ORDINARY[name]) {
      return `WorkOS answered with a factor whose ${name} ${name === 'digits' ? 'are' : 'is'} not ${ORDINARY[name]}`
    }
  }
  return undefined
}

function sameSecret(one: string, other: string): boolean {
  const [a, b] = [bytesOf(one), bytesOf(other)]
  return a === undefined || b === undefined ? one === other : a.equals(b)
}

/** Case, padding and the blanks and hyphens that apps show between groups carry no meaning. */
function bytesOf(secret: string): Buffer | undefined {
  return decode(secret.replace(/[\s-]/g, '').replace(/=+$/, ''), 'base32')
}
