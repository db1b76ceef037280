import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { OperatorError } from '../../../src/diagnostics/errors.ts'
import { Connection } from '../../../src/sources/mysql/connection.ts'
import { endpointOf } from '../../../src/sources/mysql/endpoint.ts'
import { explainedConnection } from '../../../src/sources/mysql/errors.ts'
import { MariaServer, mariaPrograms, newMariaDatabase, TESTER_PASSWORD } from '../../mariadb.ts'

async function failureOf(url: string): Promise<OperatorError> {
  const endpoint = endpointOf(url)
  const error = await Connection.open(endpoint, { statementTimeout: undefined }).then(
    async (connection) => connection.close(),
    (thrown: unknown) => explainedConnection(endpoint, thrown),
  )
  if (!(error instanceof OperatorError)) throw new Error(`not an OperatorError: ${error}`)
  expect(JSON.stringify(error.problems)).not.toContain('pw-')
  return error
}

describe('a URL', () => {
  test.each([
    [
      'mysql://u:p%40%2F@db.example.com/shop',
      { at: { host: 'db.example.com', port: 3306 }, password: 'p@/', database: 'shop' },
    ],
    ['mysql://u:p@x@db.example.com/shop', { password: 'p@x' }],
    [
      'mysql2://u@db.example.com:3307',
      { at: { host: 'db.example.com', port: 3307 }, password: undefined, database: undefined },
    ],
    [
      'mariadb://u:p@localhost/shop?socket=/run/mysqld/mysqld.sock',
      { at: { socket: '/run/mysqld/mysqld.sock' }, tls: false },
    ],
    ['mysql://u:p@127.0.0.1/shop?serverVersion=8.0.32&charset=utf8mb4', { tls: false }],
    ['mysql://u:p@[::1]:3306/shop', { at: { host: '::1', port: 3306 }, tls: false }],
    ['mysql://u:p@db.example.com/shop', { tls: { rejectUnauthorized: true, verifyIdentity: true } }],
    [
      'mysql://u:p@db.example.com/shop?ssl={"rejectUnauthorized":true}',
      { tls: { rejectUnauthorized: true, verifyIdentity: true } },
    ],
    ['mysql://u:p@10.0.0.5/shop?ssl-mode=VERIFY_CA', { tls: { rejectUnauthorized: true, verifyIdentity: false } }],
    ['mysql://u:p@db.example.com/shop?sslaccept=strict', { tls: { rejectUnauthorized: true, verifyIdentity: true } }],
    [
      'mysql://u:p@db.example.com/shop?ssl-mode=REQUIRED',
      { tls: { rejectUnauthorized: false, verifyIdentity: false } },
    ],
    ['mysql://u:p@db.example.com/shop?sslmode=disable', { tls: false }],
  ])('%s is understood', (url, expected) => {
    expect(endpointOf(url)).toMatchObject(expected)
  })

  test.each([
    ['postgres://u:s3cret@h/d', 'not the URL of a MySQL'],
    ['mysql://u:s3c/ret@h/d', '@ after the host'],
    ['mysql://u:s3c?ret@h/d', '@ after the host'],
    ['mysql://:s3cret@h/d', 'has no user'],
    ['mysql://h/d', 'has no user'],
    ['mysql://u:s3cret@/d', 'not the URL|has no host'],
    ['mysql://u:s3cret@h/d/e', 'more than one database'],
    ['mysql://u:s3cret@h/d?ssl-mode=PREFERRED', 'fall back to plain text'],
    ['mysql://u:s3cret@h/d?ssl-mode=s3cret', 'ssl-mode is unknown'],
    ['mysql://u:s3cret@h/d?allowLocalInfile=true', 'unknown parameter: allowLocalInfile'],
    ['mysql://u:s3cret@10.0.0.5/d', 'needs a host name'],
    ['mysql://u:s3cret@h/d?ssl-ca=nowhere.pem', 'cannot be read'],
    ['s3cret', 'not the URL'],
  ])('%s is rejected without showing the password', (url, message) => {
    let caught: unknown
    try {
      endpointOf(url)
    } catch (error) {
      caught = error
    }
    if (!(caught instanceof OperatorError)) throw new Error('it was not rejected')
    expect(caught.message).toMatch(new RegExp(message))
    expect(JSON.stringify(caught.problems)).not.toContain('s3c')
  })
})

describe.skipIf(mariaPrograms === undefined)('a connection to MariaDB', () => {
  test('is rejected with a wrong password, for an unknown database, and without privileges', async () => {
    const { server, name, sql } = await newMariaDatabase()
    sql(`CREATE USER IF NOT EXISTS stranger IDENTIFIED BY 'pw-stranger'`)
    expect(await failureOf(server.url(name, 'tester', 'pw-not-this'))).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/rejected the user tester or the password$/),
    })
    expect(await failureOf(server.url('not_there'))).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^there is no such database: the MySQL database not_there at 127/),
    })
    expect(await failureOf(server.url(name, 'stranger', 'pw-stranger'))).toMatchObject({
      exitCode: 4,
      hint: `have an administrator run: GRANT SELECT ON \`${name}\`.* TO 'stranger'@'…'`,
    })
  })

  test('is rejected with an explanation for a locked user, an expired password, and another plugin', async () => {
    const { server, name, sql } = await newMariaDatabase()
    const users = [
      ['locked', "IDENTIFIED BY 'pw-locked' ACCOUNT LOCK", 'is locked'],
      ['expired', "IDENTIFIED BY 'pw-expired' PASSWORD EXPIRE", 'has expired'],
      ['bysocket', 'IDENTIFIED VIA unix_socket', 'rejected the user bysocket'],
    ] as const
    for (const [user, how, message] of users) {
      sql(`CREATE USER IF NOT EXISTS ${user} ${how}; GRANT SELECT ON ${name}.* TO ${user}`)
      const error = await failureOf(server.url(name, user, `pw-${user}`))
      expect([user, error.exitCode, error.message]).toEqual([user, 4, expect.stringContaining(message)])
    }
  })

  test('over its socket needs no port', async () => {
    const { server, name } = await newMariaDatabase()
    const url = `mysql://tester:${encodeURIComponent(TESTER_PASSWORD)}@localhost/${name}?socket=${server.socket}`
    const connection = await Connection.open(endpointOf(url), { statementTimeout: undefined })
    expect(await connection.rows('SELECT DATABASE() AS name')).toEqual([{ name }])
    await connection.close()
  })

  test('ends at once when the reading is aborted', async () => {
    const { url } = await newMariaDatabase()
    const stop = new AbortController()
    const connection = await Connection.open(endpointOf(url), { statementTimeout: undefined, signal: stop.signal })
    const reading = connection.rows('SELECT SLEEP(200)')
    stop.abort()
    await expect(reading).rejects.toThrow('aborted')
    await connection.close()
  })

  test('does not buffer more rows than the reader takes', async () => {
    const { url } = await newMariaDatabase()
    const connection = await Connection.open(endpointOf(url), { statementTimeout: undefined })
    const before = process.memoryUsage().rss
    const rows = connection.stream("SELECT seq, REPEAT('x', 1000) AS x FROM seq_1_to_1000000")
    await rows.next()
    // While no rows are read, the server cannot have sent 1 GiB.
    const { server } = await newMariaDatabase()
    const state = () => server.sql("SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'Writing to net'")
    await expect.poll(state).toBe('1')
    expect(process.memoryUsage().rss - before).toBeLessThan(5e8)
    await rows.return(undefined)
    await connection.close()
  })
})

describe('a service that is not MySQL', () => {
  async function listening(answer: (server: Server) => void): Promise<string> {
    const server = createServer()
    answer(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
    })
    const address = server.address()
    return `mysql://u:pw-Other@127.0.0.1:${typeof address === 'object' ? address?.port : 0}/d`
  }

  test.each([
    ['sends another greeting', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['speaks the X protocol', Buffer.from([5, 0, 0, 0, 11, 8, 5, 26, 0])],
  ])('that %s is reported', async (_how, greeting) => {
    const url = await listening((server) => server.on('connection', (socket) => socket.end(greeting)))
    expect(await failureOf(url)).toMatchObject({ code: 'database_not_mysql' })
  })

  test('that closes the connection is reported', async () => {
    const url = await listening((server) => server.on('connection', (socket) => socket.end()))
    expect(await failureOf(url)).toMatchObject({ code: 'database_not_mysql' })
  })

  test('that does not exist is reported', async () => {
    const error = await failureOf('mysql://u:pw-Other@127.0.0.1:1/d')
    expect(error).toMatchObject({
      code: 'database_lost',
      message: expect.stringMatching(/cannot be reached: .*ECONNREFUSED/),
    })
  })

  test('that accepts no more connections is reported', async () => {
    const text = 'Too many connections'
    const packet = Buffer.concat([Buffer.from([0xff, 0x10, 0x04]), Buffer.from(text)])
    const greeting = Buffer.concat([Buffer.from([packet.length, 0, 0, 0]), packet])
    const url = await listening((server) => server.on('connection', (socket) => socket.end(greeting)))
    expect(await failureOf(url)).toMatchObject({ code: 'database_busy' })
  })
})

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}

describe.skipIf(mariaPrograms === undefined || !hasOpenssl())('TLS', () => {
  test('is verified, can be required by the server, and is reported when the server lacks it', async () => {
    const plain = await newMariaDatabase()
    const wanting = plain.url.replace('127.0.0.1', 'localhost')
    expect(await failureOf(`${wanting}?ssl-mode=VERIFY_IDENTITY`)).toMatchObject({
      code: 'database_untrusted',
      message: expect.stringContaining('does not offer TLS'),
    })

    const server = MariaServer.make()
    onTestFinished(() => server.remove())
    const [key, certificate] = [join(server.folder, 'key.pem'), join(server.folder, 'cert.pem')]
    makeCertificate('localhost', key, certificate)
    await server.start([`--ssl-cert=${certificate}`, `--ssl-key=${key}`, '--require-secure-transport=ON'])
    const database = await newMariaDatabase('CREATE TABLE t (a int); INSERT INTO t VALUES (7)', server)
    const named = database.url.replace('127.0.0.1', 'localhost')

    expect(await failureOf(`${named}?ssl-mode=VERIFY_IDENTITY`)).toMatchObject({
      code: 'database_untrusted',
      hint: expect.stringContaining('source.ca'),
    })
    expect(await failureOf(named)).toMatchObject({
      code: 'credentials_refused',
      hint: expect.stringContaining('if the server requires TLS, add ssl-mode=VERIFY_IDENTITY'),
    })
    for (const url of [
      `${named}?ssl-ca=${certificate}`,
      `${named}?ssl-mode=REQUIRED`,
      `${database.url}?ssl-mode=VERIFY_CA&ssl-ca=${certificate}`,
    ]) {
      const connection = await Connection.open(endpointOf(url), { statementTimeout: undefined })
      expect(await connection.rows('SELECT a FROM t')).toEqual([{ a: 7 }])
      const [cipher] = await connection.rows("SHOW STATUS LIKE 'Ssl_cipher'")
      expect(cipher?.Value).not.toBe('')
      await connection.close()
    }

    makeCertificate('db.example.com', key, certificate)
    server.sql('FLUSH SSL')
    expect(await failureOf(`${named}?ssl-ca=${certificate}`)).toMatchObject({
      code: 'database_untrusted',
      message: expect.stringContaining("does not match certificate's altnames"),
    })
  })
})

function makeCertificate(host: string, key: string, certificate: string): void {
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const files = ['-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  })
  // The server can run as another user.
  chmodSync(key, 0o644)
}
