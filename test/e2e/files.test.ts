import { writeFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createProject } from './cli.ts'
import { FAST, KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }
const users = Array.from({ length: 120 }, (_, n) => ({
  id: 9007199254740000 + n,
  contact: { mail: `u${n}@example.com` },
}))
const organizations = ['acme', 'borealis'].map((id) => ({ id, title: `The ${id} company` }))
const members = users
  .slice(0, 100)
  .map(({ id }, n) => `${id};${n % 2 === 0 ? 'acme' : 'borealis'};${n % 10 === 0 ? 'admin' : ''}`)

const roles = { define: { admin: { name: 'Admin' } } }

/** What is in WorkOS however the files are combined. */
async function expectTheCompany(workos: Awaited<ReturnType<typeof startWorkos>>): Promise<void> {
  const found = await workos.snapshot()
  expect(found.users.map(({ external_id }) => external_id).sort()).toEqual(users.map(({ id }) => String(id)).sort())
  expect(found.organizations.map(({ name }) => name).sort()).toEqual(['The acme company', 'The borealis company'])
  expect(found.memberships).toHaveLength(100)
  expect(found.memberships.filter(([, slugs]) => slugs.includes('admin'))).toHaveLength(10)
}

test('a dump of three joined tables is planned and applied, and then has no changes', async () => {
  const workos = await startWorkos()
  const project = createProject()
  writeFileSync(project.path('users-1.json.gz'), gzipSync(JSON.stringify({ export: { users: users.slice(0, 50) } })))
  writeFileSync(
    project.path('users-2.json.zst'),
    zstdCompressSync(JSON.stringify({ export: { users: users.slice(50) } }, null, 1)),
  )
  writeFileSync(project.path('members.txt'), Buffer.from(`\ufeff-- a comment\n${members.join('\n')}\n`, 'utf16le'))
  project.write('organizations.ndjson', organizations.map((one) => `${JSON.stringify(one)}\n`).join(''))
  project.manifest({
    source: {
      type: 'file',
      streams: {
        users: { path: 'users-*.json.*', format: 'json', records: 'export.users' },
        memberships: {
          ...{ path: 'members.txt', format: 'csv', columns: ['user', 'org', 'role'], comment: '--' },
          join: { key: 'user', to: 'id' },
        },
        organization: { path: 'organizations.ndjson', join: { into: 'memberships', key: 'id', to: 'org', as: 'one' } },
      },
    },
    map: {
      user: { key: 'id', externalId: '$string(id)', email: 'contact.mail' },
      organization: { each: 'memberships.organization', key: 'id', externalId: 'id', name: 'title' },
      membership: { each: 'memberships', organization: 'org', roles: 'role' },
    },
    roles,
    target: workos.target,
    run: FAST,
  })
  const plan = await project.run(['plan'], { env })
  expect(plan.stderr).toBe('')
  expect(plan.stdout).toMatch(/users \(users-\*\.json\.\*\) +120 += 120 mapped\n/)
  expect(plan.stdout).toMatch(/memberships \(members\.txt\) +100 += 100 joined\n/)
  expect(plan.stdout).toMatch(/organization \(organizations\.ndjson\) +2 += 2 joined\n/)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  await expectTheCompany(workos)
  workos.takeLog()
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])
})

test('the same three tables, read separately, have the same result', async () => {
  const workos = await startWorkos()
  const project = createProject()
  project.write('users.json', JSON.stringify(users))
  project.write('members.csv', `user;org;role\n${members.join('\n')}\n`)
  project.write('organizations.ndjson', organizations.map((one) => `${JSON.stringify(one)}\n`).join(''))
  project.manifest({
    source: {
      type: 'file',
      streams: {
        users: { path: 'users.json' },
        organizations: { path: 'organizations.ndjson' },
        members: { path: 'members.csv' },
      },
    },
    map: {
      user: { key: 'id', externalId: '$string(id)', email: 'contact.mail' },
      organization: { from: 'organizations', key: 'id', externalId: 'id', name: 'title' },
      membership: { from: 'members', user: 'user', organization: 'org', roles: 'role' },
    },
    roles,
    target: workos.target,
    run: FAST,
  })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied).toMatchObject({ exit: 0 })
  await expectTheCompany(workos)
})
