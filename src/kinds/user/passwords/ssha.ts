import { type HashVerdict, SOUND } from './verdict.ts'

const SHAPE = /^\{SSHA\}((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/
const SHA1_BYTES = 20

/** Salted SHA-1 as LDAP writes it: `{SSHA}` and base64 of the 20 bytes of the digest and then the salt. */
export function checkSsha(hash: string): HashVerdict {
  const encoded = SHAPE.exec(hash)?.[1]
  if (encoded !== undefined && Buffer.from(encoded, 'base64').length > SHA1_BYTES) return SOUND
  return { kind: 'malformed', expected: '{SSHA} and the base64 of sha1(password + salt) followed by the salt' }
}
