/**
 * Injects faults. In: a set of faults (fault.ts), from the start or through `/_sandbox/faults`, and
 * each request. Out: the fault of the request, if any, carried out before or after the request, and
 * counts of injections.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject } from '../../json.ts'
import { Refusal, type Reply } from '../call.ts'
import type { Database } from '../database.ts'
import { readBody } from '../http.ts'
import { type Fault, type FaultReport, type FaultSet, parseFaultSet, type Trigger } from './fault.ts'

/** The current faults, which can change while the sandbox runs. */
export class FaultController {
  #injector: FaultInjector | undefined

  constructor(set: FaultSet | undefined) {
    this.setFaults(set)
  }

  /** Undefined: no faults. */
  setFaults(set: FaultSet | undefined): void {
    this.#injector = set && new FaultInjector(set)
  }

  report(): FaultReport {
    return this.#injector?.report() ?? { seed: 1, faults: [] }
  }

  /** The fault of a request. Without faults, nothing is evaluated. */
  choose(arrival: () => Arrival): InjectedFault | undefined {
    return this.#injector?.choose(arrival())
  }
}

/** A request as faults see it. */
interface Arrival {
  readonly method: string
  readonly route: string | undefined
  readonly authorization: string | undefined
  /** The users and organizations it is about; read only if a fault names one. */
  concerned(): Concerned
}

/** A fault that is injected before or after a request takes effect. */
export interface InjectedFault {
  readonly fault: Fault
  /** The fault could not be injected and does not count. */
  release(): void
}

interface Rule {
  readonly fault: Fault
  seen: number
  injected: number
  /** Only for `revoked`: the rejected Authorization headers. */
  revoked: string | undefined
}

/** Chooses at most one fault for a request: the first that matches. */
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
    // One draw for all rates: each fault has its own part of 0 to 1, so its rate is exact.
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

/** The sandbox's own control path, outside WorkOS's API. */
export const CONTROL_PREFIX = '/_sandbox/'

const PATH = `${CONTROL_PREFIX}faults`

/** What the control endpoint changes. */
interface Controlled {
  report(): FaultReport
  setFaults(set: FaultSet | undefined): void
}

/** GET, PUT and DELETE of `/_sandbox/faults`, only for programs on this machine. Needs no key. */
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
  if (request.url !== PATH) return reply(404, { message: `Only ${PATH} exists.` })
  try {
    if (request.method === 'PUT') controlled.setFaults(parseFaultSet(JSON.parse(await readBody(request))))
    else if (request.method === 'DELETE') controlled.setFaults(undefined)
    else if (request.method !== 'GET') return reply(405, { message: 'Use GET, PUT or DELETE.' })
    reply(200, controlled.report())
  } catch (error) {
    if (error instanceof Refusal) return reply(error.status, error.body)
    reply(400, { message: error instanceof Error ? error.message : String(error) })
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address)
}

interface Wire {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Number of pieces of a dribbled body. */
const PIECES = 10

/**
 * Injects a fault before the request is carried out. True: the request is skipped and has its
 * response.
 */
export async function injectBefore(fault: Fault, wire: Wire): Promise<boolean> {
  switch (fault.kind) {
    case 'rate-limited':
      return answer(wire, 429, { message: 'Too many requests.', code: 'rate_limit_exceeded' }, fault.retryAfter)
    case 'unavailable':
      return answer(wire, 503, { message: 'Service unavailable' }, fault.retryAfter)
    case 'refused':
      return answer(wire, 422, {
        code: 'invalid_request_parameters',
        message: 'Validation failed.',
        errors: [{ code: 'refused_by_fault', message: 'A sandbox fault rejected this.' }],
      })
    case 'revoked':
      return answer(wire, 401, { message: 'Unauthorized' })
    case 'answered': {
      const { status, code } = fault
      const message = 'A sandbox fault set this response.'
      return fault.when === 'before' && answer(wire, status, code === undefined ? { message } : { code, message })
    }
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms))
      return false
    case 'dribbled':
      return false
    default:
      return fault.when === 'before' && fail(fault.kind, wire)
  }
}

/** Whether the fault is injected after the request takes effect. */
export function injectsAfter(fault: Fault): boolean {
  return fault.kind === 'dribbled' || ('when' in fault && fault.when === 'after')
}

/** Injects a fault after the request took effect. True: the response is handled. */
export function injectAfter(fault: Fault, wire: Wire, reply: Reply): boolean {
  if (fault.kind === 'dribbled') return dribble(wire, reply, fault.ms)
  if (fault.kind === 'answered') {
    wire.response.writeHead(fault.status)
    wire.response.end()
    return true
  }
  return 'when' in fault && fault.when === 'after' && fail(fault.kind, wire)
}

function fail(kind: 'error' | 'bad-gateway' | 'dropped' | 'silent', wire: Wire): true {
  switch (kind) {
    case 'error':
      return answer(wire, 500, { message: 'Internal server error' })
    case 'bad-gateway':
      wire.response.writeHead(502, { 'Content-Type': 'text/html' })
      wire.response.end('<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>')
      return true
    case 'dropped':
      wire.request.socket.destroy()
      return true
    case 'silent':
      return true
  }
}

function answer({ response }: Wire, status: number, body: object, retryAfter?: number): true {
  const headers: Record<string, string | number> = { 'Content-Type': 'application/json; charset=utf-8' }
  if (retryAfter !== undefined) headers['Retry-After'] = retryAfter
  response.writeHead(status, headers)
  response.end(JSON.stringify(body))
  return true
}

function dribble({ response }: Wire, reply: Reply, ms: number): true {
  const bytes = Buffer.from(reply.body === undefined ? '' : JSON.stringify(reply.body))
  response.writeHead(reply.status, bytes.length === 0 ? {} : { 'Content-Type': 'application/json; charset=utf-8' })
  const size = Math.max(1, Math.ceil(bytes.length / PIECES))
  const next = (start: number) => {
    if (response.destroyed) return
    response.write(bytes.subarray(start, start + size))
    if (start + size >= bytes.length) response.end()
    else setTimeout(next, ms / PIECES, start + size)
  }
  response.flushHeaders()
  setTimeout(next, ms / PIECES, 0)
  return true
}

/**
 * The users and organizations that a request is about, lowercase: IDs, external IDs, emails, names.
 */
interface Concerned {
  users: Set<string>
  organizations: Set<string>
}

/** Whether a request is about the fault's user or organization. */
function concerns({ users, organizations }: Concerned, { user, organization }: Trigger): boolean {
  if (user !== undefined && users.has(user.toLowerCase())) return true
  return organization !== undefined && organizations.has(organization.toLowerCase())
}

interface Concern {
  database: Database
  /** Row ID. */
  environment: number
  route: string
  params: Readonly<Record<string, string | undefined>>
  query: URLSearchParams
  /** The raw body. */
  text: string
}

interface Membership {
  user_id: string
  organization_id: string
}

/** Whom a request is about: by its own contents, and by the sandbox's data for the IDs in it. */
export function concernedBy({ database, environment, route, params, query, text }: Concern): Concerned {
  const found: Concerned = { users: new Set(), organizations: new Set() }
  const add = (names: Set<string>, ...values: unknown[]) => {
    for (const value of values) if (typeof value === 'string') names.add(value.toLowerCase())
  }
  const body = parsed(text)
  if (route.startsWith('/organizations') && !route.includes('/groups'))
    add(found.organizations, body.name, body.external_id, params.external_id)
  if (route.startsWith('/user_management/users')) {
    add(found.users, body.email, body.external_id, params.external_id, query.get('email'))
  }
  const ids = [...Object.values(params), body.user_id, body.organization_id, body.organization_membership_id]
  for (const name of ['user_id', 'organization_id']) ids.push(query.get(name) ?? undefined)
  const where = 'WHERE environment = ? AND id = ?'
  for (let index = 0; index < ids.length; index += 1) {
    const id = ids[index]
    if (typeof id !== 'string') continue
    const of = database.one<Membership>(`SELECT user_id, organization_id FROM memberships ${where}`, environment, id)
    if (of !== undefined) ids.push(of.user_id, of.organization_id)
    const group = database.one<Omit<Membership, 'user_id'>>(
      `SELECT organization_id FROM organization_groups ${where}`,
      environment,
      id,
    )
    if (group !== undefined) ids.push(group.organization_id)
    const user = database.one<Record<string, unknown>>(
      `SELECT id, email, external_id FROM users ${where}`,
      environment,
      id,
    )
    if (user !== undefined) add(found.users, ...Object.values(user))
    const organization = database.one<Record<string, unknown>>(
      `SELECT id, name, external_id FROM organizations ${where}`,
      environment,
      id,
    )
    if (organization !== undefined) add(found.organizations, ...Object.values(organization))
  }
  return found
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
