import { createHash } from 'node:crypto'
import { canonicalJson } from '../json.ts'
import type { WriteRequest } from '../workos/api.ts'

/**
 * The Idempotency-Key of a write: the same for every attempt at the same request from the same state, another one as soon
 * as anything in the request differs. WorkOS documents such keys for few endpoints: nothing relies on them.
 */
export function idempotencyKey(lineage: string, address: string, request: WriteRequest): string {
  return createHash('sha256')
    .update(`${lineage}\0${address}\0${canonicalJson(request)}`)
    .digest('base64url')
}
