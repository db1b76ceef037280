import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface Received {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** The server's reaction to one request. */
export type Reply = (response: ServerResponse, request: IncomingMessage) => void

export interface ScriptedServer {
  url: string
  received: Received[]
}

/** An HTTP server on loopback that replies by the script, then repeats the last reply. */
export async function scriptedServer(...script: [Reply, ...Reply[]]): Promise<ScriptedServer> {
  const received: Received[] = []
  const [first] = script
  const server = createServer(async (request, response) => {
    const reply = script[Math.min(received.length, script.length - 1)] ?? first
    const entry = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: '' }
    received.push(entry)
    entry.body = await text(request)
    reply(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return raw(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

export function raw(status: number, body: string, headers: Record<string, string> = {}): Reply {
  return (response) => void response.writeHead(status, headers).end(body)
}

/** Closes the connection without a response. */
export const drop: Reply = (response) => void response.destroy()

/** Begins a response and closes the connection in the middle of its body. */
export const cutOff: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"id":', () => response.destroy())
}

/** Never responds. */
export const silence: Reply = () => {}
