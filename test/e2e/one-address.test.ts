import { expect, test } from 'vitest'
import { createProject } from './cli.ts'
import { peopleProject, type Row } from './people.ts'
import { FAST, KEY, startWorkos, type Workos } from './workos.ts'

const ENV = { KEY }
const KELVIN = 'mi\u212ae@example.com'

/** Users by external ID. */
async function people(workos: Workos): Promise<unknown[]> {
  const { users } = await workos.snapshot()
  return users.map(({ email, external_id, email_verified }) => ({ email, external_id, email_verified }))
}

const ATTACKER: Row = { email: KELVIN, external_id: 'attacker', email_verified: 'false' }
const VICTIM: Row = {
  email: 'mike@example.com',
  external_id: 'victim',
  email_verified: 'true',
  org_external_id: 'acme',
  org_name: 'Acme',
  role_slugs: 'admin',
}

test.each([
  ['before', [ATTACKER, VICTIM]],
  ['behind', [VICTIM, ATTACKER]],
])('an address with a Kelvin sign %s its double is rejected by name, and the double keeps its own account', async (_, rows) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, rows, { safety: { maxRejects: 1 } })
  const { exit, stdout } = await project.run(['apply', '--yes'], { env: ENV })
  expect([exit, stdout]).toEqual([0, expect.stringContaining('U+212A')])
  expect(await people(workos)).toEqual([{ email: 'mike@example.com', external_id: 'victim', email_verified: true }])
  expect((await workos.snapshot()).memberships).toEqual([['mike@example.com@@acme', ['admin']]])
  expect((await project.run(['verify'], { env: ENV })).stdout).toContain('rejected')
})

test('an expression of the manifest that lowercases addresses folds none of them', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [ATTACKER, VICTIM], {
    safety: { maxRejects: 1 },
    map: { user: { key: '$lowercase(email)', email: '$lowercase($trim(email))', externalId: 'external_id' } },
  })
  expect((await project.run(['apply', '--yes'], { env: ENV })).exit).toBe(0)
  expect(await people(workos)).toMatchObject([{ email: 'mike@example.com', external_id: 'victim' }])
})

test('an address that only an expression would fold is found in the source', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [ATTACKER, VICTIM], {
    safety: { maxRejects: 1 },
    map: { user: { email: "$replace(email, '\u212a', 'k')", key: 'external_id' } },
  })
  const { stdout } = await project.run(['plan', '--json'], { env: ENV })
  expect(JSON.parse(stdout).rejects).toMatchObject([{ kind: 'user', key: 'attacker', code: 'confusable_email' }])
})

test('roles in a separate file do not reach the user with a look-alike address', async () => {
  const workos = await startWorkos()
  const project = createProject()
  project.csv('users.csv', [{ email: 'mike@example.com', org_external_id: 'acme', org_name: 'Acme' }])
  project.csv('roles.csv', [{ email: KELVIN, role_slug: 'admin', org_external_id: 'acme' }])
  project.manifest({
    version: 1,
    source: { type: 'csv', path: './users.csv', userRoles: './roles.csv' },
    roles: { define: { admin: { name: 'Admin' } } },
    safety: { maxRejects: 1 },
    target: workos.target,
    run: FAST,
  })
  const { exit, stdout } = await project.run(['plan', '--json'], { env: ENV })
  expect([exit, JSON.parse(stdout).rejects]).toMatchObject([
    0,
    [{ kind: 'roleAssignment', code: 'confusable_email', origin: './roles.csv:2' }],
  ])
  expect((await project.run(['apply', '--yes'], { env: ENV })).exit).toBe(0)
  expect((await workos.snapshot()).memberships).toEqual([['mike@example.com@@acme', ['member']]])
})

test('rows joined by address go to nobody with a look-alike address', async () => {
  const workos = await startWorkos()
  const project = createProject()
  project.csv('users.csv', [{ id: 'u1', email: 'Mike@example.com' }])
  project.csv('hashes.csv', [{ email: KELVIN, hash: '$2b$10$AFWFExMzZT1Gw3SDBHnF8unhPwikYXoh/vxjTeWOheNCxDXdUlokK' }])
  for (const address of ['$lowercase(email)', '$uppercase(email)', '$email(email)']) {
    project.manifest({
      version: 1,
      source: {
        type: 'file',
        streams: {
          users: { path: './users.csv' },
          hashes: { path: './hashes.csv', join: { key: address, to: address, as: 'one' } },
        },
      },
      map: { user: { key: 'id', email: 'email', passwordHash: '$passwordHash(hashes.hash)' } },
      target: workos.target,
      run: FAST,
    })
    const { stdout } = await project.run(['plan', '--json'], { env: ENV })
    expect(JSON.parse(stdout).rejects, address).toMatchObject([{ code: 'unmatched_row', origin: './hashes.csv:2' }])
  }
})

test('a user in WorkOS with a look-alike address is not adopted', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', { email: KELVIN })
  const project = peopleProject(workos, [VICTIM], { adopt: { fill: ['externalId'] } })
  const { stdout } = await project.run(['plan', '--json'], { env: ENV })
  const { actions }: { actions: { kind: string; type: string }[] } = JSON.parse(stdout)
  expect(actions.find(({ kind }) => kind === 'user')).toMatchObject({ type: 'create' })
  await project.run(['apply', '--yes'], { env: ENV })
  expect(await people(workos)).toMatchObject([{ email: KELVIN, external_id: null }])
  expect((await workos.snapshot()).memberships).toEqual([])
})

test('addresses that differ in the case of letters other than A to Z are two, and rejected if both occur', async () => {
  const workos = await startWorkos()
  const rows: Row[] = [
    { email: 'M\u00dcLLER@x.example', external_id: 'one' },
    { email: 'zo\u00eb@x.example', external_id: 'three', org_external_id: 'acme', org_name: 'Acme' },
    { email: 'M\u00fcller@x.example', external_id: 'two', org_external_id: 'acme', org_name: 'Acme' },
  ]
  const project = peopleProject(workos, rows, { run: { ...FAST, chunkSize: 1 }, safety: { maxRejects: 3 } })
  const { stdout } = await project.run(['plan', '--json'], { env: ENV })
  expect(JSON.parse(stdout).rejects).toMatchObject([
    {
      key: 'one',
      code: 'possible_duplicate',
      message: expect.stringContaining('m\u00fcller@x.example (./users.csv:4)'),
      origin: './users.csv:2',
    },
    {
      key: 'two',
      code: 'possible_duplicate',
      message: expect.stringContaining('m\u00dcller@x.example (./users.csv:2)'),
    },
    { kind: 'membership', code: 'user_rejected' },
  ])
  expect((await project.run(['apply', '--yes'], { env: ENV })).exit).toBe(0)
  expect(await people(workos)).toMatchObject([{ email: 'zo\u00eb@x.example', external_id: 'three' }])
  expect((await project.run(['plan', '--refresh', '--detailed-exitcode'], { env: ENV })).exit).toBe(0)
})
