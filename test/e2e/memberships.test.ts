import { afterAll, expect, test } from 'vitest'
import { createProject } from './cli.ts'
import { FAST, openWorkos } from './workos.ts'

type Row = Record<string, string>

const ORGANIZATIONS = ['a', 'b', 'c', 'd', 'e']
const EXPECTED = ORGANIZATIONS.map((name) => [`ada@example.com@@org-${name}`, [name === 'c' ? 'admin' : 'member']])

/** Orders of five rows: original, reversed, rotated, inside out. */
const ORDERS = [
  [0, 1, 2, 3, 4],
  [4, 3, 2, 1, 0],
  [2, 3, 4, 0, 1],
  [2, 0, 4, 1, 3],
]
/**
 * Sizes of chunks and numbers of workers: each row a chunk, borders between the rows, all in one.
 */
const SPLITS = [
  [1, 2],
  [2, 1],
  [1000, 1],
] as const

const VARIANTS = ORDERS.flatMap((order, n) => SPLITS.map(([chunkSize, workers]) => ({ n, order, chunkSize, workers })))

/** The rows in the given order, with those of other users between them. */
function interleave(rows: readonly Row[], order: readonly number[], other: (n: number) => Row): Row[] {
  return order.flatMap((index, n) => [rows[index] ?? {}, other(n)])
}

const workos = await openWorkos()
afterAll(() => workos.close())
let environments = 0

/** Applies to a separate environment and returns what is there then. */
async function applied(files: Record<string, readonly Row[]>, manifest: object, run: object) {
  const key = `sk_test_memberships${environments++}`
  const project = createProject()
  for (const [name, rows] of Object.entries(files)) project.csv(name, rows)
  project.manifest({ version: 1, target: workos.target, run: { ...FAST, ...run }, ...manifest })
  const result = await project.run(['apply', '--yes'], { env: { KEY: key } })
  expect(result, result.stdout).toMatchObject({ exit: 0 })
  const again = await project.run(['plan', '--detailed-exitcode'], { env: { KEY: key } })
  expect(again.exit, again.stdout).toBe(0)
  return { ...(await workos.snapshot(key)), stdout: result.stdout }
}

const roles = { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } }

test.each(
  VARIANTS,
)('CSV: five organizations are five memberships, order $order, chunks of $chunkSize, $workers workers', async ({
  n,
  order,
  chunkSize,
  workers,
}) => {
  const rows = ORGANIZATIONS.map((name, index) => ({
    email: index % 2 === 0 ? 'ada@example.com' : 'ADA@Example.com',
    external_id: index === n ? 'ada' : '',
    org_external_id: `org-${name}`,
    org_name: `Organization ${name}`,
    role_slugs: name === 'c' ? 'admin' : 'member',
  }))
  const other = (index: number) => ({ email: `other${index}@example.com`, external_id: `other-${index}` })
  const csv = { source: { type: 'csv', path: './users.csv' }, roles }
  const live = await applied({ 'users.csv': interleave(rows, order, other) }, csv, { chunkSize, workers })
  expect(live.memberships).toEqual(EXPECTED)
  expect(live.users.filter(({ email }) => email === 'ada@example.com')).toMatchObject([{ external_id: 'ada' }])
  expect(live.users).toHaveLength(6)
  expect(live.organizations).toHaveLength(5)
})

test.each(
  VARIANTS,
)('Clerk: five organizations are five memberships, order $order, chunks of $chunkSize, $workers workers', async ({
  order,
  chunkSize,
  workers,
}) => {
  const user = (n: number | string) => ({ id: `user_${n}`, primary_email_address: `u${n}@example.com` })
  const ada = { id: 'user_ada', primary_email_address: 'ada@example.com' }
  const memberships = ORGANIZATIONS.map((name) => ({
    clerk_user_id: 'user_ada',
    org_external_id: `org-${name}`,
    org_name: `Organization ${name}`,
  }))
  const other = (n: number) => ({ clerk_user_id: `user_${n}`, org_external_id: 'org-other', org_name: 'Other' })
  const role = { clerk_user_id: 'user_ada', role_slug: 'org:admin', org_external_id: 'org-c' }
  const member = ['a', 'b', 'd', 'e'].map((name) => ({
    ...role,
    role_slug: 'org:member',
    org_external_id: `org-${name}`,
  }))
  const live = await applied(
    {
      'users.csv': [user(0), user(1), ada, user(2), user(3), user(4)],
      'memberships.csv': interleave(memberships, order, other),
      'roles.csv': [role, ...member],
    },
    {
      source: { type: 'clerk', users: './users.csv', memberships: './memberships.csv', roles: './roles.csv' },
      roles,
    },
    { chunkSize, workers },
  )
  expect(live.memberships.filter(([name]) => name.startsWith('ada@'))).toEqual(EXPECTED)
  expect(live.memberships).toHaveLength(10)
  expect(live.organizations).toHaveLength(6)
})

test.each(
  SPLITS,
)('CSV: roles of one membership in several rows are combined, chunks of %i, %i workers', async (chunkSize, workers) => {
  const row = { email: 'ada@example.com', external_id: 'ada', org_external_id: 'one', org_name: 'One' }
  const rows = [
    { ...row, role_slugs: 'admin' },
    { email: 'other@example.com', external_id: 'other' },
    { ...row, role_slugs: '["billing","admin"]' },
    { ...row, external_id: '', role_slugs: 'member' },
  ]
  const csv = { source: { type: 'csv', path: './users.csv' }, roles }
  const live = await applied({ 'users.csv': rows }, csv, { chunkSize, workers })
  expect(live.memberships).toEqual([['ada@example.com@@one', ['admin', 'billing', 'member']]])
})

test.each(
  SPLITS,
)('Clerk: a merged duplicate brings its memberships and only its own roles, chunks of %i, %i workers', async (chunkSize, workers) => {
  const users = [
    { id: 'user_1', primary_email_address: 'ada@example.com', verified_email_addresses: '' },
    { id: 'user_2', primary_email_address: 'bea@example.com', verified_email_addresses: '' },
    { id: 'user_3', primary_email_address: 'Ada@example.com', verified_email_addresses: 'ada@example.com' },
  ]
  const of = (id: string, name: string) => ({ clerk_user_id: id, org_external_id: name, org_name: name })
  const memberships = [of('user_1', 'one'), of('user_1', 'shared'), of('user_3', 'three'), of('user_3', 'shared')]
  const granted = [
    // Without an organization: for the memberships of this record, not for those of the record it
    // merges with.
    { clerk_user_id: 'user_3', role_slug: 'org:admin', org_external_id: '' },
    { clerk_user_id: 'user_1', role_slug: 'billing', org_external_id: 'shared' },
    { clerk_user_id: 'user_1', role_slug: 'org:member', org_external_id: 'one' },
  ]
  const live = await applied(
    { 'users.csv': users, 'memberships.csv': memberships, 'roles.csv': granted },
    {
      source: { type: 'clerk', users: './users.csv', memberships: './memberships.csv', roles: './roles.csv' },
      roles,
    },
    { chunkSize, workers },
  )
  expect(live.users.map(({ email, external_id, email_verified }) => [email, external_id, email_verified])).toEqual(
    expect.arrayContaining([
      ['ada@example.com', 'user_1', true],
      ['bea@example.com', 'user_2', false],
    ]),
  )
  expect(live.users).toHaveLength(2)
  expect(live.memberships).toEqual([
    ['ada@example.com@@one', ['member']],
    ['ada@example.com@@shared', ['admin', 'billing']],
    ['ada@example.com@@three', ['admin']],
  ])
  expect(live.stdout).toContain('2 user records with discarded values')
})
