/**
 * A local WorkOS. In: a database file, a port, and faults. Out: a server that responds like WorkOS,
 * over real HTTP. A request passes routes.ts, service.ts (caller and rate), the faults, and one
 * handler in endpoints/.
 */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { admissionWithin, anyKey, DOCUMENTED_LIMITS, type Limits } from './admission.ts'
import type { Reply } from './call.ts'
import { Database } from './database.ts'
import type { FaultReport, FaultSet } from './faults/fault.ts'
import {
  CONTROL_PREFIX,
  concernedBy,
  control,
  FaultController,
  type InjectedFault,
  injectAfter,
  injectBefore,
  injectsAfter,
} from './faults/fault-controller.ts'
import { closeServer, FOREIGN_HOST, isOwnHost, listen, parseBody, readBody } from './http.ts'
import { routeTable } from './routes.ts'
import { createService, replyToError, TooEarly, unknownRoute } from './service.ts'

export interface SandboxOptions {
  /** Database file, created if missing; `:memory:` keeps nothing. */
  data: string
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1. */
  host?: string
  /** Enforce these windows; true: the documented ones. Default false. */
  limits?: boolean | Partial<Limits>
  /** Whether a membership can have several roles. Default true. */
  multipleRoles?: boolean
  /** Whether lists of roles have pages, as other lists do. Default false, as in WorkOS. */
  pagedRoles?: boolean
  /** Whether connections can be created, which WorkOS enables per environment. Default false. */
  connectionsApi?: boolean
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Called after each request. */
  onRequest?: (entry: RequestLogEntry) => void
  interceptor?: Interceptor
  /** Faults to inject. Default: none. */
  faults?: FaultSet
}

/** One request in progress, with its connection. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The endpoint's path with parameters as `:name`; undefined if unknown. */
  readonly route: string | undefined
  /** The raw body. */
  readonly text: string
}

/** Intercepts admitted requests. True: the interceptor handles the response. */
export interface Interceptor {
  /** Before the handler, which is skipped if this returns true. */
  before?(exchange: Exchange): boolean | Promise<boolean>
  /** After the handler took effect and before its response is sent. */
  after?(exchange: Exchange, reply: Reply): boolean | Promise<boolean>
}

export interface Sandbox {
  /** `http://host:port`, without a trailing slash. */
  url: string
  port: number
  requests(): RequestCounts
  /** The current faults, with their number of injections since they were set. */
  faults(): FaultReport
  /** Replaces the faults; undefined: none. Resets the counts. */
  setFaults(set: FaultSet | undefined): void
  /** Ends connections and closes the database. Requests in progress get a second to finish. */
  close(): Promise<void>
}

const LOOPBACK = '127.0.0.1'
const KEEP_ALIVE_MS = 60_000

/**
 * Starts a WorkOS sandbox.
 * @throws StateError for unusable data, Error with `code` EADDRINUSE or EACCES for an unavailable
 *   port
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const host = options.host ?? LOOPBACK
  const database = new Database(options.data)
  const counter = new RequestCounter()
  const faults = new FaultController(options.faults)
  const server = createServer(answering(options, database, counter, faults))
  server.keepAliveTimeout = KEEP_ALIVE_MS
  try {
    await listen(server, options.port ?? 0, host)
  } catch (error) {
    database.close()
    throw error
  }
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests: () => counter.counts(),
    faults: () => faults.report(),
    setFaults: (set) => faults.setFaults(set),
    close: async () => {
      await closeServer(server)
      database.close()
    },
  }
}

function answering(options: SandboxOptions, database: Database, counter: RequestCounter, faults: FaultController) {
  const {
    now = Date.now,
    interceptor,
    onRequest,
    host = LOOPBACK,
    limits = false,
    multipleRoles = true,
    pagedRoles = false,
    connectionsApi = false,
  } = options
  const windows = limits === true ? DOCUMENTED_LIMITS : limits && { ...DOCUMENTED_LIMITS, ...limits }
  const features = { multipleRoles, pagedRoles, connectionsApi, showsMembers: true }
  const service = createService(database, now, features, anyKey, windows ? admissionWithin(windows) : undefined)
  const findRoute = routeTable()

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET'
    const target = request.url ?? '/'
    if (!isOwnHost(request, host)) return send(response, FOREIGN_HOST, service.newId('req'), 0)
    if (target.startsWith(CONTROL_PREFIX)) return control(faults, request, response)
    const queryStart = target.indexOf('?')
    const path = queryStart === -1 ? target : target.slice(0, queryStart)
    const match = findRoute(method, path)
    const route = match?.endpoint.path
    const at = now()
    let text = ''
    let body: Record<string, unknown> | undefined
    let reply: Reply | undefined
    let waitMs = 0
    let injected: InjectedFault | undefined
    try {
      text = await readBody(request)
      const environment = service.admit(request.headers.authorization, method, path, at)
      const exchange: Exchange = { request, response, route, text }
      const query = new URLSearchParams(queryStart === -1 ? '' : target.slice(queryStart + 1))
      const stopped = await interceptor?.before?.(exchange)
      if (!stopped) {
        injected = faults.choose(() => ({
          method,
          route,
          authorization: request.headers.authorization,
          concerned: () =>
            concernedBy({ database, environment, route: route ?? '', params: match?.params ?? {}, query, text }),
        }))
      }
      if (!stopped && !(injected && (await injectBefore(injected.fault, exchange)))) {
        if (match === undefined) throw unknownRoute(method, path)
        body = parseBody(text)
        const handled = service.handle(match, environment, query, body, at)
        const dealt = await interceptor?.after?.(exchange, handled)
        if (!dealt && !(injected && injectAfter(injected.fault, exchange, handled))) reply = handled
      }
    } catch (error) {
      if (request.destroyed && !request.complete) return
      reply = replyToError(error)
      if (injected && injectsAfter(injected.fault)) {
        // The handler rejected it: there is no effect for a fault to follow.
        injected.release()
        injected = undefined
      }
      if (error instanceof TooEarly) waitMs = error.waitMs
    }
    const status = reply?.status ?? (response.headersSent ? response.statusCode : 0)
    counter.count(method, route, status)
    if (reply !== undefined) send(response, reply, service.newId('req'), waitMs)
    onRequest?.({
      ...logEntry(request, route, status, reply, text === '' ? undefined : body, at),
      ...(injected && { fault: injected.fault.kind }),
    })
  }
}

function send(response: ServerResponse, reply: Reply, requestId: string, waitMs: number): void {
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body)
  const headers: Record<string, string | number> = { 'X-Request-ID': requestId }
  if (text !== '') headers['Content-Type'] = 'application/json; charset=utf-8'
  if (reply.status !== 204) headers['Content-Length'] = Buffer.byteLength(text)
  if (waitMs > 0) headers['Retry-After'] = Math.ceil(waitMs / 1000)
  response.writeHead(reply.status, headers)
  response.end(text)
}

function logEntry(
  request: IncomingMessage,
  route: string | undefined,
  status: number,
  reply: Reply | undefined,
  body: Record<string, unknown> | undefined,
  at: number,
): RequestLogEntry {
  const { authorization: _, ...headers } = request.headers
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    route,
    status,
    ...(body === undefined ? {} : { body }),
    ...(reply?.body === undefined ? {} : { responseBody: reply.body }),
    headers,
    at,
  }
}

/** A request and its result. */
export interface RequestLogEntry {
  method: string
  /** With its query, as sent. */
  path: string
  /** The endpoint's path with parameters as `:name`; undefined if unknown. */
  route: string | undefined
  /** 0 if no response was sent. */
  status: number
  /** The kind of the injected fault. */
  fault?: string
  /** Absent without a body, or if the request was rejected before its body was read. */
  body?: unknown
  responseBody?: unknown
  /** Without `authorization`. */
  headers: IncomingHttpHeaders
  /** Milliseconds since the epoch. */
  at: number
}

/** Requests since the start. */
interface RequestCounts {
  total: number
  /** GET. */
  reads: number
  /** All other methods. */
  writes: number
  /** By endpoint, such as `POST /user_management/users`. */
  byRoute: Record<string, number>
  /** By status of the response. */
  byStatus: Record<string, number>
}

class RequestCounter {
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
