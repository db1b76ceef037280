import { createServer, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A pooler like PgBouncer: speaks the protocol of PostgreSQL and shares its sessions. */
export interface Pooler {
  port: number
}

/** When a client releases its session: after each transaction, or when it leaves. */
export type PoolMode = 'transaction' | 'session'

interface Backend {
  socket: Socket
  receive: (data: Buffer) => void
}

/** @param server folder of the server's socket */
export async function startPooler(server: string, mode: PoolMode, turn: 'last' | 'first' = 'last'): Promise<Pooler> {
  const idle: Backend[] = []
  const open = new Set<Socket>()

  const connect = (startup: Buffer): Promise<Backend> =>
    new Promise((resolve) => {
      const socket = new Socket()
      open.add(socket)
      const backend: Backend = { socket, receive: () => {} }
      const greeting = framed(() => {
        backend.receive = () => {}
        resolve(backend)
      })
      backend.receive = greeting
      socket.on('data', (data) => backend.receive(data))
      socket.on('error', () => {})
      socket.connect(`${server}/.s.PGSQL.5432`, () => socket.write(startup))
    })

  const listener = createServer((client) => {
    open.add(client)
    client.on('error', () => {})
    let startup: Buffer | undefined
    let backend: Backend | undefined
    let waiting: Buffer[] = []
    let isAsking = false

    const giveBack = () => {
      if (backend === undefined) return
      backend.receive = () => {}
      idle.push(backend)
      backend = undefined
    }
    const take = async (): Promise<Backend> => {
      const found = turn === 'last' ? idle.pop() : idle.shift()
      const taken = found ?? (await connect(startup ?? Buffer.alloc(0)))
      taken.receive = (data) => {
        client.write(data)
        ready(data)
      }
      const ready = framed((status) => {
        if (status === 'I' && mode === 'transaction') giveBack()
      })
      return taken
    }
    const forward = async () => {
      if (isAsking) return
      isAsking = true
      backend ??= await take()
      isAsking = false
      for (const data of waiting.splice(0)) backend.socket.write(data)
    }
    client.on('data', async (data) => {
      if (startup === undefined) {
        startup = data
        client.write(greetingOf())
        return
      }
      // The pooler itself handles the end of the connection.
      if (data[0] === 0x58) return client.end()
      waiting.push(data)
      await forward()
    })
    client.on('close', () => {
      // The session may be in a transaction or hold a lock.
      backend?.socket.destroy()
      waiting = []
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    listener.close()
  })
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('the pooler has no port')
  return { port: address.port }
}

/** Calls back with the status of each ReadyForQuery in a stream of messages. */
function framed(ready: (status: string) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 5) {
      const length = 1 + rest.readInt32BE(1)
      if (rest.length < length) return
      const message = rest.subarray(0, length)
      rest = rest.subarray(length)
      if (message[0] === 0x5a) ready(String.fromCharCode(message[5] ?? 0))
    }
  }
}

/** The pooler's own messages: authentication, its own key, ready. */
function greetingOf(): Buffer {
  const authenticated = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0])
  const key = Buffer.alloc(13)
  key[0] = 0x4b
  key.writeInt32BE(12, 1)
  key.writeInt32BE(999_999, 5)
  key.writeInt32BE(42, 9)
  return Buffer.concat([authenticated, key, Buffer.from([0x5a, 0, 0, 0, 5, 0x49])])
}
