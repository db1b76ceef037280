import { expect, test } from 'vitest'
import type { Reply } from '../../src/sandbox/call.ts'
import type { Exchange, Interceptor } from '../../src/sandbox/server.ts'
import { byKind } from './kinds.ts'
import { member, peopleProject } from './people.ts'
import { KEY, startWorkos } from './workos.ts'

const env = { KEY }

/** A failure in transit. */
type Fault = Pick<Interceptor, 'before' | 'after'>

/** Each 429 makes the client pause for a second or more, so a few are enough. */
const FEW = 3

function answer({ response }: Exchange, status: number, headers: Record<string, string>, text: string): true {
  response.writeHead(status, headers)
  response.end(text)
  return true
}

function drop({ request }: Exchange): true {
  request.socket.destroy()
  return true
}

const TOO_MANY = '{"message":"Too many requests.","code":"rate_limit_exceeded"}'
const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }

const FAULTS: [string, Fault][] = [
  [
    '429 with Retry-After',
    { before: (exchange) => answer(exchange, 429, { ...json, 'retry-after': '0.1' }, TOO_MANY) },
  ],
  ['429 without Retry-After', { before: (exchange) => answer(exchange, 429, json, TOO_MANY) }],
  ['503 with Retry-After', { before: (exchange) => answer(exchange, 503, { 'retry-after': '0.1' }, '') }],
  ['500 before the effect', { before: (exchange) => answer(exchange, 500, json, '{"message":"Internal error"}') }],
  ['500 after the effect', { after: (exchange) => answer(exchange, 500, json, '{"message":"Internal error"}') }],
  ['an HTML 502 before the effect', { before: (exchange) => answer(exchange, 502, html, '<h1>Bad gateway</h1>') }],
  ['an HTML 502 after the effect', { after: (exchange) => answer(exchange, 502, html, '<h1>Bad gateway</h1>') }],
  ['a dropped connection before the effect', { before: drop }],
  ['a dropped connection after the effect', { after: drop }],
  ['a success without its JSON after the effect', { after: (exchange) => answer(exchange, 201, html, '<p>Done</p>') }],
  [
    'an answer that breaks off after the effect',
    {
      after({ response, request }: Exchange, { status, body }: Reply) {
        const text = JSON.stringify(body)
        response.writeHead(status, { ...json, 'content-length': String(text.length) })
        response.write(text.slice(0, 20), () => request.socket.destroy())
        return true
      },
    },
  ],
]

/** Injects the fault into every seventh request, and never twice into the same one. */
function everySeventh(fault: Fault, atMost: number): Interceptor & { count: number } {
  let seen = 0
  const hit = new Set<string>()
  const injectInto = (exchange: Exchange, inject: (() => boolean | Promise<boolean>) | undefined) => {
    const identity = `${exchange.request.method} ${exchange.request.url} ${exchange.text}`
    seen += 1
    if (inject === undefined || seen % 7 !== 3 || hit.has(identity) || interceptor.count === atMost) return false
    hit.add(identity)
    interceptor.count += 1
    return inject()
  }
  const interceptor: Interceptor & { count: number } = { count: 0 }
  const { before, after } = fault
  if (before) interceptor.before = (exchange) => injectInto(exchange, () => before(exchange))
  if (after) interceptor.after = (exchange, reply) => injectInto(exchange, () => after(exchange, reply))
  return interceptor
}

const ROWS = Array.from({ length: 24 }, (_, n) => member(`user${n}`, `org-${n % 4}`, { role_slugs: 'admin' }))

test.each(FAULTS)('%s: the end state is exact, without duplicates', async (name, fault) => {
  const faulty = everySeventh(fault, name.includes('Retry-After') ? FEW : Number.POSITIVE_INFINITY)
  const workos = await startWorkos({ interceptor: faulty })
  const project = peopleProject(workos, ROWS)
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  expect(faulty.count).toBeGreaterThanOrEqual(FEW)
  expect(byKind(JSON.parse(applied.stdout).kinds)).toMatchObject({
    role: { created: 1 },
    organization: { created: 4 },
    user: { created: 24 },
    membership: { created: 24 },
  })

  const live = await workos.snapshot()
  expect(live.users.map(({ email }) => email).sort()).toEqual(ROWS.map(({ email }) => email).sort())
  expect(live.organizations.map(({ external_id }) => external_id).sort()).toEqual(['org-0', 'org-1', 'org-2', 'org-3'])
  expect(live.memberships).toEqual(
    ROWS.map((row) => [`${row.email}@@${row.org_external_id}`, ['admin']]).sort(([a = ''], [b = '']) =>
      a < b ? -1 : 1,
    ),
  )
  expect(live.roles).toEqual(['admin', 'member'])

  project.csv(
    'users.csv',
    ROWS.map((row) => ({ ...row, last_name: 'Changed' })),
  )
  const updated = await project.run(['apply', '--yes', '--json'], { env })
  expect(updated.exit, updated.stdout + updated.stderr).toBe(0)
  expect(byKind(JSON.parse(updated.stdout).kinds)).toMatchObject({ user: { updated: 24, failed: 0 } })
  expect((await workos.snapshot()).users.every(({ last_name }) => last_name === 'Changed')).toBe(true)
  const planned = await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })
  expect(planned.exit, planned.stdout).toBe(0)
})

test('a write without a response stays open, and the next apply looks it up first', async () => {
  let lost = true
  const isAda = ({ request, text }: Exchange) => request.method === 'POST' && text.includes('ada@example.com')
  const isRead = ({ request }: Exchange) => request.method === 'GET'
  let wrote = false
  const workos = await startWorkos({
    interceptor: {
      before: (exchange) => (lost && wrote && isRead(exchange) ? answer(exchange, 500, {}, '') : false),
      after(exchange) {
        if (!lost || !isAda(exchange)) return false
        wrote = true
        return drop(exchange)
      },
    },
  })
  const project = peopleProject(workos, [member('ada', 'acme')], { roles: {} })
  const interrupt = new AbortController()
  const running = project.run(['apply', '--yes'], { env, interrupted: interrupt.signal })
  await expect.poll(() => wrote, { timeout: 30_000 }).toBe(true)
  interrupt.abort()
  expect(await running).toMatchObject({ exit: 130 })
  expect(JSON.parse((await project.run(['state', 'show', '--json'])).stdout)).toMatchObject({ openWrites: 1 })

  lost = false
  workos.takeLog()
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(applied.stderr).toContain(
    'An earlier run was interrupted: 1 write had no response; WorkOS confirms 1 of them.',
  )
  expect(workos.takeLog().filter(({ method }) => method === 'POST')).toHaveLength(1)
  expect((await workos.snapshot()).users).toHaveLength(1)
})

test('a repeated write has the same Idempotency-Key, every other write its own', async () => {
  const fault = FAULTS.find(([name]) => name === '500 before the effect')?.[1] ?? {}
  const workos = await startWorkos({ interceptor: everySeventh(fault, Number.POSITIVE_INFINITY) })
  const project = peopleProject(workos, ROWS)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const posts = workos.takeLog().filter(({ method }) => method === 'POST')
  const lost = posts.filter(({ status }) => status === 500)
  expect(lost.length).toBeGreaterThanOrEqual(FEW)
  const keys = posts.map(({ headers }) => headers['idempotency-key'])
  expect(keys).not.toContain(undefined)
  expect(new Set(keys).size).toBe(posts.length - lost.length)
})
