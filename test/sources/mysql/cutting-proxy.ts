import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A proxy between a client and a database that counts the bytes from the database. */
export interface CuttingProxy {
  port: number
  /** Bytes from the database so far, over all connections. */
  bytes(): number
  /**
   * From now on, calls `then` once when the database would send more than this number of bytes. The
   * client never gets the bytes after them.
   */
  cutAfter(bytes: number, cut: () => void): void
}

/** Forwards connections to a port of this machine until the test ends. */
export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let said = 0
  let limit = Number.POSITIVE_INFINITY
  let atLimit = () => {}
  const server = createServer((client) => {
    const database = connect(target, '127.0.0.1')
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        database.destroy()
        sockets.delete(socket)
      })
    }
    client.pipe(database)
    database.on('data', (chunk) => {
      said += chunk.length
      if (said <= limit) {
        if (!client.write(chunk)) database.pause()
        return
      }
      limit = Number.POSITIVE_INFINITY
      database.pause()
      atLimit()
    })
    client.on('drain', () => database.resume())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    bytes: () => said,
    cutAfter(bytes, cut) {
      limit = said + bytes
      atLimit = cut
    },
  }
}
