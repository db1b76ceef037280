import { setImmediate } from 'node:timers/promises'
import type { EmbeddedRequest, EmbeddedSandbox } from '../sandbox/embedded.ts'
import type { EndOf, Exchange, Transport } from './exchange.ts'

/**
 * Sends requests to a sandbox inside this process. It has no address, so nothing else reaches it.
 */
export function inProcess(sandbox: EmbeddedSandbox, endOf: EndOf): Transport {
  let closed = false
  const exchange = async (request: EmbeddedRequest): Promise<Exchange> => {
    // Responses are immediate, so signals and timers need a turn before each.
    await setImmediate()
    const end = endOf(request.method)
    if (end.aborted) return { failure: end.reason }
    if (closed) return { failure: new Error('the client is closed') }
    const { status, body, waitMs } = sandbox.answer(request)
    const retryAfter = waitMs > 0 ? String(Math.ceil(waitMs / 1000)) : undefined
    return { answer: { status, retryAfter, date: undefined, location: undefined, body } }
  }
  return {
    read: (path, query) => exchange({ method: 'GET', path, query, body: undefined }),
    write: ({ method, path, body = {} }) =>
      exchange({ method, path, query: {}, body: method === 'DELETE' ? undefined : body }),
    close: async () => {
      closed = true
    },
  }
}
