import type { IncomingMessage, Server } from 'node:http'
import { isLoopback } from '../http/proxy.ts'
import { isObject } from '../json.ts'
import { type Refusal, type Reply, refusal } from './call.ts'

/** More than any request needs, but little memory. */
const MAX_BODY_BYTES = 1024 * 1024

/**
 * Reads a request's whole body; empty if there is none.
 * @throws Refusal 413 if it is too large; Error if the client disconnects
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const { headers } = request
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return ''
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
    })
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) reject(tooLarge())
      else resolve(Buffer.concat(chunks).toString('utf8'))
    })
    request.on('error', reject)
  })
}

/**
 * The body itself.
 * @throws Refusal 413 if it is too large
 */
export function checkSize(text: string): string {
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) throw tooLarge()
  return text
}

function tooLarge(): Refusal {
  return refusal(413, 'payload_too_large', 'The request body is too large.')
}

/**
 * The JSON object of a body; an empty body is an empty object.
 * @throws Refusal 400 for anything else
 */
export function parseBody(text: string): Record<string, unknown> {
  if (text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refusal(400, 'bad_request', 'The request body is not valid JSON.')
  }
  if (!isObject(value)) throw refusal(400, 'bad_request', 'The request body must be a JSON object.')
  return value
}

/**
 * Whether a request names this server by its own address. A web page can make its own host name
 * lead here (DNS rebinding); its requests then have that name.
 * @param listening the host that the server listens on
 */
export function isOwnHost({ headers, socket }: IncomingMessage, listening: string): boolean {
  const [, name = '', port = '80'] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(headers.host?.toLowerCase() ?? '') ?? []
  const isOwnName = isLoopback(name) || name === listening || name === `[${listening}]`
  return isOwnName && Number(port) === socket.localPort
}

/** The response to a request for another host. */
export const FOREIGN_HOST: Reply = {
  status: 421,
  body: {
    code: 'foreign_host',
    message: 'The Host header names another server. This sandbox only accepts requests to the address that it prints.',
  },
}

/** Time for requests in flight to finish, milliseconds. */
const CLOSE_GRACE = 1000

/** @throws Error with `code` EADDRINUSE or EACCES for an unavailable port */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Ends a server and its connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE)
    server.close((error) => {
      clearTimeout(force)
      if (error === undefined) resolve()
      else reject(error)
    })
    server.closeIdleConnections()
  })
}
