import type { Server } from 'node:http'

/** Milliseconds that requests under way get to finish. */
const CLOSE_GRACE = 1000

/** @throws Error with `code` EADDRINUSE or EACCES for a port that cannot be had */
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
