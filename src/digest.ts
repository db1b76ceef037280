import { createHash, hash } from 'node:crypto'
import { canonicalJson, type JsonObject } from './json.ts'

/** Bytes of a block and of a digest of SHA-256. */
const BLOCK = 64
const DIGEST = 32

/** Keyed digests (HMAC-SHA256, hex) of secret attributes, by field. They only reveal changes. */
export function digestSecrets(key: Uint8Array, secrets: JsonObject | null): Record<string, string> {
  return secrets === null ? {} : digester(key).digest(secrets)
}

/** Makes the digests of many secrets with one key. */
export interface Digester {
  /** See `digestSecrets`. */
  digest(secrets: JsonObject): Record<string, string>
  /**
   * Whether canonical JSON of secrets surely has these digests. Can be true only for a single
   * field, which is the usual case.
   */
  isSame(secrets: string, digests: string): boolean
}

/**
 * `digestSecrets` for many secrets and one key. Prepares the key of HMAC (RFC 2104) once:
 * `createHmac` takes ten times as long, mostly to set up objects.
 */
export function digester(key: Uint8Array): Digester {
  const padded = Buffer.alloc(BLOCK)
  padded.set(key.length > BLOCK ? createHash('sha256').update(key).digest() : key)
  const outer = Buffer.alloc(BLOCK + DIGEST)
  let inner = Buffer.alloc(BLOCK * 16)
  for (const [at, byte] of padded.entries()) {
    inner[at] = byte ^ 0x36
    outer[at] = byte ^ 0x5c
  }
  const hmac = (text: string): string => {
    const length = BLOCK + Buffer.byteLength(text)
    if (length > inner.length) inner = Buffer.concat([inner.subarray(0, BLOCK)], length * 2)
    inner.write(text, BLOCK)
    outer.write(hash('sha256', inner.subarray(0, length), 'binary'), BLOCK, 'binary')
    return hash('sha256', outer)
  }
  return {
    digest: (secrets) => {
      const digests: Record<string, string> = {}
      for (const [field, value] of Object.entries(secrets)) digests[field] = hmac(`${field}\0${canonicalJson(value)}`)
      return digests
    },
    isSame: (secrets, digests) => {
      // Nothing is parsed: with several fields, this text is not a value and has no digest here.
      const field = secrets.slice(2, secrets.indexOf('"', 2))
      const value = secrets.slice(field.length + 4, -1)
      return digests === `{"${field}":"${hmac(`${field}\0${value}`)}"}`
    },
  }
}
