import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import type { Answer, Call, Endpoint, LogEntry } from './exchange.ts'
import { drawNetworkErrors, type NetworkError, type NetworkErrorSettings } from './network-errors.ts'
import { Refused } from './refused.ts'

export interface FakeOptions {
  endpoints: readonly Endpoint[]
  /** Throws Refused to reject a request. Its return value is added to the response headers. */
  admit(call: Call): Record<string, string>
  /** For unknown endpoints and random errors. */
  refusal(status: number): Answer
  networkErrors?: NetworkErrorSettings
  /** Called when a request arrives, before it is handled. */
  onRequest?: (entry: LogEntry) => void | Promise<void>
  onAnswer?: AnswerHook
}

/** Called before a response is sent. True: the hook sends the response itself. */
export type AnswerHook = (entry: LogEntry, answer: Answer, response: ServerResponse) => boolean | Promise<boolean>

/** An HTTP server on loopback that records all requests. */
export interface FakeServer {
  url: string
  log: LogEntry[]
  /**
   * Number of successful, complete responses by endpoint (`GET /v1/users`), so that network errors
   * do not change it.
   */
  counts(): Record<string, number>
  /** Runs `act` when the n-th request from now on arrives. */
  after(requests: number, act: () => void | Promise<void>): void
  setNetworkErrors(settings: NetworkErrorSettings): void
  close(): Promise<void>
}

export async function startFakeServer(options: FakeOptions): Promise<FakeServer> {
  const log: LogEntry[] = []
  const matchers = options.endpoints.map((endpoint) => ({ endpoint, match: matcherOf(endpoint) }))
  const appointments: { number: number; act: () => void | Promise<void> }[] = []
  let draw = drawNetworkErrors(options.networkErrors ?? {})

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [method = 'GET', target = '/'] = [request.method, request.url]
    const { pathname, searchParams: query } = new URL(target, 'http://fake.example')
    const entry: LogEntry = {
      number: log.length + 1,
      method,
      target,
      route: undefined,
      headers: request.headers,
      text: '',
      status: 0,
      at: Date.now(),
    }
    log.push(entry)
    entry.text = await textOf(request)
    for (const due of appointments.filter(({ number }) => number === entry.number)) await due.act()
    await options.onRequest?.(entry)
    for (const { endpoint, match } of matchers) {
      const params = endpoint.method === method ? match(pathname) : undefined
      if (params === undefined) continue
      entry.route = endpoint.path
      const call: Call = {
        method,
        target,
        route: endpoint.path,
        params,
        query,
        headers: request.headers,
        text: entry.text,
      }
      const answer = attempt(endpoint, call)
      if (!(await options.onAnswer?.(entry, answer, response))) send(response, entry, answer, draw())
      return
    }
    send(response, entry, options.refusal(404), undefined)
  }

  const attempt = (endpoint: Endpoint, call: Call): Answer => {
    let headers: Record<string, string> = {}
    let answer: Answer
    try {
      headers = options.admit(call)
      answer = endpoint.answer(call)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      answer = error.answer
    }
    return { ...answer, headers: { ...headers, ...answer.headers } }
  }

  const send = (
    response: ServerResponse,
    entry: LogEntry,
    answer: Answer,
    networkError: NetworkError | undefined,
  ): void => {
    if (networkError === undefined) {
      write(response, entry, answer)
      return
    }
    entry.networkError = networkError.kind
    if (networkError.kind === 'server error') write(response, entry, options.refusal(networkError.status))
    else if (networkError.kind === 'refusal') write(response, entry, options.refusal(429))
    else if (networkError.kind === 'cut off') writeHalf(response, answer)
    else response.destroy()
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The client is gone or the fake is broken. Both must be visible.
      if (!request.destroyed) response.writeHead(599).end(String(error))
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    counts: () => countsOf(log),
    after: (requests, act) => void appointments.push({ number: log.length + requests, act }),
    setNetworkErrors: (settings) => {
      draw = drawNetworkErrors(settings)
    },
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function write(response: ServerResponse, entry: LogEntry, answer: Answer): void {
  entry.status = answer.status
  const bytes = bytesOf(answer)
  response.writeHead(answer.status, { ...headersOf(answer), 'Content-Length': bytes.length }).end(bytes)
}

function writeHalf(response: ServerResponse, answer: Answer): void {
  const bytes = bytesOf(answer)
  response.writeHead(answer.status, { ...headersOf(answer), 'Content-Length': bytes.length + 1 })
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy())
}

function bytesOf(answer: Answer): Buffer {
  return answer.bytes ?? Buffer.from(answer.body === undefined ? '' : JSON.stringify(answer.body))
}

function headersOf(answer: Answer): Record<string, string> {
  const type: Record<string, string> =
    answer.bytes === undefined ? { 'Content-Type': 'application/json; charset=utf-8' } : {}
  return { ...type, ...answer.headers }
}

function countsOf(log: readonly LogEntry[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { method, route, status } of log) {
    if (status < 200 || status >= 400) continue
    const name = `${method} ${route}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

function matcherOf({ path }: Endpoint): (pathname: string) => Record<string, string> | undefined {
  const names: string[] = []
  const source = path.replace(/(?<=\/):(\w+)/g, (_, name: string) => {
    names.push(name)
    return '([^/]+)'
  })
  const pattern = new RegExp(`^${source}$`)
  return (pathname) => {
    const found = pattern.exec(pathname)
    if (found === null) return undefined
    return Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')]))
  }
}
