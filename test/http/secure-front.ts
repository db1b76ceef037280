import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ServerIdentity } from './authority.ts'

/**
 * Starts an https front for an http server of this machine, under another name, for the duration of
 * the test.
 */
export async function startSecureFront(url: string, identity: ServerIdentity): Promise<{ port: number }> {
  const { hostname, port: inner, host } = new URL(url)
  const server = createServer(identity, (incoming, response) => {
    const { method, url: path, headers } = incoming
    const told = { ...headers, host, 'x-forwarded-host': headers.host }
    const onward = request({ hostname, port: inner, method, path, headers: told }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port }
}
