import type { Exchange, Interceptor } from '../../src/sandbox/server.ts'

type Answer = Record<string, unknown>

/**
 * A server that carries out a write but changes its response with `change`, for one method and
 * route.
 */
export function answering(
  method: string,
  route: string,
  change: (body: Answer, exchange: Exchange) => unknown,
): Interceptor {
  return {
    async after(exchange, reply) {
      const { request, response } = exchange
      if (request.method !== method || exchange.route !== route || reply.status >= 300) return false
      const body: Answer = JSON.parse(JSON.stringify(reply.body))
      const changed = (await change(body, exchange)) ?? body
      response.writeHead(reply.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(changed))
      return true
    },
  }
}

/** A server that rejects one method and route with this status, while `lasts` is true. */
export function refusing(
  method: string,
  route: string,
  status: number,
  lasts: () => boolean = () => true,
): Interceptor {
  return {
    before({ request, response, route: asked }) {
      if (request.method !== method || asked !== route || !lasts()) return false
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ message: 'Not Found', error: 'Not Found' }))
      return true
    },
  }
}
