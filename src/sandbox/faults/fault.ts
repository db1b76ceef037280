import { isObject } from '../../json.ts'
import { ENDPOINTS } from '../routes.ts'

/** Which requests a fault is injected into, and how often. Without `rate` and `every`: all. */
export interface Trigger {
  /** Share of requests, above 0 and at most 1. The rates of faults for the same request add up. */
  rate?: number
  /** Every n-th request. */
  every?: number
  /** At most this many times. */
  times?: number
  /** Only GET, or everything else. */
  requests?: 'reads' | 'writes'
  method?: Method
  /** One endpoint, as the sandbox names it: `/user_management/users/:id`. */
  route?: string
  /** Requests about one user: by email, external ID or WorkOS ID. */
  user?: string
  /** Requests about one organization: by name, external ID or WorkOS ID. */
  organization?: string
}

/** Whether the fault is injected before the request is carried out, or after it took effect. */
export type When = 'before' | 'after'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export type Method = (typeof METHODS)[number]

export type Effect =
  /** 429. `retryAfter` in seconds; absent: no such header. */
  | { kind: 'rate-limited'; retryAfter?: number }
  /** 500 with a JSON body. */
  | { kind: 'error'; when: When }
  /** 502 with an HTML body, as from a proxy. */
  | { kind: 'bad-gateway'; when: When }
  /** 503, without effect. `retryAfter` in seconds. */
  | { kind: 'unavailable'; retryAfter?: number }
  /** The connection ends without a response. */
  | { kind: 'dropped'; when: When }
  /** The connection stays open without a response. */
  | { kind: 'silent'; when: When }
  /** The request is carried out and answered after `ms` milliseconds. */
  | { kind: 'slow'; ms: number }
  /** The response body arrives in small pieces over `ms` milliseconds. */
  | { kind: 'dribbled'; ms: number }
  /** 422: writes about the user or organization are rejected. */
  | { kind: 'refused' }
  /**
   * A response that WorkOS sometimes returns, such as 403 for the deletion of one organization:
   * without effect, and with `code` in the body. `after`: the request takes effect, and the success
   * response has this status and no body.
   */
  | { kind: 'answered'; status: number; code?: string; when: When }
  /** 401 for the key of the request after `after` others, from then on. Other keys still work. */
  | { kind: 'revoked'; after: number }

export type Fault = Effect & Trigger

/** Faults that apply at the same time. */
export interface FaultSet {
  /** Seed of the rates: the same requests in the same order get the same faults. Default 1. */
  seed?: number
  faults: readonly Fault[]
}

/** A fault with the number of requests it saw and was injected into. */
export type FaultCount = Fault & { seen: number; injected: number }

export interface FaultReport {
  seed: number
  faults: FaultCount[]
}

/** Every kind of passing fault, each at this rate (0 to 1). */
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

/** A problem in a description of faults, and its place. */
class FaultProblem extends Error {
  constructor(path: string, message: string) {
    super(`${path}: ${message}`)
    this.name = 'FaultProblem'
  }
}

/** The options of each kind, without those of a trigger. */
const OPTIONS: Record<Effect['kind'], readonly string[]> = {
  'rate-limited': ['retryAfter'],
  error: ['when'],
  'bad-gateway': ['when'],
  unavailable: ['retryAfter'],
  dropped: ['when'],
  silent: ['when'],
  slow: ['ms'],
  dribbled: ['ms'],
  refused: [],
  answered: ['status', 'code', 'when'],
  revoked: ['after'],
}

const TRIGGER = ['rate', 'every', 'times', 'requests', 'method', 'route', 'user', 'organization']

const ROUTES = [...new Set(ENDPOINTS.map((endpoint) => endpoint.path))]

/** Limit of `setTimeout`. Milliseconds. */
const LONGEST = 2 ** 31 - 1

/** Reads a set of faults, or a list of them. @throws FaultProblem */
export function parseFaultSet(value: unknown): FaultSet {
  const set = Array.isArray(value) ? { faults: value } : value
  if (!isObject(set)) throw new FaultProblem('faults', 'must be a list, or an object with a list named faults')
  refuseUnknown(set, ['seed', 'faults'], 'faults')
  const { seed, faults } = set
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw new FaultProblem('seed', 'must be a whole number')
  if (!Array.isArray(faults)) throw new FaultProblem('faults', 'must be a list')
  return {
    ...(typeof seed === 'number' ? { seed } : {}),
    faults: faults.map((fault, index) => parseFault(fault, `faults[${index}]`)),
  }
}

function parseFault(value: unknown, path: string): Fault {
  if (!isObject(value)) throw new FaultProblem(path, 'must be an object')
  const { kind } = value
  if (typeof kind !== 'string' || !isKind(kind)) {
    throw new FaultProblem(`${path}.kind`, `must be one of ${Object.keys(OPTIONS).join(', ')}`)
  }
  refuseUnknown(value, ['kind', ...OPTIONS[kind], ...TRIGGER], path)
  const number = (name: string, least: number, most = LONGEST, whole = true) => {
    const given = value[name]
    if (given === undefined) return undefined
    if (typeof given === 'number' && given >= least && given <= most && (!whole || Number.isInteger(given)))
      return given
    const bounds = most === LONGEST ? `of at least ${least}` : `from ${least} to ${most}`
    throw new FaultProblem(`${path}.${name}`, `must be a ${whole ? 'whole ' : ''}number ${bounds}`)
  }
  const text = (name: string) => {
    const given = value[name]
    if (given === undefined || (typeof given === 'string' && given !== '')) return given
    throw new FaultProblem(`${path}.${name}`, 'must be a string')
  }
  const trigger = {
    rate: number('rate', 0, 1, false),
    every: number('every', 1),
    times: number('times', 0),
    requests: oneOf(value.requests, ['reads', 'writes'], `${path}.requests`),
    method: oneOf(value.method, METHODS, `${path}.method`),
    route: oneOf(value.route, ROUTES, `${path}.route`),
    user: text('user'),
    organization: text('organization'),
  }
  if (trigger.rate !== undefined && trigger.every !== undefined) {
    throw new FaultProblem(path, 'accepts rate or every, not both')
  }
  const effect = (): Effect => {
    switch (kind) {
      case 'rate-limited':
      case 'unavailable':
        return given({ kind, retryAfter: number('retryAfter', 0) })
      case 'error':
      case 'bad-gateway':
      case 'dropped':
      case 'silent':
        return { kind, when: oneOf<When>(value.when, ['before', 'after'], `${path}.when`) ?? 'before' }
      case 'slow':
      case 'dribbled':
        return { kind, ms: number('ms', 0) ?? 1000 }
      case 'refused':
        if (trigger.user !== undefined || trigger.organization !== undefined) return { kind }
        throw new FaultProblem(path, 'needs the user or organization to reject')
      case 'answered': {
        const status = number('status', 200, 499)
        if (status === undefined) throw new FaultProblem(`${path}.status`, 'must be a whole number from 200 to 499')
        const when = oneOf<When>(value.when, ['before', 'after'], `${path}.when`) ?? 'before'
        if (status < 300 === (when === 'before')) {
          throw new FaultProblem(`${path}.when`, 'must be after for a success status, and before for any other')
        }
        const code = text('code')
        if (code !== undefined && when === 'after') throw new FaultProblem(`${path}.code`, 'is only for a rejection')
        return { ...given({ kind, status, code }), when }
      }
      case 'revoked':
        return { kind, after: number('after', 0) ?? 0 }
    }
  }
  return { ...effect(), ...given(trigger) }
}

function isKind(kind: string): kind is Effect['kind'] {
  return Object.hasOwn(OPTIONS, kind)
}

function oneOf<Value extends string>(given: unknown, values: readonly Value[], path: string): Value | undefined {
  if (given === undefined) return undefined
  const value = values.find((one) => one === given)
  if (value === undefined) throw new FaultProblem(path, `must be ${values.join(' or ')}`)
  return value
}

/** Without undefined members. */
function given<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}

function refuseUnknown(value: Record<string, unknown>, known: readonly string[], path: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new FaultProblem(path, `does not accept ${unknown}; it accepts ${known.join(', ')}`)
}
