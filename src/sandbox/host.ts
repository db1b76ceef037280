import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../http/proxy.ts'
import type { Reply } from './call.ts'

/**
 * Whether a request asks for this server by an address of its own. A page in a browser can have its own name lead here (DNS
 * rebinding), and its requests then carry that name.
 * @param listening the host that the server listens on
 */
export function isOwnHost({ headers, socket }: IncomingMessage, listening: string): boolean {
  const [, name = '', port = '80'] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(headers.host?.toLowerCase() ?? '') ?? []
  const isOwnName = isLoopback(name) || name === listening || name === `[${listening}]`
  return isOwnName && Number(port) === socket.localPort
}

/** What a request for another host is answered. */
export const FOREIGN_HOST: Reply = {
  status: 421,
  body: {
    code: 'foreign_host',
    message: 'The Host header names another server: this sandbox only answers requests to the address that it prints.',
  },
}
