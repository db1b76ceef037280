import type { ForeignHash } from './foreign-hash.ts'
import { Parts } from './parts.ts'
import { BASE64_UNPADDED, bytesIn, type HashVerdict, LEAST_DERIVED, SOUND, toUnpadded } from './verdict.ts'

const SHAPE = new RegExp(
  `^\\$scrypt\\$v=1\\$n=(\\d+),r=(\\d+),p=(\\d+),kl=(\\d+)\\$${BASE64_UNPADDED}\\$(${BASE64_UNPADDED})$`,
)

/** The least N that a real hash has; anything below is log2(N) put in its place. */
const LEAST_N = 128

/** scrypt as a PHC string, where n is N itself (a power of two), not its logarithm. */
export function checkScrypt(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  const expected = '$scrypt$v=1$n=16384,r=8,p=1,kl=64$<salt>$<hash>, base64 without ='
  if (found === null) return { kind: 'malformed', expected }
  const [n, r, p, length] = [Number(found[1]), Number(found[2]), Number(found[3]), Number(found[4])]
  if (n < LEAST_N || !Number.isInteger(Math.log2(n))) {
    return {
      kind: 'malformed',
      expected: `${expected}, where n is the cost itself and a power of two, not its logarithm`,
    }
  }
  const bytes = bytesIn(found[5] ?? '')
  if (r < 1 || p < 1 || bytes !== length) {
    return { kind: 'malformed', expected: `${expected}, where kl is the length of the hash in bytes` }
  }
  if (bytes < LEAST_DERIVED) {
    return { kind: 'malformed', expected: `${expected}, where the hash has at least ${LEAST_DERIVED} bytes` }
  }
  return SOUND
}

/** scrypt's cost N (not its logarithm), block size and parallelism. */
export interface ScryptCost {
  n: number
  r: number
  p: number
}

/** The hash in the form WorkOS takes. */
export function encodeScrypt({ n, r, p }: ScryptCost, salt: Uint8Array, hash: Uint8Array): ForeignHash {
  const parameters = `n=${n},r=${r},p=${p},kl=${hash.length}`
  return { hash: `$scrypt$v=1$${parameters}$${toUnpadded(salt)}$${toUnpadded(hash)}`, type: 'scrypt' }
}

/**
 * scrypt by its parts: `hash`, `salt`, `n`, `r`, `p`, with `encoding` and `saltEncoding` for those that are not Base64.
 * @throws BadInput when a part is missing or not what it should be
 */
export function scryptOf(parts: unknown): ForeignHash {
  const given = new Parts(parts).only('hash', 'salt', 'n', 'r', 'p', 'encoding', 'saltEncoding')
  const cost = { n: given.count(['n']), r: given.count(['r']), p: given.count(['p']) }
  return encodeScrypt(cost, given.bytes('salt', 'saltEncoding', 'encoding'), given.bytes('hash', 'encoding'))
}

/**
 * Better Auth stores `salt:key` in hex, made with N=16384, r=16, p=1; the salt that goes into scrypt is the hex text itself
 * (its `packages/better-auth/src/crypto/password.ts`). Undefined for what is not of this form.
 */
export function fromBetterAuth(text: string): ForeignHash | undefined {
  const [, salt = '', key = ''] = /^([\da-f]+):([\da-f]{128})$/i.exec(text.trim()) ?? []
  if (salt === '') return undefined
  return encodeScrypt({ n: 16_384, r: 16, p: 1 }, Buffer.from(salt), Buffer.from(key, 'hex'))
}
