import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { expect, onTestFinished, test } from 'vitest'
import { API_TOKEN, type FakeOkta, type OktaSettings, startFakeOkta } from '../fakes/okta/fake-okta.ts'
import { generateOrg, groupId, oidcIdp, oktaUser, samlApp, samlIdp, userId } from '../fakes/okta/generate.ts'
import type { OrgData } from '../fakes/okta/objects.ts'
import { CERTIFICATE } from '../kinds/certificates.ts'
import { createProject, type Project } from './cli.ts'
import { type Body, FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

interface Scene {
  fake: FakeOkta
  workos: Workos
  project: Project
  env: Record<string, string>
  /** Writes the manifest again. */
  manifest(source: object, more?: object): void
}

const ALIVE = "$record.status = 'ACTIVE'"
const OWN_GROUPS = "groups[groupName != 'Everyone']"
const MAP = {
  organization: { key: '$slug(id)', externalId: '$slug(id)', name: 'id' },
  membership: { organization: '$slug(id)' },
  roleAssignment: { when: ALIVE, each: OWN_GROUPS, role: 'groupName' },
  group: { when: ALIVE, each: OWN_GROUPS, key: 'groupId', name: 'groupName' },
  groupMember: { when: ALIVE, each: OWN_GROUPS, group: 'groupId' },
}

async function open(data: Partial<OrgData>, settings: OktaSettings = {}, source: object = {}): Promise<Scene> {
  const fake = await startFakeOkta(data, { pageCap: 15, ...settings })
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  const manifest = (own: object, more: object = {}) =>
    project.manifest({
      version: 1,
      name: 'okta',
      extends: ['okta', 'organization-from-metadata'],
      source: { ...fake.source, token: '${SECRET}', ...own },
      vars: {
        organizationFrom: { id: 'organization' },
        connectionOrganizations: { 'SAML 1': 'company-0', 'App 1': 'company-1', 'OIDC 2': 'company-2' },
      },
      map: MAP,
      roles: { define: { admin: { name: 'Admin' } }, map: { Admins: 'admin' }, unmapped: 'drop' },
      target: workos.target,
      run: { ...FAST, workers: 1 },
      ...more,
    })
  manifest(source, { prune: ['user', 'membership', 'group-membership'], safety: { maxDeletes: 10 } })
  return { fake, workos, project, manifest, env: { KEY, SECRET: fake.source.token } }
}

/** Numbers of generated users who can sign in to Okta. */
const alive = (count: number) => Array.from({ length: count }, (_, n) => n).filter((n) => ![7, 8].includes(n % 10))

test('an org is planned, applied and verified with exact counts, after an aborted reading', async () => {
  const { fake, workos, project, env } = await open(generateOrg({ users: 120, groups: 4 }))
  const stop = new AbortController()
  fake.after(14, () => stop.abort())
  const stopped = await project.run(['export'], { env, interrupted: stop.signal })
  expect(stopped.exit).toBe(130)
  const asked = fake.log.length
  const exported = await project.run(['export'], { env })
  expect(exported.exit, exported.stderr).toBe(0)
  expect(exported.stderr).toContain('reading')
  // 108 users and as many memberships in pages of 15; what was read is not read again.
  expect(fake.log.length - asked).toBeLessThan(2 + 8 + 1 + 8)

  const planned = await project.run(['plan', '--json'], { env })
  const { summary } = JSON.parse(planned.stdout)
  const creates = Object.fromEntries(
    summary.kinds.map(({ kind, create }: { kind: string; create: number }) => [kind, create]),
  )
  const people = alive(120).length
  expect(creates).toMatchObject({
    user: people,
    organization: 3,
    membership: people,
    group: 12,
    'group-membership': people,
  })
  expect(planned.stdout + planned.stderr + exported.stderr).not.toContain(API_TOKEN)
  const requests = fake.log.length

  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const verified = await project.run(['verify'], { env })
  expect(verified.exit, verified.stdout + verified.stderr).toBe(0)
  expect(fake.log.length).toBe(requests)

  const { users, organizations, memberships } = await workos.snapshot()
  expect(users.map(({ external_id }) => external_id).toSorted()).toEqual(alive(120).map(userId))
  expect(organizations.map(({ name }) => name).toSorted()).toEqual(['Company 0', 'Company 1', 'Company 2'])
  const admins = memberships.filter(([, roles]) => roles.includes('admin'))
  expect(admins).toHaveLength(alive(120).filter((n) => n % 4 === 0).length)
  const members = (await groupsOf(workos)).map(([name, count]) => `${name} ${count}`)
  expect(members).toHaveLength(12)
  expect(members.reduce((sum, text) => sum + Number(text.split(' ').at(-1)), 0)).toBe(people)

  workos.takeLog()
  const again = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(again.exit, again.stderr).toBe(0)
  expect(writes(workos.takeLog())).toEqual([])
})

async function groupsOf(workos: Workos): Promise<[string, number][]> {
  const { organizations } = await workos.snapshot()
  const found: [string, number][] = []
  const list = async (path: string) => (await workos.call('GET', `${path}?limit=100`)).data as Body[]
  for (const { id, name } of organizations) {
    for (const group of await list(`/organizations/${id}/groups`)) {
      const members = await list(`/organizations/${id}/groups/${group.id}/organization-memberships`)
      found.push([`${name}/${group.name}`, members.length])
    }
  }
  return found
}

test('only changes are sent by the next reading', async () => {
  const { fake, workos, project, env } = await open(generateOrg({ users: 40, groups: 4 }))
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  workos.takeLog()
  const { org } = fake
  org.addUser(oktaUser(41))
  org.addMember(groupId(1), userId(41))
  org.updateUser(userId(10), { profile: { ...oktaUser(10).profile, firstName: 'Renamed' } })
  org.removeMember(groupId(1), userId(1))
  org.updateUser(userId(2), { status: 'DEPROVISIONED' })
  const applied = await project.run(['apply', '--yes', '--fresh'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  const sent = writes(workos.takeLog()).map(({ method, route }) => `${method} ${route}`)
  expect(sent.toSorted()).toEqual([
    'DELETE /organizations/:id/groups/:group_id/organization-memberships/:membership_id',
    'DELETE /user_management/users/:id',
    'POST /organizations/:id/groups/:group_id/organization-memberships',
    'POST /user_management/organization_memberships',
    'POST /user_management/users',
    'PUT /user_management/users/:id',
  ])
  expect((await project.run(['verify'], { env })).exit).toBe(0)
})

test('a reading of changes sees changed profiles and groups, and treats nobody as gone', async () => {
  const { fake, workos, project, env, manifest } = await open(generateOrg({ users: 40, groups: 4 }))
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  workos.takeLog()
  const { org } = fake
  const since = new Date(Date.now() - 1000).toISOString()
  org.updateUser(userId(10), { profile: { ...oktaUser(10).profile, firstName: 'Renamed' } })
  org.addMember(groupId(1), userId(3))
  org.deleteUser(userId(2))
  manifest({ updatedSince: since })
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(applied.stderr + applied.stdout).toContain('nothing changes for them')
  const sent = writes(workos.takeLog()).map(({ method, route, body }) => [`${method} ${route}`, body])
  expect(sent).toEqual([
    ['PUT /user_management/users/:id', { first_name: 'Renamed' }],
    ['POST /organizations/:id/groups/:group_id/organization-memberships', expect.anything()],
  ])
})

test('connections are handed over: identity providers, and apps whose identity provider is Okta', async () => {
  const bare = CERTIFICATE.replaceAll(/-----[^-]+-----|\s/g, '')
  const metadata = `<EntityDescriptor entityID="http://www.okta.com/exk1"><IDPSSODescriptor><KeyDescriptor use="signing"><KeyInfo><X509Data><X509Certificate>${bare}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://acme.okta.example/sso"/></IDPSSODescriptor></EntityDescriptor>`
  const { project, env } = await open(
    {
      ...generateOrg({ users: 12, groups: 1 }),
      idps: [samlIdp(1), oidcIdp(2)],
      keys: { 'key-1': bare },
      apps: [samlApp(1), samlApp(2)],
      metadata: { '0oafakeapp1': metadata },
    },
    {},
    { connections: true, apps: true },
  )
  const result = await project.run(['handoff', '--out', 'sso'], { env })
  expect(result.exit, result.stdout + result.stderr).toBe(0)
  const saml: Record<string, string>[] = parse(readFileSync(project.path('sso/saml_connections.csv')), {
    columns: true,
  })
  expect(
    saml.map(({ name, organizationExternalId, connectionType }) => [name, organizationExternalId, connectionType]),
  ).toEqual([
    ['SAML 1', 'company-0', ''],
    ['App 1', 'company-1', 'OktaSAML'],
  ])
  const notes = readFileSync(project.path('sso/handoff_notes.md'), 'utf8')
  expect(notes).toContain('the app in Okta sends users to https://app-1.example/acs')
  expect(notes).toContain('the identity provider knows Okta as https://acme.okta.example/sp/1')
  const files = readFileSync(project.path('sso/oidc_connections.csv'), 'utf8') + notes + result.stdout + result.stderr
  expect(files).toContain('client-2')
  expect(files).not.toContain('idpSecretDoNotShow0123')
  expect(statSync(project.path('sso/saml_connections.csv')).mode & 0o777).toBe(0o600)
})
