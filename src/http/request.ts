/**
 * The only place where requests leave the program. In: a URL, and the dispatcher of a `Network`,
 * which knows the proxies. Out: the response with its whole body, or its bytes as a stream.
 * retry.ts repeats requests. undici is loaded for the first request, because many importers send
 * none.
 */

import type { Dispatcher, Response } from 'undici'
import { OperatorError, SourceError } from '../diagnostics/errors.ts'
import { isObject } from '../json.ts'
import { passingFailure } from './failures.ts'
import type { Network } from './network.ts'
import { HttpRefusal } from './refusal.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers: Record<string, string>
  body?: string
  signal?: AbortSignal
  dispatcher: Dispatcher
}

export interface HttpAnswer {
  status: number
  /** By name in lowercase. */
  header(name: string): string | undefined
  /** The body, UTF-8. */
  text: string
}

/**
 * Sends a request with undici's plain `request`: a third of the CPU time of `fetch`, without
 * compression.
 */
export async function send(
  url: string,
  { method, headers, body, signal, dispatcher }: HttpRequest,
): Promise<HttpAnswer> {
  const { request } = await import('undici')
  const answer = await request(url, { method, headers, body: body ?? null, signal, dispatcher })
  const text = await answer.body.text()
  const header = (name: string) => [answer.headers[name]].flat()[0]
  return { status: answer.statusCode, header, text }
}

/**
 * The largest response of `sendCompressed`, bytes. A page of 500 users with full metadata is a
 * twentieth of it.
 */
const LARGEST_BODY = 256 * 1024 * 1024

/** The response is longer than LARGEST_BODY. The rest is not read. */
export class TooLarge extends Error {}

/**
 * Sends a request that accepts compression. Does not follow redirects.
 * @throws TooLarge for a body above 256 MiB, before it is in memory
 */
export async function sendCompressed(url: URL, asked: HttpRequest): Promise<HttpAnswer> {
  const { fetch } = await import('undici')
  const response = await fetch(url, { ...asked, redirect: 'manual' })
  const text = await readText(response)
  return { status: response.status, header: (name) => response.headers.get(name) ?? undefined, text }
}

async function readText({ body }: Response): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let length = 0
  let text = ''
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > LARGEST_BODY) throw new TooLarge(`a response of more than ${LARGEST_BODY} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * A download: its status, and its decompressed bytes as a stream. Follows redirects. Cancel bytes
 * that you do not read.
 */
async function openDownload(
  url: string,
  from: { signal: AbortSignal; dispatcher: Dispatcher },
): Promise<{ ok: boolean; status: number; bytes: AsyncIterable<Uint8Array>; cancel(): Promise<void> }> {
  const { fetch } = await import('undici')
  const { ok, status, body } = await fetch(url, from)
  return { ok, status, bytes: body ?? none(), cancel: async () => body?.cancel() }
}

async function* none(): AsyncGenerator<Uint8Array> {}

/** Members of a request's body whose values no message can show: a response can repeat them. */
const SECRET_MEMBER = /secret|password|assertion|token/i

/** The secrets in a request's body: `password_hash`, `totp_secret`, `client_secret` … */
export function secretsIn(body: unknown): string[] {
  if (!isObject(body)) return []
  return Object.entries(body).flatMap(([member, value]) =>
    SECRET_MEMBER.test(member) && typeof value === 'string' ? [value] : [],
  )
}

interface DownloadOptions {
  /** For messages, which never show the URL: it can be signed. */
  what: string
  /** Timeout without data. */
  timeoutMs: number
  dispatcher: Network['dispatcher']
  signal?: AbortSignal
}

/**
 * The bytes of a URL, decompressed.
 * @throws HttpRefusal for a status that is not a success; SourceError `download_broken` when it
 *   ends early or stalls; NetworkError; the signal's reason
 */
export async function* download(
  url: string,
  { what, timeoutMs, dispatcher, signal }: DownloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const stalled = new AbortController()
  let timer = setTimeout(() => stalled.abort(), timeoutMs)
  const onward = () => {
    clearTimeout(timer)
    timer = setTimeout(() => stalled.abort(), timeoutMs)
  }
  try {
    const either = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal])
    const { ok, status, bytes, cancel } = await openDownload(url, { signal: either, dispatcher })
    if (!ok) {
      await cancel()
      throw new HttpRefusal({ what, status })
    }
    for await (const chunk of bytes) {
      // The reader can be slow: only the network is timed.
      clearTimeout(timer)
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      onward()
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof OperatorError) throw error
    const passing = passingFailure(error, what)
    const why = stalled.signal.aborted ? `no data for ${timeoutMs / 1000} s` : passing
    throw new SourceError({
      code: 'download_broken',
      message: `${what} broke off: ${why}`,
      hint: 'run the same command again: it continues where it stopped',
    })
  } finally {
    clearTimeout(timer)
  }
}
