import { expect, test } from 'vitest'
import type { RequestLogEntry } from '../../src/sandbox/server.ts'
import { createOpenApiChecker } from '../workos/openapi.ts'
import { createProject } from './cli.ts'
import { member, type Row } from './people.ts'
import { FAST, KEY, startWorkos } from './workos.ts'

const env = { KEY }

/** One user for each form of password. */
const PASSWORDS: Row[] = [
  { password: 'correct horse battery staple' },
  { password_hash: `$2b$10$${'h'.repeat(53)}`, password_hash_type: 'bcrypt' },
  {
    password_hash: '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZQ',
    password_hash_type: 'argon2',
  },
  {
    password_hash: `$pbkdf2$i=600000,d=sha256$c29tZXNhbHQ$${Buffer.alloc(32, 1).toString('base64').replace('=', '')}`,
    password_hash_type: 'pbkdf2',
  },
  {
    password_hash: `$scrypt$v=1$n=16384,r=8,p=1,kl=64$c29tZXNhbHQ$${Buffer.alloc(64, 1).toString('base64').replaceAll('=', '')}`,
    password_hash_type: 'scrypt',
  },
  { password_hash: `{SSHA}${Buffer.alloc(28, 1).toString('base64')}`, password_hash_type: 'ssha' },
]

function rowsOf(generation: string): Row[] {
  return Array.from({ length: 260 }, (_, n) =>
    member(`user${n}`, `org-${n % 7}`, {
      last_name: n % 5 === 0 ? generation : `Last ${n}`,
      email_verified: n % 2 === 0 ? 'yes' : 'no',
      metadata: n % 3 === 0 ? JSON.stringify({ plan: generation, [generation]: true }) : '',
      groups: n % 6 === 0 ? 'Everyone' : '',
      about: generation,
      role_slugs: ['', 'admin', 'admin,billing', 'member'][(n + generation.length) % 4] ?? '',
      ...PASSWORDS[n % 20],
    }),
  )
}

test('every request of a broad run, and every response, follows the published OpenAPI document', async () => {
  const { checkRequest, checkResponse } = createOpenApiChecker()
  const differences = new Set<string>()
  const seen = new Set<string>()
  const onRequest = ({ method, path, route, status, body, responseBody }: RequestLogEntry) => {
    seen.add(`${method} ${route} ${status}`)
    for (const difference of checkRequest(method, path, body)) differences.add(difference)
    for (const difference of checkResponse(method, path, status, responseBody)) differences.add(difference)
  }
  const workos = await startWorkos({ onRequest })
  await workos.call('POST', '/user_management/users', { email: 'user0@example.com', email_verified: true })
  await workos.call('POST', '/organizations', { name: 'By hand', external_id: 'org-0' })
  const project = createProject()
  const manifest = {
    version: 1,
    source: { type: 'csv', path: './users.csv' },
    map: {
      organization: { metadata: { tier: '"gold"' }, domains: '[org_external_id & ".example.com"]' },
      group: { when: 'groups', name: 'groups', description: 'about' },
      groupMember: { when: 'groups' },
    },
    roles: { define: { admin: { name: 'Admin', description: 'All' }, billing: { name: 'Billing' } } },
    passwords: { onChange: 'send' },
    target: workos.target,
    run: FAST,
  }
  project.manifest(manifest)
  const apply = async (...args: string[]) => {
    const applied = await project.run(['apply', '--yes', ...args], { env })
    expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  }
  project.csv('users.csv', rowsOf('first'))
  await apply()
  const changed = rowsOf('second')
  project.csv('users.csv', [{ ...changed[0], password: 'another horse battery' }, ...changed.slice(1)])
  await apply()
  const { organizations } = await workos.snapshot()
  const group = await workos.call('GET', `/organizations/${organizations[0]?.id}/groups`)
  const [first] = group.data as { id: string }[]
  await workos.call('POST', `/authorization/groups/${first?.id}/role_assignments`, { role_slug: 'billing' })
  await apply('--refresh')
  // Few: looked up one by one.
  project.csv('users.csv', [...changed, member('more', 'org-new', { role_slugs: 'admin,billing' })])
  await apply()
  // Another key: recognized by what it can see. Then without a state: listed and adopted.
  expect(await project.run(['plan'], { env: { KEY: `${KEY}.rotated` } })).toMatchObject({ exit: 0 })
  project.remove('.workos-migrate')
  await apply()

  expect([...differences]).toEqual([])
  expect([...seen].sort()).toEqual(
    expect.arrayContaining([
      'GET /authorization/groups/:group_id/role_assignments 200',
      'GET /authorization/roles/:slug 404',
      'GET /organizations 200',
      'GET /organizations/:id 200',
      'GET /organizations/:id/groups 200',
      'GET /organizations/:id/groups/:group_id 200',
      'GET /organizations/:id/groups/:group_id/organization-memberships 200',
      'GET /organizations/external_id/:external_id 404',
      'GET /user_management/organization_memberships 200',
      'GET /user_management/users 200',
      'GET /user_management/users/external_id/:external_id 404',
      'POST /authorization/roles 201',
      'PATCH /organizations/:id/groups/:group_id 200',
      'POST /organizations 201',
      'POST /organizations/:id/groups 201',
      'POST /organizations/:id/groups/:group_id/organization-memberships 200',
      'POST /user_management/organization_memberships 201',
      'POST /user_management/users 201',
      'PUT /organizations/:id 200',
      'PUT /user_management/organization_memberships/:id 200',
      'PUT /user_management/users/:id 200',
    ]),
  )
})
