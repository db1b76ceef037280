import type { ForeignHash } from './foreign-hash.ts'
import { Parts } from './parts.ts'
import { BASE64_UNPADDED, bytesIn, type HashVerdict, LEAST_DERIVED, SOUND, unpadded } from './verdict.ts'

/** WorkOS documents a separator in every hash, and every project of Firebase has one: a hash without it may not be sent. */
const SHAPE = new RegExp(
  `^\\$firebase-scrypt\\$v=1\\$r=(\\d+),m=(\\d+),ss=${BASE64_UNPADDED},sk=${BASE64_UNPADDED}\\$${BASE64_UNPADDED}\\$(${BASE64_UNPADDED})$`,
)

/** Firebase's own scrypt, as WorkOS takes it: the parameters of the project stand in every hash. */
export function checkFirebaseScrypt(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  const expected = '$firebase-scrypt$v=1$r=8,m=14,ss=<salt separator>,sk=<signer key>$<salt>$<hash>, base64 without ='
  if (found === null || Number(found[1]) < 1 || Number(found[2]) < 1) return { kind: 'malformed', expected }
  if (bytesIn(found[3] ?? '') >= LEAST_DERIVED) return SOUND
  return { kind: 'malformed', expected: `${expected}, where the hash has at least ${LEAST_DERIVED} bytes` }
}

/**
 * A hash in WorkOS's terms; salt, hash, separator and key are base64 as Firebase exports them. Unsupported without a
 * separator, for which WorkOS documents no form.
 */
export function firebaseScryptOf(parts: {
  hash: string
  salt: string
  signerKey: string
  saltSeparator: string
  rounds: number
  memoryCost: number
}): ForeignHash {
  if (unpadded(parts.saltSeparator) === '') return { unsupported: 'fbscrypt_no_separator' }
  const project = `r=${parts.rounds},m=${parts.memoryCost},ss=${unpadded(parts.saltSeparator)},sk=${unpadded(parts.signerKey)}`
  const hash = `$firebase-scrypt$v=1$${project}$${unpadded(parts.salt)}$${unpadded(parts.hash)}`
  return { hash, type: 'firebase-scrypt' }
}

/**
 * A hash and salt of Firebase's `auth:export` with the project's parameters: `signerKey`, `saltSeparator`, `rounds` and
 * `memoryCost`, or by the names that the console shows them under.
 * @throws BadInput when a parameter is missing or no number
 */
export function fromFirebase(hash: string, salt: string, parameters: unknown): ForeignHash {
  const project = new Parts(parameters).only(
    ...['signerKey', 'saltSeparator', 'rounds', 'memoryCost'],
    ...['base64_signer_key', 'base64_salt_separator', 'memCost', 'mem_cost', 'algorithm'],
  )
  return firebaseScryptOf({
    hash,
    salt,
    signerKey: project.text('signerKey', 'base64_signer_key'),
    saltSeparator: project.text('saltSeparator', 'base64_salt_separator'),
    rounds: project.count(['rounds']),
    memoryCost: project.count(['memoryCost', 'memCost', 'mem_cost']),
  })
}

/**
 * Firebase's scrypt as Supabase Auth stores it, `$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash`, where n is the memory cost
 * (its `internal/crypto/password.go`). Undefined where a part is missing.
 */
export function fromFbscrypt(text: string): ForeignHash | undefined {
  const [, scheme, listed = '', salt, hash, ...rest] = text.split('$')
  if (scheme !== 'fbscrypt' || !salt || !hash || rest.length > 0) return undefined
  const parameters = new Map(listed.split(',').map((pair) => splitAt(pair, pair.indexOf('='))))
  const { v, n, r, p = '1', ss = '', sk } = Object.fromEntries(parameters)
  if (v !== '1' || !n || !r || !sk) return undefined
  // WorkOS's form has no place for the parallelism.
  if (p !== '1') return { unsupported: 'fbscrypt_parallel' }
  return firebaseScryptOf({ hash, salt, signerKey: sk, saltSeparator: ss, rounds: Number(r), memoryCost: Number(n) })
}

function splitAt(text: string, at: number): [string, string] {
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
