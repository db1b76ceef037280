import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from '../call.ts'
import { readBody } from '../http.ts'
import { type Concerned, concerns } from './concern.ts'
import type { Fault, FaultReport, FaultSet } from './fault.ts'
import { parseFaultSet } from './parse.ts'

/** The faults in force; they may change while the sandbox runs. */
export class FaultController {
  #injector: FaultInjector | undefined

  constructor(set: FaultSet | undefined) {
    this.setFaults(set)
  }

  /** Undefined: no more faults. */
  setFaults(set: FaultSet | undefined): void {
    this.#injector = set && new FaultInjector(set)
  }

  report(): FaultReport {
    return this.#injector?.report() ?? { seed: 1, faults: [] }
  }

  /** The fault that a request meets. Without faults in force nothing is looked at. */
  choose(arrival: () => Arrival): InjectedFault | undefined {
    return this.#injector?.choose(arrival())
  }
}

/** A request, as far as faults look at it. */
interface Arrival {
  readonly method: string
  readonly route: string | undefined
  readonly authorization: string | undefined
  /** Whom it concerns; asked for only where a fault names a user or an organization. */
  concerned(): Concerned
}

/** A fault that is injected into a request, or will be after the request took effect. */
export interface InjectedFault {
  readonly fault: Fault
  /** It could not be injected after all: it does not count. */
  release(): void
}

interface Rule {
  readonly fault: Fault
  seen: number
  injected: number
  /** `revoked` alone: the Authorization headers that are refused. */
  revoked: string | undefined
}

/** Chooses the fault that a request gets, at most one: the first in order that fits. */
class FaultInjector {
  readonly #seed: number
  readonly #rules: Rule[]
  readonly #random: () => number

  constructor({ seed = 1, faults }: FaultSet) {
    this.#seed = seed
    this.#rules = faults.map((fault) => ({ fault, seen: 0, injected: 0, revoked: undefined }))
    this.#random = randomFrom(seed)
  }

  choose(arrival: Arrival): InjectedFault | undefined {
    // One draw for all rates: each fault has its own stretch of 0 to 1, so that its rate is exact.
    const draw = this.#random()
    let stretch = 0
    for (const rule of this.#rules) {
      const { fault } = rule
      if (!matches(fault, arrival)) continue
      rule.seen += 1
      if (fault.times !== undefined && rule.injected >= fault.times) continue
      if (fault.rate !== undefined) {
        stretch += fault.rate
        if (draw >= stretch) continue
      } else if (fault.every !== undefined && rule.seen % fault.every !== 0) continue
      if (fault.kind === 'revoked' && !isRevoked(rule, fault.after, arrival.authorization)) continue
      rule.injected += 1
      return { fault, release: () => (rule.injected -= 1) }
    }
    return undefined
  }

  report(): FaultReport {
    return {
      seed: this.#seed,
      faults: this.#rules.map(({ fault, seen, injected }) => ({ ...fault, seen, injected })),
    }
  }
}

function matches(fault: Fault, arrival: Arrival): boolean {
  const isRead = arrival.method === 'GET'
  if (fault.requests !== undefined && (fault.requests === 'reads') !== isRead) return false
  if (fault.kind === 'refused' && isRead) return false
  if (fault.method !== undefined && fault.method !== arrival.method) return false
  if (fault.route !== undefined && fault.route !== arrival.route) return false
  if (fault.user === undefined && fault.organization === undefined) return true
  return concerns(arrival.concerned(), fault)
}

function isRevoked(rule: Rule, after: number, authorization: string | undefined): boolean {
  if (rule.revoked === undefined && rule.seen > after) rule.revoked = authorization
  return rule.revoked !== undefined && rule.revoked === authorization
}

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Where the sandbox itself is steered: outside WorkOS's API. */
export const CONTROL_PREFIX = '/_sandbox/'

const PATH = `${CONTROL_PREFIX}faults`

/** What the control endpoint steers. */
interface Controlled {
  report(): FaultReport
  setFaults(set: FaultSet | undefined): void
}

/** GET, PUT and DELETE of `/_sandbox/faults`, for programs on this machine alone. No key is asked for. */
export async function control(
  controlled: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: object) => {
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }
  if (!isLoopback(request.socket.remoteAddress)) return reply(403, { message: 'Only for programs on this machine.' })
  if (request.url !== PATH) return reply(404, { message: `There is ${PATH} alone.` })
  try {
    if (request.method === 'PUT') controlled.setFaults(parseFaultSet(JSON.parse(await readBody(request))))
    else if (request.method === 'DELETE') controlled.setFaults(undefined)
    else if (request.method !== 'GET') return reply(405, { message: 'GET, PUT or DELETE.' })
    reply(200, controlled.report())
  } catch (error) {
    if (error instanceof Refusal) return reply(error.status, error.body)
    reply(400, { message: error instanceof Error ? error.message : String(error) })
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address)
}
