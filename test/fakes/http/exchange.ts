import type { IncomingHttpHeaders } from 'node:http'

/** A request that reached an endpoint. */
export interface Call {
  method: string
  /** With its query, as sent. */
  target: string
  /** The endpoint's path with parameters as `:name`. */
  route: string
  /** Decoded, by name. */
  params: Record<string, string>
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** The raw body. */
  text: string
}

export interface Answer {
  status: number
  /** Sent as JSON, unless there are `bytes`. */
  body?: unknown
  bytes?: Buffer
  headers?: Record<string, string>
}

export interface Endpoint {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT'
  /** With parameters as `:name`. */
  path: string
  answer(call: Call): Answer
}

/** A request and its result. */
export interface LogEntry {
  /** From 1, in order of arrival. */
  number: number
  method: string
  /** With its query, as sent. */
  target: string
  /** Undefined for an unknown endpoint. */
  route: string | undefined
  headers: IncomingHttpHeaders
  text: string
  /** 0 without a response. */
  status: number
  /** The random network error that hit the request. */
  networkError?: string
  /** Milliseconds since the epoch. */
  at: number
}

export function ok(body: unknown): Answer {
  return { status: 200, body }
}
