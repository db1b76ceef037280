/** Which requests a fault may be injected into, and how often. Without `rate` and `every` into all of them. */
export interface Trigger {
  /** The share of requests to inject it into, above 0 and at most 1. The rates of faults for the same request add up. */
  rate?: number
  /** Inject it into every n-th request. */
  every?: number
  /** Inject it so often, and then no more. */
  times?: number
  /** GET alone, or everything else alone. */
  requests?: 'reads' | 'writes'
  method?: Method
  /** One endpoint, as the sandbox names it: `/user_management/users/:id`. */
  route?: string
  /** What concerns one user: by e-mail, external id or WorkOS id. */
  user?: string
  /** What concerns one organization: by name, external id or WorkOS id. */
  organization?: string
}

/** Whether the request is injected before it is carried out, or after it took effect. */
export type When = 'before' | 'after'

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export type Method = (typeof METHODS)[number]

/** What goes wrong. */
export type Effect =
  /** 429. `retryAfter` in seconds; left out: no such header. */
  | { kind: 'rate-limited'; retryAfter?: number }
  /** 500 with a JSON body. */
  | { kind: 'error'; when: When }
  /** 502 with an HTML body, as proxies answer. */
  | { kind: 'bad-gateway'; when: When }
  /** 503, nothing carried out. `retryAfter` in seconds. */
  | { kind: 'unavailable'; retryAfter?: number }
  /** The connection ends without an answer. */
  | { kind: 'dropped'; when: When }
  /** The connection stays open, and no answer comes. */
  | { kind: 'silent'; when: When }
  /** The request is carried out and answered after `ms` milliseconds. */
  | { kind: 'slow'; ms: number }
  /** The answer's body comes in small pieces over `ms` milliseconds. */
  | { kind: 'dribbled'; ms: number }
  /** 422: writes that concern the user or the organization are refused. */
  | { kind: 'refused' }
  /**
   * An answer that WorkOS is known to give at times, such as 403 to the deletion of one organization: without effect and with `code` in the
   * body; `after`: the request took effect, and an answer of success has this status and no body.
   */
  | { kind: 'answered'; status: number; code?: string; when: When }
  /** 401 for the key of the request that comes after `after` others, from then on. Other keys go on. */
  | { kind: 'revoked'; after: number }

export type Fault = Effect & Trigger

/** Faults that hold at the same time. */
export interface FaultSet {
  /** What the rates are drawn with: the same requests in the same order meet the same faults. Default 1. */
  seed?: number
  faults: readonly Fault[]
}

/** A fault with the number of requests that it might have injected, and of those that it did. */
export type FaultCount = Fault & { seen: number; injected: number }

export interface FaultReport {
  seed: number
  faults: FaultCount[]
}

/** Every kind of passing trouble, each at this rate (0 to 1). */
export function allFaults(rate: number, seed = 1): FaultSet {
  const effects: Effect[] = [
    { kind: 'rate-limited', retryAfter: 1 },
    { kind: 'rate-limited' },
    { kind: 'error', when: 'before' },
    { kind: 'error', when: 'after' },
    { kind: 'bad-gateway', when: 'before' },
    { kind: 'bad-gateway', when: 'after' },
    { kind: 'unavailable', retryAfter: 1 },
    { kind: 'unavailable' },
    { kind: 'dropped', when: 'before' },
    { kind: 'dropped', when: 'after' },
    { kind: 'silent', when: 'before' },
    { kind: 'silent', when: 'after' },
    { kind: 'slow', ms: 300 },
    { kind: 'dribbled', ms: 300 },
  ]
  return { seed, faults: effects.map((effect) => ({ ...effect, rate })) }
}
