import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type EmbeddedRequest, type EmbeddedSandbox, embedSandbox } from '../../src/sandbox/embedded.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { DOCUMENTED_LIMITS } from '../../src/workos/limiter.ts'
import { openTarget } from '../../src/workos/target.ts'
import { manifestWith } from '../mapping/manifest.ts'

const USERS = '/user_management/users'
const MEMBERSHIPS = '/user_management/organization_memberships'
const KEY = 'sk_test_door'

function embedded(options: Partial<Parameters<typeof embedSandbox>[0]> = {}): EmbeddedSandbox {
  const sandbox = embedSandbox({ data: ':memory:', limits: false, apiKey: KEY, ...options })
  onTestFinished(() => sandbox.close())
  return sandbox
}

function get(path: string, query: EmbeddedRequest['query'] = {}): EmbeddedRequest {
  return { method: 'GET', path, query, body: undefined }
}

function post(path: string, body: EmbeddedRequest['body']): EmbeddedRequest {
  return { method: 'POST', path, query: {}, body }
}

/** The response as read from the network. */
function written({ status, body }: ReturnType<EmbeddedSandbox['answer']>): { status: number; body: unknown } {
  return { status, body: JSON.parse(JSON.stringify(body ?? null)) }
}

test('a sandbox inside a run returns exactly what one with a port returns, except the users of memberships', async () => {
  const data = join(folder(), 'sandbox.sqlite')
  const within = embedded({ data })
  const made = (path: string, body: EmbeddedRequest['body']) => {
    const { status, body: answer } = within.answer(post(path, body))
    expect(status).toBeLessThan(300)
    return String(answer?.id)
  }
  const domain_data = [{ domain: 'acme.example', state: 'verified' }]
  const organization = made('/organizations', {
    name: 'Acme',
    external_id: 'acme',
    metadata: { plan: 'a' },
    domain_data,
  })
  made('/authorization/roles', { slug: 'admin', name: 'Admin' })
  const users = ['Ada', 'Bob', 'Žofie'].map((name, n) =>
    made(USERS, {
      email: `${name.toLowerCase()}@example.com`,
      first_name: name,
      external_id: `a/${n} %?`,
      metadata: { n: name },
    }),
  )
  const memberships = users.map((user_id, n) =>
    made(MEMBERSHIPS, {
      user_id,
      organization_id: organization,
      ...(n === 0 ? { role_slugs: ['member', 'admin'] } : {}),
    }),
  )
  const group = made(`/organizations/${organization}/groups`, { name: 'Engineers' })
  const ofGroup = `/organizations/${organization}/groups/${group}/organization-memberships`
  made(ofGroup, { organization_membership_id: memberships[1] ?? '' })
  made(`/authorization/groups/${group}/role_assignments`, { role_slug: 'admin' })

  const server = await startSandbox({ data })
  onTestFinished(() => server.close())
  const lists: [string, Record<string, string | number>][] = [
    [USERS, { limit: 2, order: 'asc' }],
    [USERS, { limit: 2, order: 'asc', after: users[1] ?? '' }],
    [USERS, { email: 'bob@example.com' }],
    [USERS, { limit: 1000 }],
    [`${USERS}/${users[2]}`, {}],
    [`${USERS}/external_id/${encodeURIComponent('a/2 %?')}`, {}],
    [`${USERS}/user_none`, {}],
    ['/organizations', { order: 'asc', after: '' }],
    ['/organizations', { domains: 'acme.example' }],
    [MEMBERSHIPS, { organization_id: organization, limit: 2, order: 'asc', statuses: 'active,inactive,pending' }],
    [MEMBERSHIPS, { organization_id: organization, limit: 2, order: 'asc', after: memberships[1] ?? '' }],
    [MEMBERSHIPS, { user_id: users[1] ?? '' }],
    [MEMBERSHIPS, {}],
    [`${MEMBERSHIPS}/${memberships[0]}`, {}],
    [ofGroup, {}],
    ['/authorization/roles', {}],
    [`/authorization/organizations/${organization}/roles`, {}],
    ['/nowhere', {}],
    ['/_sandbox/faults', {}],
  ]
  for (const [path, query] of lists) {
    const parameters = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) parameters.append(name, String(value))
    const headers = { authorization: `Bearer ${KEY}` }
    const response = await fetch(`${server.url}${path}?${parameters}`, { headers })
    if (path.startsWith('/_sandbox')) {
      expect(within.answer(get(path, query)).status, path).toBe(404)
    } else {
      const body = withoutUsers(await response.json())
      expect(written(within.answer(get(path, query))), path).toEqual({ status: response.status, body })
    }
  }
})

/** A membership, or a page of them, as a run sees it. */
function withoutUsers(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (name, value) => (name === 'user' ? undefined : value))
}

test('it shows the environment of its key, and rejects anything that is not a key', async () => {
  const data = join(folder(), 'sandbox.sqlite')
  embedded({ data }).answer(post(USERS, { email: 'ada@example.com' }))
  const emails = (apiKey: string) => written(embedded({ data, apiKey }).answer(get(USERS)))
  expect(emails(`${KEY}.2`)).toMatchObject({ status: 200, body: { data: [{ email: 'ada@example.com' }] } })
  expect(emails('sk_test_other')).toMatchObject({ status: 200, body: { data: [] } })
  expect(emails('no-key')).toMatchObject({ status: 401 })
})

test('it rejects what the server rejects before a handler runs', () => {
  const sandbox = embedded()
  const tooLarge = post(USERS, { email: `${'x'.repeat(1024 * 1024)}@example.com` })
  expect(sandbox.answer(tooLarge)).toMatchObject({ status: 413, body: { code: 'payload_too_large' } })
  expect(sandbox.answer(post('/nowhere', {}))).toMatchObject({ status: 404, body: { code: 'route_not_found' } })
  expect(sandbox.answer(post(USERS, { email: 'ada' }))).toMatchObject({ status: 400 })
})

test('with limits it shows when a request would be admitted', () => {
  const sandbox = embedded({ limits: true })
  let refused: ReturnType<EmbeddedSandbox['answer']> | undefined
  for (let n = 0; n < 1001; n += 1) {
    const answer = sandbox.answer(get(USERS))
    if (answer.status === 429) refused = answer
    else expect(answer).toMatchObject({ status: 200, waitMs: 0 })
  }
  expect(refused?.waitMs).toBeGreaterThan(0)
  expect(refused?.waitMs).toBeLessThanOrEqual(10_000)
})

test('a target of type sandbox opens no port, and writes its key nowhere', async () => {
  const directory = folder()
  const manifest = manifestWith({}, { target: { type: 'sandbox', apiKey: KEY, data: './sandbox.sqlite', timeout: 60 } })
  const listens = vi.spyOn(Server.prototype, 'listen')
  onTestFinished(() => listens.mockRestore())
  for (let n = 0; n < 2; n += 1) {
    const target = await openTarget({ manifest, directory })
    await target.client.write({ method: 'POST', path: '/organizations', body: { name: `Acme ${n}` } })
    expect(listens).not.toHaveBeenCalled()
    await target.close()
  }
  for (const name of readdirSync(directory)) {
    expect(readFileSync(join(directory, name), 'latin1')).not.toContain(KEY.slice(3))
  }
  // The environment is that of the manifest's key, for anyone who opens the file.
  const list = embedded({ data: join(directory, 'sandbox.sqlite') }).answer(get('/organizations'))
  expect(list.body).toMatchObject({ data: [{ name: 'Acme 1' }, { name: 'Acme 0' }] })
})

test('an interruption ends the reads of a target of type sandbox, and lets earlier requests finish', async () => {
  const interruption = new AbortController()
  const manifest = manifestWith({}, { target: { type: 'sandbox', apiKey: KEY, data: './sandbox.sqlite', timeout: 60 } })
  const target = await openTarget({ manifest, directory: folder(), interrupted: interruption.signal })
  onTestFinished(() => target.close())
  expect(await target.client.read('/organizations')).toMatchObject({ data: [] })
  const reads = [1, 2, 3].map(() => target.client.read('/organizations').catch((error: unknown) => error))
  interruption.abort(new Error('interrupted'))
  expect(await Promise.all(reads)).toEqual(reads.map(() => new Error('interrupted')))
})

test('a signal arrives between two responses', async () => {
  const manifest = manifestWith({}, { target: { type: 'sandbox', apiKey: KEY, data: './sandbox.sqlite', timeout: 60 } })
  const target = await openTarget({ manifest, directory: folder() })
  onTestFinished(() => target.close())
  let rung = false
  setTimeout(() => {
    rung = true
  }, 1)
  while (!rung) await target.client.read('/organizations')
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'embedded-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('requests wait their turn only if limits are enforced or set', async () => {
  const leastOf = async (limits: boolean, writes?: string) => {
    const { run } = manifestWith({})
    const target = { type: 'sandbox', apiKey: KEY, data: './sandbox.sqlite', timeout: 60, limits } as const
    const written = writes?.endsWith('%') ? writes : { ...DOCUMENTED_LIMITS, ...(writes !== undefined && { writes }) }
    const paced = { ...run, limits: written }
    const opened = await openTarget({ manifest: manifestWith({}, { target, run: paced }), directory: folder() })
    onTestFinished(() => opened.close())
    // A plan shows the time that WorkOS would take.
    expect(opened.limits.requests).toEqual({ count: writes === '50%' ? 3000 : 6000, perMs: 60_000 })
    return opened.leastMs({ write: 1600 })
  }
  expect(await leastOf(false)).toBe(0)
  expect(await leastOf(true)).toBeGreaterThan(10_000)
  expect(await leastOf(false, '10/1s')).toBeGreaterThan(100_000)
  expect(await leastOf(false, '50%')).toBeGreaterThan(60_000)
})
