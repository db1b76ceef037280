import type { Clock, Wait } from '../../clock.ts'
import type { FailedRequest } from '../../http/failed-request.ts'
import type { Proxies } from '../../http/proxy.ts'

export interface JsonClientOptions {
  /** Scheme, host, port and, if there is one, the path that all others begin with: `https://api.clerk.com/v1`. */
  baseUrl: string
  /** The system as messages name it: `the Auth0 tenant acme.eu.auth0.com`. */
  name: string
  /**
   * The value of the Authorization header, asked for before each request; `renew` after a 401, once for all requests that
   * were refused with the same value. Default: no header.
   */
  authorize?(renew: boolean): Promise<string>
  /** Own pace. Default: as quickly as the server lets. */
  rate?: { requests: number; seconds: number }
  /** Requests in flight at once. Default 4. */
  concurrency?: number
  /** Until a request is given up, or a download without a byte. Default 30,000 ms. */
  timeoutMs?: number
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
  signal?: AbortSignal
  clock?: Clock
  /** Told of pauses that are long. */
  onWait?(wait: Wait): void
  /** Told of requests without a usable answer. */
  onFailedRequest?(request: FailedRequest): void
}
