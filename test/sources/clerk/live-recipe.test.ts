import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { loadManifest } from '../../../src/config/load.ts'
import { Redactor } from '../../../src/diagnostics/redactor.ts'
import type { JsonObject } from '../../../src/json.ts'
import { checkStreams } from '../../../src/mapping/check.ts'
import { compileMapping, mapperSettings } from '../../../src/mapping/compile.ts'
import { mapChunk } from '../../../src/mapping/map-chunk.ts'
import type { MapResult } from '../../../src/mapping/result.ts'
import type { ClerkSettings } from '../../fakes/clerk/fake-clerk.ts'
import {
  clerkConnection,
  clerkOidcConnection,
  clerkOrganization,
  clerkRole,
  clerkUser,
  generateInstance,
} from '../../fakes/clerk/generate.ts'
import type { ClerkSamlConnection, InstanceData } from '../../fakes/clerk/objects.ts'
import { CERTIFICATE, OLDER_CERTIFICATE } from '../../kinds/certificates.ts'
import { tried } from '../../tried.ts'
import { folderWith } from '../reading.ts'
import { capture, fakeClerk, optionsOf, readLive } from './capturing.ts'

/** Maps an instance with the recipe and a minimal manifest. */
async function mapped(
  data: Partial<InstanceData>,
  files: Record<string, string> = {},
  more: JsonObject = {},
  settings: ClerkSettings = {},
) {
  const fake = await fakeClerk(data, settings)
  const named = Object.fromEntries(Object.keys(files).map((name) => [name.replace('.csv', ''), name]))
  const options = optionsOf(fake, { ...named, ...(data.connections && { connections: true }) })
  const folder = folderWith({})
  const file = join(folder, 'migrate.config.yaml')
  writeFileSync(file, stringify({ source: { type: 'clerk', ...options }, target: { type: 'sandbox' }, ...more }))
  const { manifest } = await loadManifest({ path: file, cwd: folder, env: {}, redactor: new Redactor() })
  const { snapshot } = await capture(options)
  const { records, streams } = await readLive(options, snapshot, files)
  expect(checkStreams(manifest.map, streams)).toEqual([])
  return mapChunk({ records }, compileMapping(mapperSettings(manifest, streams[0])))
}

function drafts(result: MapResult, kind: string): JsonObject[] {
  return result.drafts
    .filter((draft) => draft.kind === kind)
    .map(({ key, refs, attributes }) => ({ key, ...refs, ...JSON.parse(attributes) }))
}

test("organizations get Clerk's ID as external ID and their public metadata, even without members", async () => {
  const result = await mapped({ ...generateInstance({ users: 1, organizations: 2 }) })
  const [first, second] = [clerkOrganization(0), clerkOrganization(1)]
  expect(result.rejects).toEqual([])
  expect(drafts(result, 'organization')).toEqual([
    { key: first.id, externalId: first.id, name: first.name, metadata: { tier: 'gold' } },
    { key: second.id, externalId: second.id, name: second.name, metadata: {} },
    { key: first.id, externalId: first.id, name: first.name },
  ])
  expect(drafts(result, 'membership')).toMatchObject([
    { user: clerkUser(0).id, organization: first.id, roles: ['admin'] },
  ])
})

test('public metadata come along beneath the names of the recipe, private and unsafe metadata do not', async () => {
  const public_metadata = { plan: 'pro', username: 'not this one', seats: 3 }
  const result = await mapped({ users: [{ ...clerkUser(10), public_metadata }] })
  expect(drafts(result, 'user')).toMatchObject([{ metadata: { plan: 'pro', username: 'name10', seats: '3' } }])
  const text = JSON.stringify(result.drafts)
  expect(text).not.toContain('crm')
  expect(text).not.toContain('org:admin')
})

test('public metadata can be turned off or selected', async () => {
  const more = { map: { user: { metadata: { '*': null, tier: 'public_metadata.plan' } } } }
  const result = await mapped({ users: [clerkUser(1)] }, {}, more)
  expect(drafts(result, 'user')[0]?.metadata).toEqual({ tier: 'free' })
})

test(tried('Clerk', 'Backend API v1', 'a banned user'), async () => {
  const data = generateInstance({ users: 2, organizations: 1 })
  const users = data.users.map((user, n) => ({ ...user, banned: n === 0 }))
  const roles = `clerk_user_id,role_slug\n${users.map(({ id }) => `${id},editor`).join('\n')}\n`
  const result = await mapped({ ...data, users }, { 'roles.csv': roles })
  expect(result.rejects).toEqual([])
  expect(drafts(result, 'user').map(({ key }) => key)).toEqual([clerkUser(1).id])
  expect(drafts(result, 'membership')).toMatchObject([{ user: clerkUser(1).id, roles: ['editor', 'member'] }])
  expect(result.grants).toEqual([])
  expect(result.leftOut).toBe(1)
})

test('the external ID is external_id in Clerk, otherwise the Clerk ID', async () => {
  const result = await mapped({ users: [clerkUser(0), clerkUser(1)] })
  expect(drafts(result, 'user').map(({ externalId }) => externalId)).toEqual(['legacy-0', clerkUser(1).id])
})

test(tried('Clerk', 'Backend API v1', 'a user without an address'), async () => {
  const result = await mapped({ users: [{ ...clerkUser(1), primary_email_address_id: null, email_addresses: [] }] })
  expect(result.rejects).toMatchObject([{ code: 'email_missing', origin: { line: 1 } }])
})

test('roles come from their list, with permissions by name, and not from memberships', async () => {
  const data = generateInstance({ users: 6, organizations: 1 })
  const roles = [
    clerkRole('org:member', { permissions: ['org:sys_profile:read', 'org:invoices:read'] }),
    clerkRole('org:auditor', { name: 'Auditor', description: 'Reads logs', permissions: ['org:logs:read'] }),
  ]
  const result = await mapped({ ...data, roles })
  expect(result.rejects).toEqual([])
  // Only memberships contain org:admin here.
  expect(drafts(result, 'role-definition')).toEqual([
    { key: 'auditor', slug: 'auditor', name: 'Auditor', description: 'Reads logs', permissions: ['org:logs:read'] },
    { key: 'member', slug: 'member', name: 'member', permissions: ['org:invoices:read'] },
    { key: 'admin', slug: 'admin', name: 'org:admin', permissions: [] },
    { key: 'admin', slug: 'admin', name: 'org:admin', permissions: [] },
  ])
  expect(drafts(result, 'permission')).toEqual([
    { key: 'org:logs:read', name: 'read', description: 'May org:logs:read' },
    { key: 'org:invoices:read', name: 'read', description: 'May org:invoices:read' },
  ])
})

test('without a list, roles come from memberships', async () => {
  const refused = { '/v1/organization_roles': { status: 404, code: 'resource_not_found' } }
  const result = await mapped(generateInstance({ users: 2, organizations: 1 }), {}, {}, { refused })
  expect(drafts(result, 'role-definition')).toEqual([
    { key: 'admin', slug: 'admin', name: 'Admin', permissions: [] },
    { key: 'member', slug: 'member', name: 'Member', permissions: [] },
  ])
})

test('connections find their organization by its key, with the certificates of the identity provider', async () => {
  const bare = (pem: string) => pem.replaceAll(/-----[^-]+-----|\s/g, '')
  const { idp_metadata_url: _, ...saml } = clerkConnection(0).saml_connection as ClerkSamlConnection
  const connections = [
    clerkConnection(0, {
      provider: 'saml_microsoft',
      saml_connection: {
        ...saml,
        idp_entity_id: 'https://sts.example/1',
        idp_sso_url: 'https://sts.example/1/saml2',
        idp_certificate: bare(CERTIFICATE),
        idp_certificates: [CERTIFICATE, OLDER_CERTIFICATE].map((pem) => ({
          certificate: bare(pem),
          issued_at: null,
          expires_at: null,
        })),
        allow_idp_initiated: true,
      },
    }),
    clerkOidcConnection(1),
  ]
  const result = await mapped({ ...generateInstance({ users: 1, organizations: 2 }), connections })
  expect(result.rejects).toEqual([])
  const organizations = drafts(result, 'organization').map(({ key }) => key)
  const [oidc, microsoft] = drafts(result, 'connection')
  expect(microsoft).toEqual({
    key: `entconn_2fake0@${organizations[0]}`,
    organization: organizations[0],
    type: 'saml',
    connectionType: 'AzureSAML',
    name: 'Connection 0',
    externalId: 'entconn_2fake0',
    domains: ['sso-0.example'],
    idpEntityId: 'https://sts.example/1',
    idpUrl: 'https://sts.example/1/saml2',
    x509Cert: [CERTIFICATE, OLDER_CERTIFICATE].toSorted(),
    idpInitiatedEnabled: true,
  })
  expect(oidc).toMatchObject({
    organization: organizations[1],
    type: 'oidc',
    clientId: 'client-1',
    discoveryEndpoint: 'https://login-1.example/.well-known/openid-configuration',
  })
  expect(result.notes).toContainEqual(
    expect.objectContaining({ code: 'connection_without_secret', key: `entconn_2fake1@${organizations[1]}` }),
  )
})

test('incomplete connections are rejected by name, and turned-off connections are left out', async () => {
  const { discovery_url: _, ...oauth_config } = clerkOidcConnection(3).oauth_config ?? { id: '' }
  const result = await mapped({
    ...generateInstance({ users: 1, organizations: 6 }),
    connections: [
      clerkConnection(0, { organization_id: null }),
      clerkConnection(1, { saml_connection: null }),
      clerkConnection(2, { provider: 'oauth_google', saml_connection: null }),
      clerkOidcConnection(3, { oauth_config: oauth_config as never }),
      clerkConnection(4, { active: false }),
    ],
  })
  expect(drafts(result, 'connection')).toEqual([])
  const refused = result.rejects.map(({ key, field, code }) => `${key?.replace(/@.*/, '')} ${field} ${code}`)
  expect(refused.toSorted()).toEqual([
    'entconn_2fake1 idpEntityId connection_incomplete',
    'entconn_2fake2 type invalid_connection_protocol',
    'entconn_2fake3 discoveryEndpoint connection_incomplete',
    'undefined organization connection_incomplete',
  ])
  expect(result.rejects.map(({ message }) => message)).toContain(
    'the connection "Connection 0" (entconn_2fake0) has no organization',
  )
})
