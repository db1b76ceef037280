import { randomFrom } from '../random.ts'

/** Random errors. Each is a share of all requests, from 0 to 1. */
export interface NetworkErrorSettings {
  /** 500, 502, 503 or 504. */
  serverErrors?: number
  /** The connection closes without a response. */
  dropped?: number
  /** The connection closes in the middle of the response body. */
  cutOff?: number
  /** A 429, although the client respects the rate. */
  refusals?: number
  seed?: number
}

export type NetworkError =
  | { kind: 'server error'; status: number }
  | { kind: 'dropped' }
  | { kind: 'cut off' }
  | { kind: 'refusal' }

const STATUSES = [500, 502, 503, 504]

/** Selects the error of a request; the same settings give the same errors in the same order. */
export function drawNetworkErrors(settings: NetworkErrorSettings): () => NetworkError | undefined {
  const random = randomFrom(settings.seed ?? 1)
  const { serverErrors = 0, dropped = 0, cutOff = 0, refusals = 0 } = settings
  return () => {
    let drawn = random()
    const status = STATUSES[Math.floor(random() * STATUSES.length)] ?? 500
    const isIn = (share: number) => {
      const inside = drawn < share
      drawn -= share
      return inside
    }
    if (isIn(serverErrors)) return { kind: 'server error', status }
    if (isIn(dropped)) return { kind: 'dropped' }
    if (isIn(cutOff)) return { kind: 'cut off' }
    if (isIn(refusals)) return { kind: 'refusal' }
    return undefined
  }
}
