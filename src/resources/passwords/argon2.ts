import type { ForeignHash } from './foreign-hash.ts'
import { BASE64_UNPADDED, type HashVerdict, SOUND, toUnpadded } from './verdict.ts'

const SHAPE = new RegExp(
  `^\\$argon2(id|i|d)\\$v=19\\$m=(\\d+),t=(\\d+),p=(\\d+)\\$${BASE64_UNPADDED}\\$${BASE64_UNPADDED}$`,
)

/** Argon2 as a PHC string. WorkOS takes m 4096–262144 KiB, t 1–5 (argon2i from 3), p 1–8. */
export function checkArgon2(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  if (found === null)
    return { kind: 'malformed', expected: '$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>, base64 without =' }
  const variant = found[1]
  const [memory, time, lanes] = [Number(found[2]), Number(found[3]), Number(found[4])]
  const taken =
    memory >= 4096 && memory <= 262_144 && time >= (variant === 'i' ? 3 : 1) && time <= 5 && lanes >= 1 && lanes <= 8
  return taken ? SOUND : { kind: 'outside', parameters: `argon2${variant} m=${memory},t=${time},p=${lanes}` }
}

/** Version 1.3 of Argon2, the only one WorkOS takes. */
const VERSION = 19

/** Argon2 by its parts; `memory` in KiB. */
export function encodeArgon2(parts: {
  variant: string
  version: number
  memory: number
  time: number
  lanes: number
  salt: Uint8Array
  hash: Uint8Array
}): ForeignHash {
  const { variant, version, memory, time, lanes, salt, hash } = parts
  if (version !== VERSION) return { unsupported: `argon2${variant}_v${version}` }
  const cost = `m=${memory},t=${time},p=${lanes}`
  return { hash: `$argon2${variant}$v=${version}$${cost}$${toUnpadded(salt)}$${toUnpadded(hash)}`, type: 'argon2' }
}
