import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StateError } from '../../src/diagnostics/errors.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { KEY, refusalOf, startSubject } from './harness.ts'

const USERS = '/user_management/users'
let folder: string
let data: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'))
  data = path.join(folder, 'deep', 'sandbox.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('keys and environments', () => {
  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer pk_test_x',
    'Bearer sk_',
    'Basic sk_test_x',
    'Bearer sk_test x',
  ])('the authorization %j is rejected', async (authorization) => {
    const subject = await startSubject()
    const response = await fetch(subject.url + USERS, { headers: authorization === undefined ? {} : { authorization } })
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ message: 'Unauthorized' })
    await subject.close()
  })

  test('environments are separate; keys of one environment share it', async () => {
    const subject = await startSubject()
    const user = await subject.ok('POST', USERS, { email: 'a@example.com', external_id: 'a' }, 'sk_test_one')
    expect((await subject.call('GET', `${USERS}/${user.id}`, undefined, 'sk_test_two')).status).toBe(404)
    expect((await subject.ok('GET', USERS, undefined, 'sk_test_two')).data).toEqual([])
    await subject.ok('POST', USERS, { email: 'a@example.com', external_id: 'a' }, 'sk_test_two')
    expect((await subject.ok('GET', USERS, undefined, 'sk_test_one.rotated')).data).toEqual([user])
    const clash = await subject.call('POST', USERS, { email: 'a@example.com' }, 'sk_test_one.3')
    expect(refusalOf(clash)).toEqual([400, 'user_creation_error', 'email_not_available'])
    await subject.close()
  })
})

describe('persistence', () => {
  test('everything is there after a restart', async () => {
    const first = await startSubject({ data })
    const user = await first.ok('POST', USERS, { email: 'a@example.com', metadata: { k: 'v' } })
    const organization = await first.ok('POST', '/organizations', { name: 'One', domains: ['one.example.com'] })
    const pair = { user_id: user.id, organization_id: organization.id }
    const membership = await first.ok('POST', '/user_management/organization_memberships', pair)
    await first.close()

    const second = await startSubject({ data })
    expect(await second.ok('GET', `${USERS}/${user.id}`)).toEqual(user)
    expect(await second.ok('GET', `/organizations/${organization.id}`)).toEqual(organization)
    expect(await second.ok('GET', `/user_management/organization_memberships/${membership.id}`)).toEqual(membership)
    expect((await second.ok('GET', '/authorization/roles')).data).toHaveLength(1)
    await second.close()
  })

  test('files are private', async () => {
    const subject = await startSubject({ data })
    await subject.ok('POST', USERS, { email: 'a@example.com' })
    expect(statSync(path.dirname(data)).mode & 0o777).toBe(0o700)
    const files = readdirSync(path.dirname(data))
    expect(files).toContain('sandbox.sqlite')
    for (const file of files) expect(statSync(path.join(path.dirname(data), file)).mode & 0o777).toBe(0o600)
    await subject.close()
  })

  test('no key, password, hash or TOTP secret is written to a file', async () => {
    const hash = `$2b$10$${'Q'.repeat(53)}`
    const subject = await startSubject({ data })
    const key = 'sk_test_env.rotationsecret'
    const user = await subject.ok('POST', USERS, { email: 'a@example.com', password: 'correct horse battery' }, key)
    await subject.ok('PUT', `${USERS}/${user.id}`, { password_hash: hash, password_hash_type: 'bcrypt' }, key)
    await subject.ok('POST', `${USERS}/${user.id}/auth_factors`, { type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }, key)
    const read = () => readdirSync(path.dirname(data)).map((name) => readFileSync(path.join(path.dirname(data), name)))
    const files = read()
    await subject.close()
    files.push(...read())
    const secrets = ['correct horse', 'Q'.repeat(53), 'JBSWY3DPEHPK3PXP', 'rotationsecret']
    expect(secrets.filter((secret) => files.some((content) => content.includes(secret)))).toEqual([])
    expect(files.some((content) => content.includes('a@example.com'))).toBe(true)
  })

  test.each([
    ['text', 'this is not a database, but it is long enough to be looked at'.repeat(20)],
    ['another database', undefined],
  ])('%s in place of the data is rejected and unchanged', async (_what, content) => {
    const file = path.join(folder, 'other.sqlite')
    if (content === undefined) {
      const other = new DatabaseSync(file)
      other.exec('CREATE TABLE theirs (x)')
      other.close()
    } else writeFileSync(file, content)
    const before = readFileSync(file)
    await expect(startSandbox({ data: file })).rejects.toThrow(StateError)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('data of a later version is rejected', async () => {
    await (await startSandbox({ data })).close()
    const database = new DatabaseSync(data)
    database.exec('PRAGMA user_version = 99')
    database.close()
    await expect(startSandbox({ data })).rejects.toThrow(/version 99/)
  })
})

describe('HTTP', () => {
  test('unknown paths and methods are 404 in JSON', async () => {
    const subject = await startSubject()
    expect(refusalOf(await subject.call('GET', '/nowhere'))).toEqual([404, 'route_not_found'])
    expect(refusalOf(await subject.call('PATCH', USERS, {}))).toEqual([404, 'route_not_found'])
    expect(refusalOf(await subject.call('GET', `${USERS}/%zz`))).toEqual([404, 'route_not_found'])
    await subject.close()
  })

  test.each(['{"email":', '[]', '"text"', 'null'])('the body %s is rejected', async (body) => {
    const subject = await startSubject()
    expect(refusalOf(await subject.call('POST', USERS, body))).toEqual([400, 'bad_request'])
    await subject.close()
  })

  test('a body above a megabyte is rejected, and the connection stays open', async () => {
    const subject = await startSubject()
    const body = JSON.stringify({ email: 'a@example.com', metadata: { k: 'v'.repeat(1024 * 1024) } })
    expect(refusalOf(await subject.call('POST', USERS, body))).toEqual([413, 'payload_too_large'])
    expect((await subject.call('GET', USERS)).status).toBe(200)
    await subject.close()
  })

  test('every response has its own request ID', async () => {
    const subject = await startSubject()
    const ids = []
    for (const target of [USERS, '/nowhere']) ids.push((await subject.call('GET', target)).headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^req_[0-9A-HJKMNP-TV-Z]{26}$/)
    await subject.close()
  })

  test('requests are counted by kind, route and status, and logged without the key', async () => {
    const sandboxLog: string[] = []
    const sandbox = await startSandbox({
      data: ':memory:',
      onRequest: (entry) => sandboxLog.push(JSON.stringify(entry)),
    })
    const headers = { authorization: `Bearer ${KEY}`, 'idempotency-key': 'once' }
    await fetch(sandbox.url + USERS, { method: 'POST', headers, body: JSON.stringify({ email: 'a@example.com' }) })
    await fetch(`${sandbox.url}${USERS}?limit=5`, { headers })
    await fetch(`${sandbox.url}/nowhere`)
    expect(sandbox.requests()).toEqual({
      total: 3,
      reads: 2,
      writes: 1,
      byRoute: { [`POST ${USERS}`]: 1, [`GET ${USERS}`]: 1, unknown: 1 },
      byStatus: { 200: 1, 201: 1, 401: 1 },
    })
    expect(JSON.parse(sandboxLog[0] ?? '')).toMatchObject({
      method: 'POST',
      route: USERS,
      status: 201,
      body: { email: 'a@example.com' },
      responseBody: { object: 'user' },
      headers: { 'idempotency-key': 'once' },
    })
    expect(JSON.parse(sandboxLog[1] ?? '')).toMatchObject({ path: `${USERS}?limit=5`, status: 200 })
    expect(sandboxLog.join()).not.toContain(KEY)
    await sandbox.close()
  })

  test('close ends idle keep-alive connections and frees the port', async () => {
    const sandbox = await startSandbox({ data: ':memory:' })
    const agent = new http.Agent({ keepAlive: true })
    await new Promise<void>((resolve) => {
      http.get(`${sandbox.url}/nowhere`, { agent }, (response) => response.resume().on('end', resolve))
    })
    await sandbox.close()
    const again = await startSandbox({ data: ':memory:', port: sandbox.port })
    expect(again.port).toBe(sandbox.port)
    await again.close()
    agent.destroy()
  })

  test('a port in use is an error', async () => {
    const sandbox = await startSandbox({ data: ':memory:' })
    await expect(startSandbox({ data, port: sandbox.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await sandbox.close()
  })
})

describe('interceptors', () => {
  const send = (url: string) =>
    fetch(url + USERS, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ email: 'a@example.com' }),
    })

  test('before the handler, an interceptor can respond instead', async () => {
    const sandbox = await startSandbox({
      data: ':memory:',
      interceptor: {
        before({ request, response }) {
          if (request.method !== 'POST') return false
          response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
          return true
        },
      },
    })
    expect((await send(sandbox.url)).status).toBe(502)
    const list = await fetch(sandbox.url + USERS, { headers: { authorization: `Bearer ${KEY}` } })
    expect(await list.json()).toMatchObject({ data: [] })
    await sandbox.close()
  })

  test('after the handler, an interceptor can drop the connection although the write took effect', async () => {
    const sandbox = await startSandbox({
      data: ':memory:',
      interceptor: {
        after({ request }, reply) {
          if (reply.status !== 201) return false
          request.socket.destroy()
          return true
        },
      },
    })
    await expect(send(sandbox.url)).rejects.toThrow()
    const list = await fetch(sandbox.url + USERS, { headers: { authorization: `Bearer ${KEY}` } })
    expect(await list.json()).toMatchObject({ data: [{ email: 'a@example.com' }] })
    await sandbox.close()
  })

  test('an unanswered request does not keep the sandbox from closing', async () => {
    const arrived = Promise.withResolvers<void>()
    const sandbox = await startSandbox({
      data: ':memory:',
      interceptor: {
        before() {
          arrived.resolve()
          return true
        },
      },
    })
    const answer = send(sandbox.url).catch((error: unknown) => error)
    await arrived.promise
    await sandbox.close()
    expect(await answer).toBeInstanceOf(Error)
  })
})
