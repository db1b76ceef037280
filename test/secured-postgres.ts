import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Cluster, postgresPrograms } from './postgres.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Whether such a server can be started here. */
export const canSecure = postgresPrograms !== undefined && hasOpenssl()

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}

export interface SecuredPostgres {
  cluster: Cluster
  port: number
  /** File of the CA certificate for checking the server. */
  ca: string
  /**
   * The URL for the user `migrator`.
   * @param query parameters, with their `?`
   */
  url(query: string, password?: string): string
}

/** Contains characters that must be encoded in a URL. */
const PASSWORD = 'hunter2 @/:'

/** A server with TLS and a password, for the duration of the test. */
export async function startSecuredPostgres(): Promise<SecuredPostgres> {
  const folder = temporaryFolder()
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  })
  const port = await freePort()
  const cluster = Cluster.make({
    settings: ['ssl = on', "listen_addresses = '127.0.0.1'", `port = ${port}`, "password_encryption = 'scram-sha-256'"],
    access: ['local all all trust', 'hostssl all all 127.0.0.1/32 scram-sha-256'],
  })
  onTestFinished(() => cluster.remove())
  cluster.put('server.key', readFileSync(join(folder, 'key.pem'), 'utf8'))
  cluster.put('server.crt', readFileSync(join(folder, 'cert.pem'), 'utf8'))
  await cluster.start()
  const role = `CREATE ROLE migrator LOGIN PASSWORD '${PASSWORD}'; GRANT CREATE ON DATABASE postgres TO migrator`
  cluster.sql(role, { port })
  const url = (query: string, password = PASSWORD) =>
    `postgres://migrator:${encodeURIComponent(password)}@localhost:${port}/postgres${query}`
  return { cluster, port, ca: join(folder, 'cert.pem'), url }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a server on a port has a port')
  return address.port
}
