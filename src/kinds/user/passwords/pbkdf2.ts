import type { ForeignHash } from './foreign-hash.ts'
import { Parts } from './parts.ts'
import { BASE64_UNPADDED, bytesIn, type HashVerdict, LEAST_DERIVED, SOUND, toUnpadded } from './verdict.ts'

const SHAPE = new RegExp(`^\\$pbkdf2\\$i=(\\d+),d=(sha\\d+)\\$${BASE64_UNPADDED}\\$(${BASE64_UNPADDED})$`)

/** Rounds that WorkOS takes. */
const ROUNDS = { sha256: { least: 600_000, most: 1_000_000 }, sha512: { least: 210_000, most: 1_000_000 } }

export type Pbkdf2Digest = keyof typeof ROUNDS

/** PBKDF2 in the form WorkOS takes, with SHA-256 or SHA-512. */
export function checkPbkdf2(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  const expected = '$pbkdf2$i=600000,d=sha256$<salt>$<hash>, base64 without ='
  if (found === null) return { kind: 'malformed', expected }
  const [, rounds, digest, derived = ''] = found
  if (bytesIn(derived) < LEAST_DERIVED) {
    return { kind: 'malformed', expected: `${expected}, where the hash has at least ${LEAST_DERIVED} bytes` }
  }
  const parameters = `pbkdf2 ${digest} i=${rounds}`
  if (digest !== 'sha256' && digest !== 'sha512') return { kind: 'outside', parameters, allowed: 'd: sha256 or sha512' }
  const { least, most } = ROUNDS[digest]
  if (Number(rounds) >= least && Number(rounds) <= most) return SOUND
  return { kind: 'outside', parameters, allowed: `i: ${least} to ${most}` }
}

/** The hash in the form WorkOS takes. */
export function encodePbkdf2(parts: {
  rounds: number
  digest: Pbkdf2Digest
  salt: Uint8Array
  hash: Uint8Array
}): string {
  return `$pbkdf2$i=${parts.rounds},d=${parts.digest}$${toUnpadded(parts.salt)}$${toUnpadded(parts.hash)}`
}

/** The hash in the form WorkOS takes, if it takes PBKDF2 with this digest, however it is spelt: `SHA-256`, `sha256`. */
export function pbkdf2Hash(digest: string, rounds: number, salt: Uint8Array, hash: Uint8Array): ForeignHash {
  const name = digest.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (name !== 'sha256' && name !== 'sha512') return { unsupported: `pbkdf2_${name}` }
  return { hash: encodePbkdf2({ rounds, digest: name, salt, hash }), type: 'pbkdf2' }
}

/**
 * PBKDF2 by its parts: `hash`, `salt`, `rounds`, `digest`, with `encoding` and `saltEncoding` for those that are not Base64.
 * @throws BadInput when a part is missing or not what it should be
 */
export function pbkdf2Of(parts: unknown): ForeignHash {
  const given = new Parts(parts).only('hash', 'salt', 'rounds', 'digest', 'encoding', 'saltEncoding')
  const salt = given.bytes('salt', 'saltEncoding', 'encoding')
  return pbkdf2Hash(given.text('digest'), given.count(['rounds']), salt, given.bytes('hash', 'encoding'))
}
