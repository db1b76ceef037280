/**
 * The one place where requests leave the program. In: an address, and the dispatcher of a
 * `Network`, which knows the proxies. Out: the answer with its body read whole, or its bytes as
 * they come. Nothing is repeated here: see `retry.ts`. undici is loaded for the first request: the
 * client is imported by much that sends none.
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
  /** By a name in lower case. */
  header(name: string): string | undefined
  /** The body, UTF-8. */
  text: string
}

/**
 * Sends a request as it is, by undici's plain `request`: a third of the CPU time of `fetch`, and no
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
 * The largest answer that `sendCompressed` takes, bytes: a page of 500 users with full metadata is
 * a twentieth of it.
 */
const LARGEST_BODY = 256 * 1024 * 1024

/** The answer is longer than LARGEST_BODY. What lies beyond is not read. */
export class TooLarge extends Error {}

/**
 * Sends a request whose answer may be compressed; it follows no redirect.
 * @throws TooLarge for a body beyond 256 MiB, before it is held in memory
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
    if (length > LARGEST_BODY) throw new TooLarge(`an answer of more than ${LARGEST_BODY} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * A download: its status, and its bytes as they come, decompressed. Redirects are followed. Bytes
 * that nobody reads are to be cancelled.
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

/** Members of a request's body whose values no message may show: an answer may echo them. */
const SECRET_MEMBER = /secret|password|assertion|token/i

/**
 * The secrets among the members of a request's body: `password_hash`, `totp_secret`,
 * `client_secret` …
 */
export function secretsIn(body: unknown): string[] {
  if (!isObject(body)) return []
  return Object.entries(body).flatMap(([member, value]) =>
    SECRET_MEMBER.test(member) && typeof value === 'string' ? [value] : [],
  )
}

interface DownloadOptions {
  /** For messages, which never show the address: it may be signed. */
  what: string
  /** Without a byte, until it is given up. */
  timeoutMs: number
  dispatcher: Network['dispatcher']
  signal?: AbortSignal
}

/**
 * The bytes behind an address; a Content-Encoding is undone.
 * @throws HttpRefusal for a status that is no success; SourceError `download_broken` when it ends
 *   early or stalls; NetworkError; the signal's reason
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
      // Whoever reads may take their time: only the network is timed.
      clearTimeout(timer)
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      onward()
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof OperatorError) throw error
    const passing = passingFailure(error, what)
    const why = stalled.signal.aborted ? `nothing came for ${timeoutMs / 1000} s` : passing
    throw new SourceError({
      code: 'download_broken',
      message: `${what} broke off: ${why}`,
      hint: 'run the same command again: it goes on where it stopped',
    })
  } finally {
    clearTimeout(timer)
  }
}
