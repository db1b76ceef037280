import { BASE64_UNPADDED, type HashVerdict, SOUND, toUnpadded } from './verdict.ts'

const SHAPE = new RegExp(`^\\$pbkdf2\\$i=(\\d+),d=(sha256|sha512)\\$${BASE64_UNPADDED}\\$${BASE64_UNPADDED}$`)

/** Rounds that WorkOS takes. */
const ROUNDS = { sha256: { least: 600_000, most: 1_000_000 }, sha512: { least: 210_000, most: 1_000_000 } }

export type Pbkdf2Digest = keyof typeof ROUNDS

/** PBKDF2 in the form WorkOS takes, with SHA-256 or SHA-512. */
export function checkPbkdf2(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  if (found === null)
    return { kind: 'malformed', expected: '$pbkdf2$i=600000,d=sha256$<salt>$<hash>, base64 without =' }
  const digest: Pbkdf2Digest = found[2] === 'sha512' ? 'sha512' : 'sha256'
  const rounds = Number(found[1])
  const { least, most } = ROUNDS[digest]
  return rounds >= least && rounds <= most ? SOUND : { kind: 'outside', parameters: `pbkdf2 ${digest} i=${rounds}` }
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
