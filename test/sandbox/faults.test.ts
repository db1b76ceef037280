import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import {
  allFaults,
  type Fault,
  type FaultReport,
  type FaultSet,
  parseFaultSet,
} from '../../src/sandbox/faults/fault.ts'
import { type RequestLogEntry, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts'

const USERS = '/user_management/users'
const CONTROL = '/_sandbox/faults'

interface Body {
  id: string
  message: string
  data: Body[]
  email: string
}

async function bodyOf(answer: Response | Promise<Response>): Promise<Body> {
  return (await (await answer).json()) as Body
}

async function start(faults: readonly Fault[] = [], options: Partial<SandboxOptions> = {}) {
  const log: RequestLogEntry[] = []
  const sandbox = await startSandbox({
    data: ':memory:',
    faults: { faults },
    onRequest: (entry) => log.push(entry),
    ...options,
  })
  onTestFinished(() => sandbox.close())
  const call = (method: string, path: string, body?: unknown, key = 'sk_test_faults', timeout = 5000) =>
    fetch(sandbox.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    })
  /** Email addresses of the users, read without faults. */
  const emails = async () => {
    sandbox.setFaults(undefined)
    const { data } = await bodyOf(call('GET', `${USERS}?limit=100&order=asc`))
    return data.map(({ email }) => email)
  }
  const create = (name: string, timeout?: number) =>
    call('POST', USERS, { email: `${name}@example.com`, external_id: `id-${name}` }, undefined, timeout)
  return { sandbox, log, call, create, emails }
}

test.each<[Fault, number, string | null, string[]]>([
  [{ kind: 'rate-limited', retryAfter: 3 }, 429, '3', []],
  [{ kind: 'rate-limited' }, 429, null, []],
  [{ kind: 'unavailable', retryAfter: 2 }, 503, '2', []],
  [{ kind: 'unavailable' }, 503, null, []],
  [{ kind: 'error', when: 'before' }, 500, null, []],
  [{ kind: 'error', when: 'after' }, 500, null, ['ada@example.com']],
  [{ kind: 'answered', status: 403, when: 'before' }, 403, null, []],
  [{ kind: 'answered', status: 409, code: 'domain_already_exists', when: 'before' }, 409, null, []],
  [{ kind: 'bad-gateway', when: 'before' }, 502, null, []],
  [{ kind: 'bad-gateway', when: 'after' }, 502, null, ['ada@example.com']],
])('%j answers %d with Retry-After %s, and leaves %j', async (fault, status, retryAfter, left) => {
  const { create, emails, sandbox, log } = await start([fault])
  const answer = await create('ada')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter])
  if (status === 502) expect(await answer.text()).toContain('<html>')
  else expect(await answer.json()).toHaveProperty('message')
  expect(log).toMatchObject([{ method: 'POST', status, fault: fault.kind }])
  expect(sandbox.faults()).toEqual({ seed: 1, faults: [{ ...fault, seen: 1, injected: 1 }] })
  expect(sandbox.requests().byStatus).toEqual({ [status]: 1 })
  expect(await emails()).toEqual(left)
})

test('another success status follows a request that took effect, for one method only', async () => {
  const fault: Fault = { kind: 'answered', status: 202, when: 'after', method: 'DELETE', route: `${USERS}/:id` }
  const { create, call, emails } = await start([fault])
  const { id } = await bodyOf(create('ada'))
  expect((await call('GET', `${USERS}/${id}`)).status).toBe(200)
  const deleted = await call('DELETE', `${USERS}/${id}`)
  expect([deleted.status, await deleted.text()]).toEqual([202, ''])
  expect((await call('DELETE', `${USERS}/${id}`)).status).toBe(404)
  expect(await emails()).toEqual([])
})

test('a configured response has its code', async () => {
  const { create } = await start([{ kind: 'answered', status: 400, code: 'email_already_verified', when: 'before' }])
  expect(await (await create('ada')).json()).toMatchObject({ code: 'email_already_verified' })
})

test.each<[Fault, string, string[]]>([
  [{ kind: 'dropped', when: 'before' }, 'TypeError', []],
  [{ kind: 'dropped', when: 'after' }, 'TypeError', ['ada@example.com']],
  [{ kind: 'silent', when: 'before' }, 'TimeoutError', []],
  [{ kind: 'silent', when: 'after' }, 'TimeoutError', ['ada@example.com']],
  [{ kind: 'slow', ms: 600 }, 'TimeoutError', ['ada@example.com']],
  [{ kind: 'dribbled', ms: 5000 }, 'TimeoutError', ['ada@example.com']],
])('%j gives the client no response (%s), and leaves %j', async (fault, name, left) => {
  const { create, emails, sandbox, log } = await start([fault])
  const failure = await create('ada', 300)
    .then((answer) => answer.text())
    .catch((error: Error) => error)
  expect(failure).toMatchObject({ name })
  await expect.poll(() => log.length, { timeout: 10_000 }).toBe(1)
  expect(sandbox.faults().faults).toMatchObject([{ injected: 1 }])
  expect(await emails()).toEqual(left)
})

test('slow and dribbled responses are complete', async () => {
  const { create } = await start([
    { kind: 'slow', ms: 20, every: 2 },
    { kind: 'dribbled', ms: 20 },
  ])
  for (const name of ['ada', 'bob', 'cleo', 'dan']) {
    const answer = await create(name)
    expect(answer.status).toBe(201)
    expect(await answer.json()).toMatchObject({ email: `${name}@example.com` })
  }
})

test('a dribbled response arrives in several pieces', async () => {
  const { sandbox } = await start([{ kind: 'dribbled', ms: 100 }])
  const socket = connect(sandbox.port, '127.0.0.1')
  const pieces: string[] = []
  socket.on('data', (piece) => pieces.push(String(piece)))
  socket.write(
    `GET ${USERS} HTTP/1.1\r\nHost: 127.0.0.1:${sandbox.port}\r\nAuthorization: Bearer sk_test_x\r\nConnection: close\r\n\r\n`,
  )
  await once(socket, 'end')
  expect(pieces.length).toBeGreaterThan(5)
  expect(pieces.join('').replaceAll(/\r\n8\r\n/g, '')).toContain('"list_metadata"')
})

test('a rate injects into that share of requests, the same ones for the same seed', async () => {
  const faultsOf = async (seed: number) => {
    const faults: FaultSet = { seed, faults: [{ kind: 'error', when: 'before', rate: 0.2 }] }
    const { call, sandbox, log } = await start([], { faults })
    for (let n = 0; n < 300; n += 1) await (await call('GET', USERS)).text()
    const { injected } = sandbox.faults().faults[0] ?? { injected: 0 }
    const injectedInto = log.map(({ fault }) => fault !== undefined)
    expect(injectedInto.filter(Boolean)).toHaveLength(injected)
    expect(injected).toBeGreaterThan(30)
    expect(injected).toBeLessThan(90)
    return injectedInto
  }
  const first = await faultsOf(7)
  expect(await faultsOf(7)).toEqual(first)
  expect(await faultsOf(8)).not.toEqual(first)
})

test('the rates of several faults add up, each with its own share', async () => {
  const { call, sandbox, log } = await start([
    { kind: 'error', when: 'before', rate: 0.5 },
    { kind: 'unavailable', rate: 0.5 },
  ])
  for (let n = 0; n < 100; n += 1) await (await call('GET', USERS)).text()
  const [errors = 0, unavailable = 0] = sandbox.faults().faults.map(({ injected }) => injected)
  expect(errors + unavailable).toBe(100)
  expect(Math.min(errors, unavailable)).toBeGreaterThan(30)
  expect(log.every(({ fault }) => fault !== undefined)).toBe(true)
})

test('every, times, requests and route choose what gets a fault', async () => {
  const { call, create, sandbox } = await start([
    { kind: 'error', when: 'before', requests: 'writes', every: 2, times: 1 },
    { kind: 'unavailable', requests: 'reads', route: '/organizations' },
  ])
  const statuses: number[] = []
  for (const name of ['a', 'b', 'c', 'd']) statuses.push((await create(name)).status)
  expect(statuses).toEqual([201, 500, 201, 201])
  expect((await call('GET', USERS)).status).toBe(200)
  expect((await call('GET', '/organizations')).status).toBe(503)
  expect((await call('POST', '/organizations', { name: 'Acme' })).status).toBe(201)
  expect(sandbox.faults().faults).toMatchObject([
    { seen: 5, injected: 1 },
    { seen: 1, injected: 1 },
  ])
})

test('a write that the handler rejects has no effect for a fault to follow', async () => {
  const { create, sandbox, log } = await start([{ kind: 'dropped', when: 'after', every: 2 }])
  expect((await create('ada')).status).toBe(201)
  expect((await create('ada')).status).toBe(400)
  expect(sandbox.faults().faults).toMatchObject([{ seen: 2, injected: 0 }])
  expect(log[1]).not.toHaveProperty('fault')
})

test('every write about one user is rejected, by email or external ID', async () => {
  const { call, create, sandbox } = await start()
  const { id } = await bodyOf(create('ada'))
  const bob = await bodyOf(create('bob'))
  const acme = await bodyOf(call('POST', '/organizations', { name: 'Acme' }))
  sandbox.setFaults({ faults: [{ kind: 'refused', user: 'ADA@example.com' }] })
  const refused = await call('PUT', `${USERS}/${id}`, { first_name: 'Ada' })
  expect(refused.status).toBe(422)
  expect(await refused.json()).toMatchObject({
    code: 'invalid_request_parameters',
    errors: [{ code: 'refused_by_fault' }],
  })
  const membership = { user_id: id, organization_id: acme.id }
  expect((await call('POST', '/user_management/organization_memberships', membership)).status).toBe(422)
  expect((await call('GET', `${USERS}/${id}`)).status).toBe(200)
  expect((await call('PUT', `${USERS}/${bob.id}`, { first_name: 'Bob' })).status).toBe(200)
  sandbox.setFaults({ faults: [{ kind: 'refused', user: 'id-cleo' }] })
  expect((await create('cleo')).status).toBe(422)
  expect((await create('dan')).status).toBe(201)
})

test('every write about one organization is rejected, by name, external ID or WorkOS ID', async () => {
  const { call, create, sandbox } = await start([{ kind: 'refused', organization: 'acme inc' }])
  expect((await call('POST', '/organizations', { name: 'Acme Inc' })).status).toBe(422)
  const other = await bodyOf(call('POST', '/organizations', { name: 'Other', external_id: 'other' }))
  const user = await bodyOf(create('ada'))
  const membership = await bodyOf(
    call('POST', '/user_management/organization_memberships', { user_id: user.id, organization_id: other.id }),
  )
  for (const organization of ['OTHER', other.id]) {
    sandbox.setFaults({ faults: [{ kind: 'refused', organization }] })
    expect((await call('PUT', `/organizations/${other.id}`, { name: 'Else' })).status).toBe(422)
    const path = `/user_management/organization_memberships/${membership.id}`
    expect((await call('PUT', path, { role_slug: 'member' })).status).toBe(422)
    expect((await call('PUT', `${USERS}/${user.id}`, { first_name: 'Ada' })).status).toBe(200)
  }
})

test('the key in use is revoked after N requests, another key of the environment is not', async () => {
  const { call, sandbox } = await start([{ kind: 'revoked', after: 2 }])
  const status = async (key: string) => (await call('GET', USERS, undefined, key)).status
  expect([await status('sk_test_a'), await status('sk_test_a'), await status('sk_test_a')]).toEqual([200, 200, 401])
  expect([await status('sk_test_a.2'), await status('sk_test_a')]).toEqual([200, 401])
  expect(JSON.stringify(sandbox.faults())).not.toContain('sk_test_a')
  sandbox.setFaults(undefined)
  expect(await status('sk_test_a')).toBe(200)
})

test('faults are set, read and removed while it runs, without a trace among the requests', async () => {
  const { call, sandbox, log } = await start()
  const faults = { seed: 4, faults: [{ kind: 'error', when: 'before' }] }
  expect(await (await call('PUT', CONTROL, faults)).json()).toEqual({
    seed: 4,
    faults: [{ kind: 'error', when: 'before', seen: 0, injected: 0 }],
  } satisfies FaultReport)
  expect(log).toEqual([])
  expect((await call('GET', USERS)).status).toBe(500)
  expect(await (await call('GET', CONTROL)).json()).toMatchObject({ faults: [{ seen: 1, injected: 1 }] })
  expect((await call('DELETE', CONTROL)).status).toBe(200)
  expect((await call('GET', USERS)).status).toBe(200)
  expect(sandbox.requests().total).toBe(2)
})

test.each<[string, unknown, number, string]>([
  ['PUT', { faults: [{ kind: 'errors' }] }, 400, 'faults[0].kind: must be one of rate-limited, error'],
  ['PUT', 'no object', 400, 'faults: must be a list'],
  ['POST', {}, 405, 'Use GET, PUT or DELETE'],
])('%s of %j at the control endpoint is answered %#', async (method, body, status, message) => {
  const { call } = await start()
  const answer = await call(method, CONTROL, body)
  expect(answer.status).toBe(status)
  expect((await bodyOf(answer)).message).toContain(message)
})

test.each<[unknown, string]>([
  [42, 'must be a list, or an object'],
  [{ fault: [] }, 'does not accept fault; it accepts seed, faults'],
  [{ seed: 1.5, faults: [] }, 'seed: must be a whole number'],
  [[{ kind: 'error', rate: 5 }], 'faults[0].rate: must be a number from 0 to 1'],
  [[{ kind: 'error', every: 0 }], 'faults[0].every: must be a whole number of at least 1'],
  [[{ kind: 'error', every: 3, rate: 0.1 }], 'accepts rate or every, not both'],
  [[{ kind: 'error', ms: 3 }], 'does not accept ms'],
  [[{ kind: 'error', when: 'never' }], 'faults[0].when: must be before or after'],
  [[{ kind: 'error', requests: 'all' }], 'faults[0].requests: must be reads or writes'],
  [[{ kind: 'error', route: '/users' }], 'faults[0].route: must be /user_management/users or'],
  [[{ kind: 'slow' }, { kind: 'slow', ms: 'long' }], 'faults[1].ms: must be a whole number'],
  [[{ kind: 'refused' }], 'needs the user or organization'],
  [[{ kind: 'refused', user: '' }], 'faults[0].user: must be a string'],
  [[{ kind: 'error', method: 'LIST' }], 'faults[0].method: must be GET or POST'],
  [[{ kind: 'answered' }], 'faults[0].status: must be a whole number from 200 to 499'],
  [[{ kind: 'answered', status: 500 }], 'faults[0].status: must be a whole number from 200 to 499'],
  [[{ kind: 'answered', status: 202 }], 'faults[0].when: must be after for a success status'],
  [[{ kind: 'answered', status: 403, when: 'after' }], 'faults[0].when: must be after for a success status'],
  [[{ kind: 'answered', status: 202, when: 'after', code: 'x' }], 'faults[0].code: is only for a rejection'],
  [['error'], 'faults[0]: must be an object'],
])('%j is not a valid set of faults: %s', (value, message) => {
  expect(() => parseFaultSet(value)).toThrow(message)
})

test('all passing faults at one rate can be written down and read again', () => {
  const set = allFaults(0.05)
  expect(parseFaultSet(JSON.parse(JSON.stringify(set)))).toEqual(set)
  expect(new Set(set.faults.map(({ kind }) => kind)).size).toBe(8)
})
