import { expect, test } from 'vitest'
import { isObject } from '../../src/json.ts'
import type { Interceptor } from '../../src/sandbox/server.ts'
import { member, peopleManifest, peopleProject } from './people.ts'
import { KEY, startWorkos } from './workos.ts'

const env = { KEY }

/** Delays the first creation of a role, so that a wrong client would send the next ones. */
function slowFirst(): Interceptor {
  const slow = new Set<string>()
  return {
    before: async ({ request, route = '' }) => {
      if (request.method !== 'POST' || !route.endsWith('/roles') || slow.has(request.url ?? '')) return false
      slow.add(request.url ?? '')
      await new Promise((resolve) => setTimeout(resolve, 60))
      return false
    },
  }
}

const slugOf = (body: unknown) => String(isObject(body) ? body.slug : '')

const DEFINE = {
  admin: { name: 'Admin' },
  auditor: { name: 'Auditor', permissions: ['logs:read'] },
  billing: { name: 'Billing' },
  viewer: { name: 'Viewer', permissions: ['logs:read'] },
}

test('environment roles are created one at a time, in the order of roles.priority, then the others', async () => {
  const workos = await startWorkos({ interceptor: slowFirst() })
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'admin' })], {
    roles: { define: DEFINE, priority: ['viewer', 'billing', 'admin'] },
  })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const { data } = await workos.call('GET', '/authorization/roles')
  const slugs = (data as { slug: string }[]).map(({ slug }) => slug)
  expect(slugs).toEqual(['member', 'viewer', 'billing', 'admin', 'auditor'])
  const sent = workos.takeLog().flatMap(({ method, route, body }) => {
    return method === 'POST' && route === '/authorization/roles' ? [slugOf(body)] : []
  })
  expect(sent).toEqual(['viewer', 'billing', 'admin', 'auditor'])
})

test('so are those of each organization, with the prefix or without, and organizations do not wait for each other', async () => {
  const workos = await startWorkos({ interceptor: slowFirst() })
  const define = Object.fromEntries(
    Object.entries(DEFINE).map(([slug, role]) => [slug, { ...role, type: 'organization' }]),
  )
  const all = Object.keys(DEFINE).join()
  const rows = ['acme', 'beta'].map((name) => member('ada', name, { role_slugs: all }))
  const project = peopleProject(workos, rows, { roles: { define, priority: ['viewer', 'org-billing', 'admin'] } })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const made = workos.takeLog().flatMap(({ method, path, body }) => {
    return method === 'POST' && path.endsWith('/roles') ? [[path, slugOf(body)] as const] : []
  })
  const byPath = Map.groupBy(made, ([path]) => path)
  expect(byPath.size).toBe(2)
  for (const roles of byPath.values()) {
    expect(roles.map(([, slug]) => slug)).toEqual(['org-viewer', 'org-billing', 'org-admin', 'org-auditor'])
  }
  // Both first ones were in flight at once.
  expect(new Set(made.slice(0, 2).map(([path]) => path)).size).toBe(2)
})

test('a role that fails does not keep the next ones from being created in order', async () => {
  const workos = await startWorkos({
    interceptor: {
      before: ({ request, response, text }) => {
        if (request.method !== 'POST' || !text.includes('"slug":"billing"')) return false
        response.writeHead(422, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ code: 'invalid_request_parameters', message: 'no' }))
        return true
      },
    },
  })
  const roles = { define: DEFINE, priority: ['viewer', 'billing', 'admin'] }
  const project = peopleProject(workos, [member('ada', 'acme', { role_slugs: 'admin' })], { roles })
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(7)
  const { data } = await workos.call('GET', '/authorization/roles')
  expect((data as { slug: string }[]).map(({ slug }) => slug)).toEqual(['member', 'viewer', 'admin', 'auditor'])
  // The next apply creates the rest; an existing order in WorkOS does not change.
  project.manifest(peopleManifest(workos, { roles: { ...roles, priority: ['admin', 'viewer'] } }))
  const plan = await project.run(['plan', '--json'], { env })
  const { actions } = JSON.parse(plan.stdout)
  expect(actions.map(({ kind, key }: Record<string, string>) => `${kind}:${key}`)).toContain('role:billing')
  expect(actions.filter(({ kind }: { kind: string }) => kind === 'role')).toHaveLength(1)
})
