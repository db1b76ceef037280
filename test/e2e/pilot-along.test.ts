import { expect, test } from 'vitest'
import { createProject, type Project } from './cli.ts'
import type { Row } from './people.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }

const FILES: Record<string, Row[]> = {
  users: [
    { id: 'ada', mail: 'ada@example.com', totp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
    { id: 'bob', mail: 'bob@example.com', totp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ' },
    { id: 'cleo', mail: 'cleo@example.com', totp: '' },
  ],
  organizations: [
    { id: 'acme', name: 'Acme' },
    { id: 'beta', name: 'Beta' },
    { id: 'lone', name: 'Lone' },
  ],
  members: [
    { user: 'ada', org: 'acme', role: 'org-lead' },
    { user: 'bob', org: 'acme', role: 'member' },
    { user: 'ada', org: 'beta', role: 'org-lead' },
    { user: 'cleo', org: 'beta', role: 'member' },
  ],
  groups: [
    { id: 'staff', org: 'acme' },
    { id: 'empty', org: 'acme' },
    { id: 'staff', org: 'beta' },
    { id: 'other', org: 'beta' },
  ],
  joins: [
    { user: 'ada', org: 'acme', group: 'staff' },
    { user: 'bob', org: 'acme', group: 'staff' },
    { user: 'ada', org: 'beta', group: 'staff' },
    { user: 'cleo', org: 'beta', group: 'other' },
  ],
  sso: [
    { id: 'c1', org: 'acme', metadata: 'https://idp.acme.example/metadata' },
    { id: 'c2', org: 'beta', metadata: 'https://idp.beta.example/metadata' },
  ],
}

function wholeProject(workos: Workos, more: object = {}): Project {
  const project = createProject()
  for (const [name, rows] of Object.entries(FILES)) project.csv(`${name}.csv`, rows)
  project.manifest({
    version: 1,
    name: 'whole',
    source: {
      type: 'file',
      streams: Object.fromEntries(Object.keys(FILES).map((name) => [name, { path: `./${name}.csv`, format: 'csv' }])),
    },
    map: {
      user: { key: 'id', email: 'mail', externalId: 'id', totpSecret: 'totp' },
      organization: { from: 'organizations', key: 'id', externalId: 'id', name: 'name' },
      membership: { from: 'members', user: 'user', organization: 'org', roles: 'role' },
      group: { from: 'groups', key: 'id', name: 'id', organization: 'org' },
      groupMember: { from: 'joins', user: 'user', organization: 'org', group: 'group' },
      connection: { from: 'sso', key: 'id', organization: 'org', type: "'saml'", idpMetadataUrl: 'metadata' },
    },
    roles: { define: { 'org-lead': { name: 'Lead' }, admin: { name: 'Admin', permissions: ['all'] } } },
    target: workos.target,
    run: FAST,
    ...more,
  })
  return project
}

async function created(project: Project, ...scope: string[]): Promise<string[]> {
  const { stdout, stderr } = await project.run(['plan', '--json', ...scope], { env })
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout).actions.map(({ kind, key, type }: Row) => `${type} ${kind}:${key}`)
}

/** Part of every scope. */
const EVERYWHERE = ['create permission:all', 'create role:admin']

test('a selected organization brings its roles, groups, group members, and the factors of its users', async () => {
  const project = wholeProject(await startWorkos())
  expect(await created(project, '--only', 'organization:acme')).toEqual([
    ...EVERYWHERE,
    'create organization:acme',
    'create organization-role:org-lead@acme',
    'create user:ada',
    'create user:bob',
    'create totp-factor:ada',
    'create totp-factor:bob',
    'create membership:ada@acme',
    'create membership:bob@acme',
    'create group:empty@acme',
    'create group:staff@acme',
    'create group-membership:ada@staff@acme',
    'create group-membership:bob@staff@acme',
  ])
  expect(await created(project, '--only', 'organization:lone')).toEqual([...EVERYWHERE, 'create organization:lone'])
})

test('a selected user brings organizations with their roles, and the groups that the user is in', async () => {
  const project = wholeProject(await startWorkos())
  expect(await created(project, '--only', 'user:ada')).toEqual([
    ...EVERYWHERE,
    'create organization:acme',
    'create organization:beta',
    'create organization-role:org-lead@acme',
    'create organization-role:org-lead@beta',
    'create user:ada',
    'create totp-factor:ada',
    'create membership:ada@acme',
    'create membership:ada@beta',
    'create group:staff@acme',
    'create group:staff@beta',
    'create group-membership:ada@staff@acme',
    'create group-membership:ada@staff@beta',
  ])
})

test('a pilot, then everyone, has the same result for groups, factors and roles; destroy undoes each step', async () => {
  const workos = await startWorkos()
  const project = wholeProject(workos)
  const addresses = async (of: Project) => {
    const { stdout } = await of.run(['state', 'export', '--format', 'ndjson'], { env })
    return stdout
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
      .map(({ kind, key }: Row) => `${kind}:${key}`)
      .sort()
  }
  for (const scope of [['--only', 'user:ada'], ['--only', 'organization:acme'], []]) {
    const applied = await project.run(['apply', '--yes', ...scope], { env })
    expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
    const verified = await project.run(['verify', '--strict', ...scope], { env })
    expect(verified.exit, verified.stdout).toBe(0)
    workos.takeLog()
    await project.run(['apply', '--yes', ...scope], { env })
    expect(writes(workos.takeLog())).toEqual([])
  }
  const other = await startWorkos()
  const once = wholeProject(other)
  expect((await once.run(['apply', '--yes'], { env })).exit).toBe(0)
  const [here, there] = [await workos.snapshot(), await other.snapshot()]
  expect(here.memberships).toEqual(there.memberships)
  expect(here.roles).toEqual(there.roles)
  const known = await addresses(project)
  expect(known.length).toBeGreaterThan(20)
  expect(known).toEqual(await addresses(once))

  const destroyed = await project.run(['destroy', '--confirm', 'whole', '--only', 'organization:acme'], { env })
  expect(destroyed.exit, destroyed.stderr).toBe(0)
  expect((await workos.snapshot()).memberships.map(([name]) => name)).toEqual([
    'ada@example.com@@beta',
    'cleo@example.com@@beta',
  ])
  const beta = await project.run(['verify', '--strict', '--only', 'organization:beta'], { env })
  expect(beta.exit, beta.stdout).toBe(0)
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect((await workos.snapshot()).memberships).toEqual(there.memberships)
})

test('connections come only with a selected organization, also into files', async () => {
  const workos = await startWorkos()
  const handed = async (pilot: object | undefined) => {
    const project = wholeProject(workos, pilot && { pilot })
    const { exit, stdout, stderr } = await project.run(['handoff', '--out', 'sso', '--json'], { env })
    expect(exit, stderr).toBe(0)
    const report = JSON.parse(stdout)
    return [
      report.scope?.only ?? null,
      report.files.reduce((sum: number, { connections }: { connections: number }) => sum + connections, 0),
    ]
  }
  expect(await handed(undefined)).toEqual([null, 2])
  expect(await handed({ only: ['organization:beta'] })).toEqual([['organization:beta'], 1])
  expect(await handed({ only: ['user:cleo'] })).toEqual([['user:cleo'], 0])
  const project = wholeProject(workos, { pilot: { only: ['organization:beta'] } })
  const { stdout } = await project.run(['handoff', '--out', 'sso'], { env })
  expect(stdout).toContain('Pilot  organization:beta')
})
