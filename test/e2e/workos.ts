import { expect, onTestFinished } from 'vitest'
import { isObject } from '../../src/json.ts'
import { type RequestLogEntry, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts'

/** Requests of the test itself have this header and are not in the log. */
const ASIDE = 'x-aside'

export interface Body {
  id: string
  [member: string]: unknown
}

/** The contents of an environment of the sandbox, in a comparable form. */
export interface Snapshot {
  users: Body[]
  organizations: Body[]
  /** `email@@external ID or name of the organization` → roles. Sorted. */
  memberships: [string, string[]][]
  /** IDs of memberships by the same text. */
  membershipIds: Map<string, string>
  /** Slugs. */
  roles: string[]
}

/** A sandbox in this process, and all its requests. */
export interface Workos {
  url: string
  log: RequestLogEntry[]
  /** `target` of a manifest. Its key is the variable KEY. */
  target: { type: 'workos'; apiKey: string; baseUrl: string }
  /** Requests since the last call, without the test's own. */
  takeLog(): RequestLogEntry[]
  close(): Promise<void>
  /** One request of the test itself. @throws for any response but success */
  call(method: string, path: string, body?: unknown, key?: string): Promise<Body>
  snapshot(key?: string): Promise<Snapshot>
}

export const KEY = 'sk_test_e2e'

/** A sandbox for the duration of the test. */
export async function startWorkos(options: Partial<SandboxOptions> = {}): Promise<Workos> {
  const workos = await openWorkos(options)
  onTestFinished(() => workos.close())
  return workos
}

/** A sandbox for several tests, which close it. */
export async function openWorkos(options: Partial<SandboxOptions> = {}): Promise<Workos> {
  const log: RequestLogEntry[] = []
  const { interceptor } = options
  const sandbox = await startSandbox({
    data: ':memory:',
    ...options,
    interceptor: interceptor && {
      before: (exchange) =>
        ASIDE in exchange.request.headers || !interceptor.before ? false : interceptor.before(exchange),
      after: (exchange, reply) =>
        ASIDE in exchange.request.headers || !interceptor.after ? false : interceptor.after(exchange, reply),
    },
    onRequest(entry) {
      if (ASIDE in entry.headers) return
      log.push(entry)
      options.onRequest?.(entry)
    },
  })

  const call = async (method: string, path: string, body?: unknown, key = KEY): Promise<Body> => {
    const response = await fetch(sandbox.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', [ASIDE]: '1' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const answer = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status} ${answer}`)
    return JSON.parse(answer === '' ? '{}' : answer)
  }

  const all = async (path: string, key: string): Promise<Body[]> => {
    const found: Body[] = []
    for (let after = ''; ; ) {
      const joint = path.includes('?') ? '&' : '?'
      const page = await call('GET', `${path}${joint}limit=100&order=asc${after}`, undefined, key)
      found.push(...(page.data as Body[]))
      const next = isObject(page.list_metadata) ? page.list_metadata.after : null
      if (typeof next !== 'string') return found
      after = `&after=${next}`
    }
  }

  return {
    url: sandbox.url,
    log,
    target: { type: 'workos', apiKey: '${KEY}', baseUrl: sandbox.url },
    takeLog: () => log.splice(0),
    close: () => sandbox.close(),
    call,
    async snapshot(key = KEY) {
      const users = await all('/user_management/users', key)
      const organizations = await all('/organizations', key)
      const memberships: [string, string[]][] = []
      const membershipIds = new Map<string, string>()
      for (const { id, external_id, name } of organizations) {
        const path = `/user_management/organization_memberships?organization_id=${id}&statuses=active,inactive`
        for (const membership of await all(path, key)) {
          const user = membership.user as Body
          const title = `${user.email}@@${external_id ?? name}`
          memberships.push([title, (membership.roles as { slug: string }[]).map(({ slug }) => slug).sort()])
          membershipIds.set(title, membership.id)
        }
      }
      memberships.sort(([a], [b]) => (a < b ? -1 : 1))
      const { data } = await call('GET', '/authorization/roles', undefined, key)
      const roles = (data as { slug: string }[]).map(({ slug }) => slug).sort()
      return { users, organizations, memberships, membershipIds, roles }
    },
  }
}

/** The writes among these requests. */
export function writes(log: readonly RequestLogEntry[]): RequestLogEntry[] {
  return log.filter(({ method }) => method !== 'GET')
}

/**
 * Checks that only the changes of a source since its reading were written: a new user with a
 * membership, a first name, a membership more and one less, and a user who left.
 */
export function expectDelta(log: readonly RequestLogEntry[]): void {
  const sent = writes(log).map(({ method, route, body }) => ({ what: `${method} ${route}`, body }))
  const users = '/user_management/users'
  const memberships = '/user_management/organization_memberships'
  expect(sent.map(({ what }) => what).sort()).toEqual([
    `DELETE ${memberships}/:id`,
    `DELETE ${users}/:id`,
    `POST ${memberships}`,
    `POST ${memberships}`,
    `POST ${users}`,
    `PUT ${users}/:id`,
  ])
  expect(sent.find(({ what }) => what === `PUT ${users}/:id`)?.body).toEqual({ first_name: 'Renamed' })
}

/** Limits that no test waits for. */
export const FAST = { limits: { writes: '100000/10s', reads: '100000/10s', requests: '100000/10s' } }
