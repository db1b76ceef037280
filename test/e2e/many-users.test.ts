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

const CASES: [string, Row[], object?][] = [
  ['are all desired as they are', users()],
  ['partly have the key of another one', users((row, n) => (often(n) ? { ...row, id: 'u000001' } : row))],
  ['partly merge', users((row, n) => (often(n) ? { ...row, email: 'person1@example.com' } : row))],
  ['partly have no role', users((row, n) => (often(n) ? { ...row, role: '' } : row)), { roles: { default: 'viewer' } }],
  ['have too many fields', users((row, n) => ({ ...row, plan: `plan${n % 600}` }))],
]

test.each(
  cases(CASES, [0, 2]),
)('one and two threads plan the same for many users who %s', async (_, rows, more = {}) => {
  const project = createProject()
  project.csv('users.csv', rows)
  const plans: { inputs: object; summary: { kinds: { desired: number; create: number; unchanged: number }[] } }[] = []
  for (const workers of [1, 2]) {
    project.manifest({
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
        organization: { key: 'org', name: 'org' },
        membership: { organization: 'org', roles: 'role' },
      },
      dedupe: { user: { by: ['email'] } },
      target: { type: 'sandbox' },
      run: { workers },
      ...more,
    })
    const { stdout, stderr } = await project.run(['plan', '--json'])
    expect(stderr).not.toContain('error')
    plans.push(JSON.parse(stdout))
  }
  const [one, two] = plans.map(({ inputs: _inputs, ...plan }) => plan)
  expect(two).toEqual(one)
  for (const { desired, create, unchanged } of one?.summary.kinds ?? []) {
    expect({ create, unchanged }).toEqual({ create: desired, unchanged: 0 })
  }
})
