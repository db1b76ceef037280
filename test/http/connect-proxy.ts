import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { ServerIdentity } from './authority.ts'

export interface ProxySettings {
  /** The required `user:password`. Default: none. */
  credentials?: string
  /** Ports of this machine for `host:port` of others. */
  routes?: ReadonlyMap<string, number>
  /** Instead of a connection: this status, no response, or the end of the connection. */
  answer?: number | 'silence' | 'drop'
  /** Makes it use https itself. */
  identity?: ServerIdentity
}

/** One CONNECT, and its response. */
export interface Tunnel {
  destination: string
  status: number
}

/** A proxy on loopback for hosts that no name server knows. */
export interface ConnectProxy {
  /** `127.0.0.1:port` */
  host: string
  tunnels: Tunnel[]
  /** Maximum number of tunnels open at once. */
  most(): number
  /** Requests that were not CONNECT. */
  forwarded: string[]
}

/** Starts a proxy for the duration of the test. */
export async function startConnectProxy(settings: ProxySettings = {}): Promise<ConnectProxy> {
  const tunnels: Tunnel[] = []
  const forwarded: string[] = []
  const open = new Set<Duplex>()
  let most = 0
  const refuse: RequestListener = (request, response) => {
    forwarded.push(`${request.method} ${request.url}`)
    response.writeHead(405).end()
  }
  const { identity } = settings
  const server: Server = identity === undefined ? createServer(refuse) : createSecureServer(identity, refuse)
  server.on('connect', (request, socket: Duplex, head: Buffer) => {
    const destination = request.url ?? ''
    const port = settings.routes?.get(destination)
    const wanted = settings.credentials && `Basic ${Buffer.from(settings.credentials).toString('base64')}`
    const admitted = wanted === undefined || request.headers['proxy-authorization'] === wanted
    const status = settings.answer ?? (admitted ? (port === undefined ? 502 : 200) : 407)
    open.add(socket)
    most = Math.max(most, open.size)
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket))
    tunnels.push({ destination, status: typeof status === 'number' ? status : 0 })
    if (status === 'silence') return
    if (status === 'drop') return void socket.destroy()
    if (status !== 200 || port === undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const onward: Socket = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, tunnels, forwarded, most: () => most }
}
