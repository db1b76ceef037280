import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../clock.ts'
import type { Network } from '../http/network.ts'
import { type HttpRequest, send } from '../http/request.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { Query, WriteRequest } from './api.ts'

/** The HTTP exchange of one SDK call. */
export interface Exchange {
  /** Undefined: there was no response. */
  answer?: Answer
  /** Why there was no response. */
  failure?: unknown
}

export interface Answer {
  status: number
  /** Seconds or a date, as sent. */
  retryAfter: string | undefined
  /** The `Date` header: the server's clock. */
  date: string | undefined
  /** The `Location` header: the target of a redirect. */
  location: string | undefined
  /** Undefined if the body is empty or not a JSON object. */
  body: JsonObject | undefined
}

/**
 * Carries requests: WorkOS's SDK over a network, or a sandbox inside this process. Each call is one
 * request.
 */
export interface Transport {
  read(path: string, query: Query): Promise<Exchange>
  write(request: WriteRequest, idempotencyKey: string | undefined): Promise<Exchange>
  close(): Promise<void>
}

/** The signal that ends a request of this method. */
export type EndOf = (method: string) => AbortSignal

const current = new AsyncLocalStorage<Exchange>()

/**
 * Runs one SDK call and returns the response on the wire. The SDK's exceptions differ by status and
 * lose codes; the response has the same form for every status.
 */
export async function recordExchange(call: () => Promise<unknown>): Promise<Exchange> {
  const exchange: Exchange = {}
  await current.run(exchange, async () => {
    try {
      await call()
    } catch (error) {
      exchange.failure ??= error
    }
  })
  return exchange
}

/**
 * `fetch` for the SDK, whose responses `recordExchange` returns. The whole body is read before the
 * call returns, under the SDK's own timeout signal.
 * @param endOf the signal that ends a request of this method
 */
export function recordingFetch(
  dispatcher: Network['dispatcher'],
  endOf: (method: string) => AbortSignal | undefined,
): typeof fetch {
  return async (input, init) => {
    const exchange = current.getStore()
    try {
      const method = toMethod(init?.method)
      const signals = [init?.signal, endOf(method)].filter((signal) => signal !== undefined && signal !== null)
      const { status, header, text } = await send(String(input), {
        method,
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: typeof init?.body === 'string' && init.body !== '' ? init.body : undefined,
        signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
        dispatcher,
      })
      if (exchange) {
        exchange.answer = {
          status,
          retryAfter: header('retry-after'),
          date: header('date'),
          location: header('location'),
          body: parseObject(text),
        }
      }
      // The exchange has the body already, so the SDK need not read it.
      return new Response(null, { status })
    } catch (error) {
      if (exchange) exchange.failure = error
      throw error
    }
  }
}

function toMethod(method: string | undefined): HttpRequest['method'] {
  switch (method) {
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return method
    default:
      return 'GET'
  }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** Time for a write in flight to get its response after an interruption. Milliseconds. */
const GRACE = 5_000

interface EndingOptions {
  interrupted?: AbortSignal
  killed?: AbortSignal
  clock: Clock
}

/**
 * Decides when requests end without a response. After an interruption, nothing more is sent, reads
 * are dropped, and writes in flight have a few seconds. The result of a dropped write is unknown,
 * so its intent stays in the journal.
 */
export class Ending {
  readonly #options: EndingOptions
  readonly #closed = new AbortController()
  readonly #dropped = new AbortController()
  readonly #read: AbortSignal
  readonly #write: AbortSignal
  /** Ends waiting: an interruption, or the closing of the client. */
  readonly waiting: AbortSignal
  #callOff = () => {}

  constructor(options: EndingOptions) {
    const { interrupted, killed } = options
    this.#options = options
    this.waiting = interrupted ? AbortSignal.any([interrupted, this.#closed.signal]) : this.#closed.signal
    this.#read = killed ? AbortSignal.any([killed, this.waiting]) : this.waiting
    this.#write = killed ? AbortSignal.any([killed, this.#dropped.signal]) : this.#dropped.signal
    if (interrupted?.aborted) this.#giveGrace()
    else interrupted?.addEventListener('abort', this.#giveGrace)
  }

  /** The signal that ends a request of this method. */
  of(method: string): AbortSignal {
    return method === 'GET' ? this.#read : this.#write
  }

  close(): void {
    this.#options.interrupted?.removeEventListener('abort', this.#giveGrace)
    this.#callOff()
    this.#closed.abort(new Error('the client is closed'))
  }

  readonly #giveGrace = () => {
    // Differs from the reason of the interruption, which means that a write never left.
    const reason = new Error(`no response within ${GRACE / 1000} s of the interruption`)
    this.#callOff = this.#options.clock.schedule(GRACE, () => this.#dropped.abort(reason))
  }
}
