import { createHmac } from 'node:crypto'
import { canonicalJson, type JsonObject } from '../json.ts'

/** Keyed digests (HMAC-SHA256, hex) of secret attributes, by field: they tell whether a secret changed, and nothing else. */
export function digestSecrets(key: Uint8Array, secrets: JsonObject | null): Record<string, string> {
  const digests: Record<string, string> = {}
  for (const [field, value] of Object.entries(secrets ?? {})) {
    digests[field] = createHmac('sha256', key)
      .update(`${field}\0${canonicalJson(value)}`)
      .digest('hex')
  }
  return digests
}
