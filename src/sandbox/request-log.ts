import type { IncomingHttpHeaders } from 'node:http'

/** One request and what became of it. */
export interface RequestLogEntry {
  method: string
  /** With its query, as sent. */
  path: string
  /** The endpoint's path with parameters as `:name`; undefined for an unknown one. */
  route: string | undefined
  /** 0 when no answer was sent. */
  status: number
  /** The kind of the fault that injected it. */
  fault?: string
  /** Left out without a body, or where the request was refused before its body was looked at. */
  body?: unknown
  responseBody?: unknown
  /** Without `authorization`. */
  headers: IncomingHttpHeaders
  /** Milliseconds since the epoch. */
  at: number
}

/** How many requests came in since the start. */
export interface RequestCounts {
  total: number
  /** GET. */
  reads: number
  /** Everything else. */
  writes: number
  /** By endpoint, such as `POST /user_management/users`. */
  byRoute: Record<string, number>
  /** By status of the answer. */
  byStatus: Record<string, number>
}

export class RequestCounter {
  #reads = 0
  #writes = 0
  readonly #byRoute = new Map<string, number>()
  readonly #byStatus = new Map<number, number>()

  count(method: string, route: string | undefined, status: number): void {
    if (method === 'GET') this.#reads += 1
    else this.#writes += 1
    const name = route === undefined ? 'unknown' : `${method} ${route}`
    this.#byRoute.set(name, (this.#byRoute.get(name) ?? 0) + 1)
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1)
  }

  counts(): RequestCounts {
    return {
      total: this.#reads + this.#writes,
      reads: this.#reads,
      writes: this.#writes,
      byRoute: Object.fromEntries(this.#byRoute),
      byStatus: Object.fromEntries(this.#byStatus),
    }
  }
}
