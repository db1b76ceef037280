interface Caller {
  key: string
  environment: string
}

/** Reads the `Authorization` header of a request; undefined: not a key. */
export type Recognise = (header: string | undefined) => Caller | undefined

/**
 * Accepts every key. The text after `sk_` up to the first dot is its environment: `sk_test_demo`
 * and `sk_test_demo.2` are two keys of `test_demo`.
 */
export const anyKey: Recognise = (header) => {
  const match =
    header === undefined ? null : /^bearer +(sk_([A-Za-z0-9_-]{1,128})(?:\.[A-Za-z0-9_.-]{1,128})?)$/i.exec(header)
  const [, key, environment] = match ?? []
  return key === undefined || environment === undefined ? undefined : { key, environment }
}

/** At most `count` requests in any span of `perMs` milliseconds. */
export interface Window {
  count: number
  perMs: number
}

/** The windows that WorkOS documents. */
export interface Limits {
  /** All requests, per API key. */
  requests: Window
  /** Everything but GET under `/user_management/`, per environment. */
  writes: Window
  /** GET under `/user_management/`, per environment. */
  reads: Window
  /** DELETE of an organization, per environment. */
  organizationDeletes: Window
}

/** https://workos.com/docs/reference/rate-limits */
export const DOCUMENTED_LIMITS: Limits = {
  requests: { count: 6000, perMs: 60_000 },
  writes: { count: 500, perMs: 10_000 },
  reads: { count: 1000, perMs: 10_000 },
  organizationDeletes: { count: 50, perMs: 60_000 },
}

/** A sliding window: the arrival times of the last `count` admitted requests. */
class SlidingWindow {
  readonly #window: Window
  readonly #arrivals: number[] = []
  #next = 0

  constructor(window: Window) {
    this.#window = window
  }

  /** Milliseconds until a request would be admitted; 0: now. */
  wait(now: number): number {
    if (this.#arrivals.length < this.#window.count) return 0
    const oldest = this.#arrivals[this.#next] ?? 0
    return Math.max(0, oldest + this.#window.perMs - now)
  }

  admit(now: number): void {
    this.#arrivals[this.#next] = now
    this.#next = (this.#next + 1) % this.#window.count
  }
}

export interface Arrival {
  key: string
  environment: string
  method: string
  path: string
}

/**
 * Counts arrivals, and returns how many milliseconds too early a request is; 0 admits it. Rejected
 * requests do not count.
 */
export type Admission = (arrival: Arrival, now: number) => number

export function admissionWithin(limits: Limits): Admission {
  const windows = new Map<string, SlidingWindow>()
  const windowOf = (name: keyof Limits, owner: string) => {
    const id = `${name} ${owner}`
    let window = windows.get(id)
    if (window === undefined) {
      window = new SlidingWindow(limits[name])
      windows.set(id, window)
    }
    return window
  }
  return ({ key, environment, method, path }, now) => {
    const concerned = [windowOf('requests', key)]
    if (path.startsWith('/user_management/'))
      concerned.push(windowOf(method === 'GET' ? 'reads' : 'writes', environment))
    if (method === 'DELETE' && /^\/organizations\/[^/]+$/.test(path)) {
      concerned.push(windowOf('organizationDeletes', environment))
    }
    const wait = Math.max(...concerned.map((window) => window.wait(now)))
    if (wait === 0) for (const window of concerned) window.admit(now)
    return wait
  }
}
