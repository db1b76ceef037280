import { BASE64_UNPADDED, type HashVerdict, SOUND, unpadded } from './verdict.ts'

const SHAPE = new RegExp(
  `^\\$firebase-scrypt\\$v=1\\$r=(\\d+),m=(\\d+),ss=[A-Za-z0-9+/]*,sk=${BASE64_UNPADDED}\\$${BASE64_UNPADDED}\\$${BASE64_UNPADDED}$`,
)

/** Firebase's own scrypt, as WorkOS takes it: the parameters of the project stand in every hash. */
export function checkFirebaseScrypt(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  if (found !== null && Number(found[1]) > 0 && Number(found[2]) > 0) return SOUND
  return {
    kind: 'malformed',
    expected: '$firebase-scrypt$v=1$r=8,m=14,ss=<salt separator>,sk=<signer key>$<salt>$<hash>, base64 without =',
  }
}

/** The hash in the form WorkOS takes; salt, hash, separator and key are base64 as Firebase exports them. */
export function encodeFirebaseScrypt(parts: {
  hash: string
  salt: string
  signerKey: string
  saltSeparator: string
  rounds: number
  memoryCost: number
}): string {
  const project = `r=${parts.rounds},m=${parts.memoryCost},ss=${unpadded(parts.saltSeparator)},sk=${unpadded(parts.signerKey)}`
  return `$firebase-scrypt$v=1$${project}$${unpadded(parts.salt)}$${unpadded(parts.hash)}`
}
