import { createHmac } from 'node:crypto'
import { type Clock, sleep } from '../clock.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import { describeFailure } from './failures.ts'
import { isLoopback, type Proxies } from './proxy.ts'
import { backOff, isPassing, parseRetryAfter, serverTime } from './retry.ts'

/**
 * Notifies a webhook by one POST, repeated for a limited time. In: a URL, which is a secret, and a
 * body. Out: undefined on success, or else the reason without the URL. Redirects are not followed,
 * because the content is meant for one place.
 */

export interface Delivery {
  /** Secret. */
  url: string
  /** Signs the body. */
  secret?: string
  body: string
  /** The same for each attempt, so that a receiver recognizes repeats. */
  id: string
  proxies: Proxies
  clock: Clock
  /** Milliseconds since the epoch. */
  now(): number
  /** If aborted, the delivery is given up at once. */
  signal: AbortSignal
  /** Timeout of all attempts together, milliseconds. */
  budget: number
}

/** Timeout of one attempt, milliseconds. */
const PATIENCE = 10_000
const PAUSES = { first: 500, longest: 8_000 }

/** A failure that another attempt will not change. */
class Final extends Error {}

export async function deliver(delivery: Delivery): Promise<string | undefined> {
  const { clock, signal, budget, proxies } = delivery
  const end = clock.now() + budget
  // Checking a URL does not load an HTTP client.
  const [{ openNetwork }, { send }] = await Promise.all([import('./network.ts'), import('./request.ts')])
  const network = openNetwork(proxies, { connectTimeout: PATIENCE })
  let why = 'no response'
  try {
    for (let attempt = 1; !signal.aborted && clock.now() < end; attempt += 1) {
      const left = end - clock.now()
      let wait = backOff(attempt, PAUSES)
      try {
        const answer = await within(clock, Math.min(PATIENCE, left), signal, (ending) =>
          send(delivery.url, { method: 'POST', ...message(delivery), signal: ending, dispatcher: network.dispatcher }),
        )
        if (answer.status >= 200 && answer.status < 300) return undefined
        why = `HTTP ${answer.status}`
        if (answer.status >= 300 && answer.status < 400) throw new Final(`${why}: a redirect, which is not followed`)
        if (answer.status !== 429 && !isPassing(answer.status)) throw new Final(why)
        wait = parseRetryAfter(answer.header('retry-after'), serverTime(answer.header('date'))) ?? wait
      } catch (error) {
        if (error instanceof Final) return error.message
        if (!(error instanceof TooSlow)) why = described(error)
        // An attempt that the budget cut short says less than those before it.
        else if (attempt === 1 || left >= PATIENCE) why = 'no response in time'
      }
      if (clock.now() + wait >= end) break
      await sleep(clock, wait, signal)
    }
    return why
  } catch {
    return why
  } finally {
    await network.destroy()
  }
}

/** The parts of an error that do not contain the host. */
function described(error: unknown): string {
  return describeFailure(error).replace(/\b(?:[a-z][\w-]*\.)+[a-z]{2,}\b(?::\d+)?/gi, 'it')
}

class TooSlow extends Error {}

/** Gives up work after a time. */
async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController()
  const cancel = clock.schedule(ms, () => ending.abort(new TooSlow()))
  try {
    return await work(AbortSignal.any([ending.signal, signal]))
  } catch (error) {
    throw ending.signal.aborted ? new TooSlow() : error
  } finally {
    cancel()
  }
}

/** The body and headers, signed now. */
function message({ body, secret, id, now }: Delivery): { headers: Record<string, string>; body: string } {
  const timestamp = String(Math.floor(now() / 1000))
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'workos-migrate',
      'workos-migrate-delivery': id,
      'workos-migrate-timestamp': timestamp,
      ...(secret !== undefined && { 'workos-migrate-signature': `v1=${signatureOf(secret, timestamp, body)}` }),
    },
  }
}

/** HMAC-SHA-256 (hex) over `timestamp.body`. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
}

/**
 * Checks a webhook's URL: https, or http to this machine. No message contains it.
 * @param path of the manifest
 * @throws ManifestError
 */
export function checkWebhook(text: string, path: string): void {
  const url = URL.parse(text)
  const problem = (message: string, hint: string) => new ManifestError({ code: 'bad_webhook', message, hint, path })
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw problem(`${path} is not an http(s) URL`, 'set an https URL, as a reference such as ${NOTIFY_URL}')
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw problem(`${path} would receive notifications unencrypted`, 'use https')
  }
}
