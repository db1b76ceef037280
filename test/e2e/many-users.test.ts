import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { cases } from '../whole.ts'
import { createProject } from './cli.ts'

/** So many that a thread surveys their values while the desired set is made. */
const USERS = 21_000

type Row = Record<string, string>

/** Users who are a member of an organization each. */
const users = (change: (row: Row, n: number) => Row = (row) => row): Row[] =>
  Array.from({ length: USERS }, (_, n) =>
    change(
      {
        id: `u${String(n).padStart(6, '0')}`,
        email: `person${n}@example.com`,
        first: n % 7 === 0 ? 'NULL' : 'Ada',
        last: `Name ${n % 50}`,
        plan: `plan${n % 3}`,
        org: `acme${n % 40}`,
        role: n % 4 === 0 ? 'admin' : 'viewer',
        hash: n % 3 === 0 ? '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy' : '',
      },
      n,
    ),
  )

const often = (n: number) => n > 0 && n % 100 === 0

const ROLES = { admin: { name: 'Admin' }, viewer: { name: 'Viewer' } }

const manifestOf = (more: object) => ({
  version: 1,
  name: 'many',
  source: { type: 'csv', path: 'users.csv' },
  map: {
    user: {
      key: 'id',
      email: 'email',
      firstName: 'first',
      lastName: 'last',
      metadata: '{ plan: id }',
      passwordHash: 'hash',
    },
    organization: { each: '$[org]', key: 'org', name: 'org' },
    membership: { each: '$[org]', organization: 'org', roles: 'role' },
  },
  dedupe: { user: { by: ['email'] } },
  roles: { define: ROLES },
  target: { type: 'sandbox' },
  ...more,
})

const CASES: [string, Row[], object?][] = [
  ['are all desired as they are', users()],
  ['partly have the key of another one', users((row, n) => (often(n) ? { ...row, id: 'u000001' } : row))],
  ['partly merge', users((row, n) => (often(n) ? { ...row, email: 'person1@example.com' } : row))],
  [
    'partly have no role',
    users((row, n) => (often(n) ? { ...row, role: '' } : row)),
    { roles: { default: 'viewer', define: ROLES } },
  ],
  ['have too many fields', users((row, n) => ({ ...row, plan: `plan${n % 600}` }))],
]

test.each(
  cases(CASES, [0, 2]),
)('one and two threads plan the same for many users who %s', async (_, rows, more = {}) => {
  const project = createProject()
  project.csv('users.csv', rows)
  const manifest = manifestOf(more)
  const plans: { inputs: object; summary: { kinds: { desired: number; create: number; unchanged: number }[] } }[] = []
  for (const workers of [1, 2]) {
    project.manifest({ ...manifest, run: { workers } })
    const { stdout, stderr } = await project.run(['plan', '--json'])
    expect(stderr).not.toContain('error')
    plans.push(JSON.parse(stdout))
  }
  const [one, two] = plans.map(({ inputs: _inputs, ...plan }) => plan)
  expect(two).toEqual(one)
  expect(one?.summary.kinds.filter(({ desired }) => desired > 0).length).toBe(4)
  for (const { desired, create, unchanged } of one?.summary.kinds ?? []) {
    expect({ create, unchanged }).toEqual({ create: desired, unchanged: 0 })
  }
})

const SANDBOX = join('.workos-migrate', 'sandbox.sqlite')

test('one and two threads verify the same for many users', async () => {
  const project = createProject()
  project.csv('users.csv', users())
  const manifest = manifestOf({})
  project.manifest({ ...manifest, run: { workers: 2 } })
  await project.run(['apply', '--yes', '--quiet'])
  const verified = async () => {
    const found: object[] = []
    for (const workers of [1, 2]) {
      project.manifest({ ...manifest, run: { workers } })
      const { stdout } = await project.run(['verify', '--json'])
      found.push(JSON.parse(stdout))
    }
    const [one, two] = found
    expect(two).toEqual(one)
    return one
  }
  expect(await verified()).toMatchObject({ outcome: 'verified' })
  // Someone changes users in WorkOS, and the source changes, too.
  const sandbox = new DatabaseSync(join(project.folder, SANDBOX))
  sandbox.exec(`UPDATE users SET first_name = 'Changed' WHERE email IN ('person3@example.com', 'person4@example.com');
    UPDATE memberships SET role_slugs = '["viewer"]'
      WHERE user_id = (SELECT id FROM users WHERE email = 'person8@example.com');
    DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE email = 'person9@example.com')`)
  sandbox.close()
  project.csv(
    'users.csv',
    users((row, n) => (n % 1000 === 5 ? { ...row, last: 'Other', org: 'acme0' } : row)).filter((_, n) => n !== 11),
  )
  const found = await verified()
  expect(found).toMatchObject({ outcome: 'lost' })
  expect(JSON.stringify(found)).toContain('u000003')
})
