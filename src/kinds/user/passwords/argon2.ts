import type { ForeignHash } from './foreign-hash.ts'
import { BASE64_UNPADDED, bytesIn, type HashVerdict, SOUND, toUnpadded } from './verdict.ts'

/** Version 1.3 of Argon2, the only one WorkOS takes. A string without a version is of 1.0, which is 16. */
const VERSION = 19

/** Bytes that every implementation asks for: RFC 9106, 3.1. */
const LEAST_SALT = 8
const LEAST_TAG = 4

const SHAPE = new RegExp(
  `^\\$argon2(id|i|d)\\$(?:v=(\\d+)\\$)?m=(\\d+),t=(\\d+),p=(\\d+)\\$(${BASE64_UNPADDED})\\$(${BASE64_UNPADDED})$`,
)

/** Argon2 as a PHC string. WorkOS takes m 4096–262144 KiB, t 1–5 (argon2i from 3), p 1–8. */
export function checkArgon2(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  const expected = '$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>, base64 without ='
  if (found === null) return { kind: 'malformed', expected }
  const [, variant, version = '16', memory, time, lanes, salt = '', tag = ''] = found
  if (bytesIn(salt) < LEAST_SALT || bytesIn(tag) < LEAST_TAG) {
    const least = `where the salt has at least ${LEAST_SALT} bytes and the hash ${LEAST_TAG}`
    return { kind: 'malformed', expected: `${expected}, ${least}` }
  }
  const leastTime = variant === 'i' ? 3 : 1
  const allowed = [
    ...(Number(version) === VERSION ? [] : [`v: ${VERSION}`]),
    ...(within(memory, 4096, 262_144) ? [] : ['m: 4096 to 262144']),
    ...(within(time, leastTime, 5) ? [] : [`t: ${leastTime} to 5`]),
    ...(within(lanes, 1, 8) ? [] : ['p: 1 to 8']),
  ]
  if (allowed.length === 0) return SOUND
  const odd = Number(version) === VERSION ? '' : `v=${version},`
  const parameters = `argon2${variant} ${odd}m=${memory},t=${time},p=${lanes}`
  return { kind: 'outside', parameters, allowed: allowed.join(', ') }
}

function within(written: string | undefined, least: number, most: number): boolean {
  return Number(written) >= least && Number(written) <= most
}

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
