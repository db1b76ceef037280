import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant } from '../fakes/auth0/generate.ts'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { clerkConnection, clerkOidcConnection, clerkOrganization, generateInstance } from '../fakes/clerk/generate.ts'
import { CERTIFICATE } from '../kinds/certificates.ts'
import { ownCertificate } from '../kinds/own-certificate.ts'
import { createProject, type Project } from './cli.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const SECRET = 'canary-of-the-client'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PRIVATE = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const CERTIFICATE_OF_KEY = ownCertificate(privateKey)
/** A line of the key that occurs nowhere else. */
const KEY_LINE = PRIVATE.split('\n')[5] ?? ''

const CONNECTIONS = [
  {
    id: 'con_saml',
    org: 'acme',
    protocol: 'saml',
    name: 'Acme, "Okta"',
    type: 'OktaSAML',
    entity: 'https://idp.acme.example',
    url: 'https://idp.acme.example/sso',
    cert: CERTIFICATE,
    key: PRIVATE,
    domains: ['acme.example', 'acme.test'],
  },
  { id: 'con_meta', org: 'bolt', protocol: 'saml', metadata: 'https://idp.bolt.example/metadata' },
  {
    id: 'con_oidc',
    org: 'acme',
    protocol: 'oidc',
    client: 'acme-client',
    secret: SECRET,
    issuer: 'https://login.acme.example',
  },
  { id: 'con_bad', org: 'bolt', protocol: 'oidc', client: 'bolt-client', secret: SECRET },
]

const map = {
  user: { key: 'id', email: 'email', externalId: 'id' },
  organization: { from: 'organizations', externalId: 'id', name: 'name' },
  membership: { organization: 'org' },
  connection: {
    from: 'connections',
    key: 'id',
    externalId: 'id',
    organization: 'org',
    type: 'protocol',
    connectionType: 'type',
    name: 'name',
    domains: 'domains',
    idpMetadataUrl: 'metadata',
    idpEntityId: 'entity',
    idpUrl: 'url',
    x509Cert: 'cert',
    requestSigningKey: 'key',
    clientId: 'client',
    clientSecret: 'secret',
    discoveryEndpoint: 'issuer',
  },
}

function connectionsProject(workos: Workos, connections: readonly object[] = CONNECTIONS, more: object = {}): Project {
  const project = createProject()
  project.write('users.json', JSON.stringify([{ id: 'u1', email: 'ada@example.com', org: 'acme' }]))
  project.write(
    'organizations.json',
    JSON.stringify([
      { id: 'acme', name: 'Acme' },
      { id: 'bolt', name: 'Bolt' },
    ]),
  )
  project.write('connections.json', JSON.stringify(connections))
  const stream = (name: string) => ({ path: `${name}.json`, format: 'json' })
  project.manifest({
    version: 1,
    name: 'connections',
    source: {
      type: 'file',
      streams: { users: stream('users'), organizations: stream('organizations'), connections: stream('connections') },
    },
    map,
    target: workos.target,
    run: FAST,
    safety: { maxRejects: 'connections' in more ? 1 : 0 },
    ...more,
  })
  return project
}

const rows = (project: Project, file: string): Record<string, string>[] =>
  parse(readFileSync(project.path(file), 'utf8'), { columns: true })

describe('connections in hand-off files', () => {
  test('show ten of many rejected ones, and where the others are', async () => {
    const bad = Array.from({ length: 12 }, (_, n) => ({ id: `bad_${n}`, org: 'bolt', protocol: 'oidc', client: 'c' }))
    const project = connectionsProject(await startWorkos(), [...bad, { ...bad[11], domains: ['bolt.example'] }])
    const result = await project.run(['handoff', '--out', 'sso'])
    expect(result.exit, result.stderr).toBe(7)
    expect(result.stdout.match(/^ {2}✗ /gm)).toHaveLength(10)
    expect(result.stdout).toContain('Rejected (13), not in any file\n')
    expect(result.stdout).toContain('\n  … 3 more (--json lists all)\n')
    const json = await project.run(['handoff', '--out', 'sso', '--json'])
    expect(JSON.parse(json.stdout).rejects).toHaveLength(13)
  })

  test('report an unreadable record of connections, with exit code 7', async () => {
    const project = connectionsProject(await startWorkos())
    project.write('connections.json', JSON.stringify([...CONNECTIONS.slice(0, 1), 7]))
    const result = await project.run(['handoff', '--out', 'sso'])
    expect(result.exit, result.stderr).toBe(7)
    expect(result.stdout).toContain(
      '\n1 connection record cannot be read and is not in any file: workos-migrate plan lists it.\n',
    )
    const json = await project.run(['handoff', '--out', 'sso', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ rejects: [], unread: 1 })
  })

  test.each([
    ['apply continues with the users', {}, 'organizations', 0],
    [
      'apply refuses where it would create the connections itself',
      { connections: { mode: 'api' } },
      'organizations',
      5,
    ],
    ['apply refuses where the stream makes organizations too', {}, ['organizations', 'connections'], 5],
  ])('with an unreadable record of connections, %s', async (_, more, from, exit) => {
    const workos = await startWorkos()
    const settings = {
      ...more,
      map: { ...map, organization: { ...map.organization, from } },
      safety: { maxRejects: 0 },
    }
    const project = connectionsProject(workos, CONNECTIONS, settings)
    project.write('connections.json', JSON.stringify([...(exit === 0 ? CONNECTIONS : []), 7]))
    const result = await project.run(['apply', '--yes'], { env })
    expect(result.exit, result.stdout + result.stderr).toBe(exit)
    expect((await workos.snapshot()).users).toHaveLength(exit === 0 ? 1 : 0)
    if (exit !== 0) return
    expect(result.stdout).toContain(
      '; 1 record of connections unreadable: workos-migrate handoff counts it and ends with exit code 7; safety.maxRejects does not count it\n',
    )
    expect((await project.run(['verify'], { env })).exit).toBe(0)
    expect((await project.run(['handoff', '--out', 'sso'])).exit).toBe(7)
  })

  test('fill the columns of the templates, without secrets, with the IDs of applied resources', async () => {
    const workos = await startWorkos()
    const project = connectionsProject(workos)
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    const live = await workos.snapshot()
    const [acme, bolt] = live.organizations
    const result = await project.run(['handoff', '--out', 'sso'])
    expect(result.exit, result.stderr).toBe(7)
    expect(result.stdout).toContain('saml_connections.csv  2 connections  of 2 organizations')
    expect(result.stdout).toContain('oidc_connections.csv   1 connection   of 1 organization')
    expect(result.stdout).toContain('They do not contain the secrets of 2 connections')
    expect(result.stdout).toMatch(/✗ .*connections\.json.* con_bad@bolt: the connection has no discoveryEndpoint/)
    expect(rows(project, 'sso/saml_connections.csv')).toEqual([
      {
        name: 'Acme, "Okta"',
        organizationName: 'Acme',
        organizationId: acme?.id,
        organizationExternalId: 'acme',
        domains: 'acme.example,acme.test',
        idpEntityId: 'https://idp.acme.example',
        idpUrl: 'https://idp.acme.example/sso',
        x509Cert: CERTIFICATE,
        idpMetadataUrl: '',
        customEntityId: '',
        customAcsUrl: '',
        idpIdAttribute: '',
        emailAttribute: '',
        firstNameAttribute: '',
        lastNameAttribute: '',
        nameAttribute: '',
        idpInitiatedEnabled: '',
        requestSigningKey: '',
        requestSigningCert: '',
        assertionEncryptionKey: '',
        assertionEncryptionCert: '',
        nameIdEncryptionKey: '',
        externalId: 'con_saml',
        connectionType: 'OktaSAML',
      },
      expect.objectContaining({
        name: 'Bolt',
        organizationId: bolt?.id,
        idpMetadataUrl: 'https://idp.bolt.example/metadata',
        externalId: 'con_meta',
      }),
    ])
    expect(rows(project, 'sso/oidc_connections.csv')).toEqual([
      {
        name: 'Acme',
        organizationName: 'Acme',
        organizationId: acme?.id,
        organizationExternalId: 'acme',
        domains: '',
        clientId: 'acme-client',
        clientSecret: '',
        discoveryEndpoint: 'https://login.acme.example/.well-known/openid-configuration',
        customRedirectUri: '',
        externalId: 'con_oidc',
        connectionType: '',
      },
    ])
    for (const file of project.list('sso')) expect(statSync(project.path(`sso/${file}`)).mode & 0o777, file).toBe(0o600)
    const notes = readFileSync(project.path('sso/handoff_notes.md'), 'utf8')
    expect(notes).toContain('omitted, add before the import: clientSecret')
    expect(notes).toContain('omitted, add before the import: requestSigningKey')
    expect(notes).toContain('marks these domains as verified, so make sure that they are: acme.example, acme.test')
  })

  test('contain secrets only on request', async () => {
    const workos = await startWorkos()
    const project = connectionsProject(workos)
    const outputs: string[] = []
    for (const args of [
      ['inspect', '--all'],
      ['inspect', '--all', '--json'],
      ['validate'],
      ['export', '--out', 'snapshot'],
      ['plan', '--full'],
      ['plan', '--json'],
      ['plan', '--format', 'markdown', '--out', 'plan.ndjson'],
      ['apply', '--yes'],
      ['verify', '--json', '--full'],
      ['errors', '--json'],
      ['state', 'export'],
      ['handoff', '--out', 'without', '--json'],
      ['handoff', '--out', 'with', '--include-secrets', '--json'],
    ]) {
      const { stdout, stderr } = await project.run(args, { env })
      outputs.push(stdout, stderr)
    }
    for (const name of ['plan.ndjson', ...project.list('without').map((file) => `without/${file}`)]) {
      outputs.push(readFileSync(project.path(name), 'utf8'))
    }
    for (const file of project.list('.workos-migrate')) {
      const path = project.path(`.workos-migrate/${file}`)
      if (statSync(path).isFile()) outputs.push(readFileSync(path, 'latin1'))
    }
    outputs.push(readFileSync(project.path('with/handoff_notes.md'), 'utf8'))
    expect(outputs.join('\n')).toContain('con_oidc')
    for (const secret of [SECRET, KEY_LINE]) {
      expect(outputs.filter((text) => text.includes(secret))).toEqual([])
    }
    expect(rows(project, 'with/oidc_connections.csv')).toMatchObject([{ clientSecret: SECRET }])
    expect(rows(project, 'with/saml_connections.csv')[0]).toMatchObject({ requestSigningKey: PRIVATE })
    expect(statSync(project.path('with/oidc_connections.csv')).mode & 0o777).toBe(0o600)
  })

  test('need no key of WorkOS, and replace earlier files', async () => {
    const workos = await startWorkos()
    const project = connectionsProject(workos, CONNECTIONS.slice(0, 3))
    expect(await project.run(['handoff', '--out', 'sso', '--include-secrets'])).toMatchObject({ exit: 0 })
    expect(await project.run(['handoff', '--out', 'sso'])).toMatchObject({ exit: 0 })
    expect(readFileSync(project.path('sso/oidc_connections.csv'), 'utf8')).not.toContain(SECRET)
    expect(rows(project, 'sso/oidc_connections.csv')).toHaveLength(1)
    project.write('taken', '')
    expect(await project.run(['handoff', '--out', 'taken'])).toMatchObject({ exit: 3 })
    expect(workos.takeLog()).toEqual([])
  })
})

describe('a plan with connections', () => {
  test('shows how many go into files, for whom, and accounts for all; none is sent', async () => {
    const workos = await startWorkos()
    const project = connectionsProject(workos)
    const text = (await project.run(['plan'], { env })).stdout
    expect(text).toContain(
      '3 connections (2 by SAML, 1 by OpenID Connect) of 2 organizations, acme, bolt: written into files by workos-migrate handoff',
    )
    const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    expect(plan.accounting.kinds.find(({ kind }: { kind: string }) => kind === 'connection')).toMatchObject({
      yielded: 4,
      distinct: 3,
      rejected: 1,
    })
    expect(plan.summary.handoff).toEqual({
      saml: 2,
      oidc: 1,
      organizations: 2,
      named: ['acme', 'bolt'],
      rejected: 1,
      unread: 0,
    })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit).toBe(0)
    expect(writes(workos.takeLog()).filter(({ path }) => path.includes('connection'))).toEqual([])
    const again = await project.run(['plan', '--detailed-exitcode'], { env })
    expect(again.exit).toBe(0)
  })

  test('is not affected by incomplete ones: only handoff counts them', async () => {
    const workos = await startWorkos()
    const project = connectionsProject(workos, CONNECTIONS.slice(3))
    const plan = await project.run(['plan'], { env })
    expect(plan.exit, plan.stdout).toBe(0)
    expect(plan.stdout).toContain(
      '1 connection rejected: workos-migrate handoff names it and ends with exit code 7; safety.maxRejects does not count it',
    )
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect((await workos.snapshot()).users).toHaveLength(1)
    expect((await project.run(['verify'], { env })).exit).toBe(0)
    expect((await project.run(['handoff', '--out', 'sso'])).exit).toBe(7)
    // Created through the API, connections are part of what is applied.
    const byApi = connectionsProject(workos, CONNECTIONS.slice(3), {
      connections: { mode: 'api' },
      safety: { maxRejects: 0 },
    })
    const refused = await byApi.run(['plan'], { env })
    expect(refused.exit).toBe(5)
    expect(refused.stdout).toContain('safety.maxRejects')
  })

  test('rejects a connection whose organization is missing, together with it', async () => {
    const workos = await startWorkos()
    const project = connectionsProject(workos, [{ ...CONNECTIONS[1], org: 'nobody' }])
    const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    expect(plan.rejects).toMatchObject([{ kind: 'connection', key: 'con_meta@nobody', code: 'organization_missing' }])
  })

  test('has one for each organization that a connection serves, and merges the rows of one', async () => {
    const workos = await startWorkos()
    const [, meta] = CONNECTIONS
    const connections = [
      { ...meta, domains: ['b.example'] },
      { ...meta, org: 'acme' },
      { ...meta, domains: ['a.example'] },
    ]
    const project = connectionsProject(workos, connections)
    expect(await project.run(['handoff', '--out', 'sso'])).toMatchObject({ exit: 0 })
    expect(
      rows(project, 'sso/saml_connections.csv').map(({ organizationExternalId, externalId, domains }) => [
        organizationExternalId,
        externalId,
        domains,
      ]),
    ).toEqual([
      ['acme', 'con_meta', ''],
      ['bolt', 'con_meta', 'a.example,b.example'],
    ])
  })
})

test('connections of an Auth0 tenant go into files by its recipe, with secrets only on request', async () => {
  const [acme, bolt] = ['org_0000000000000001', 'org_0000000000000002'] as const
  const data = generateTenant({ users: 4, organizations: 2 })
  const connections = [
    ...data.connections.slice(0, 3),
    {
      id: 'con_saml',
      name: 'acme-saml',
      strategy: 'samlp',
      display_name: 'Acme SSO',
      options: {
        metadataUrl: 'https://idp.acme.example/metadata',
        signingCert: Buffer.from(CERTIFICATE).toString('base64'),
        signInEndpoint: 'https://idp.acme.example/sso',
        domain_aliases: ['acme.example'],
        fieldsMap: { email: ['mail', 'upn'] },
        signing_key: { key: PRIVATE, cert: CERTIFICATE_OF_KEY },
      },
    },
    {
      id: 'con_okta',
      name: 'bolt-okta',
      strategy: 'okta',
      options: { client_id: 'bolt', client_secret: SECRET, domain: 'bolt.okta.com' },
    },
    {
      id: 'con_none',
      name: 'nobodys',
      strategy: 'oidc',
      options: { client_id: 'x', client_secret: SECRET, issuer: 'idp.nobodys' },
    },
  ]
  const enabledConnections = [
    { organization: acme, connection: 'con_saml' },
    { organization: bolt, connection: 'con_saml' },
    { organization: bolt, connection: 'con_okta' },
    { organization: bolt, connection: 'con_none' },
  ]
  const fake = await startFakeAuth0({ ...data, connections, enabledConnections })
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  project.manifest({
    version: 1,
    source: { ...fake.source, clientSecret: '${SECRET}', connections: true },
    roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } }, unmapped: 'keep' },
    target: workos.target,
    run: FAST,
    safety: { maxRejects: 10 },
  })
  const variables = { KEY, SECRET: fake.source.clientSecret }
  const outputs: string[] = []
  const run = async (...args: string[]) => {
    const result = await project.run(args, { env: variables })
    outputs.push(result.stdout, result.stderr)
    return result
  }
  await run('export')
  await run('inspect', '--all')
  const plan = await run('plan', '--full')
  expect(plan.stdout, plan.stderr).toContain('3 connections (2 by SAML, 1 by OpenID Connect) of 2 organizations')
  expect(plan.stdout).toMatch(/connection:con_none@org_0000000000000002: .*not a web address/)
  const result = await run('handoff', '--out', 'sso')
  expect(result.exit, result.stderr).toBe(7)
  expect(rows(project, 'sso/saml_connections.csv')).toMatchObject([
    {
      name: 'Acme SSO',
      organizationExternalId: acme,
      domains: 'acme.example',
      idpMetadataUrl: 'https://idp.acme.example/metadata',
      x509Cert: CERTIFICATE,
      emailAttribute: 'mail',
      requestSigningKey: '',
      requestSigningCert: CERTIFICATE_OF_KEY,
      externalId: 'con_saml',
    },
    { organizationExternalId: bolt, externalId: 'con_saml' },
  ])
  expect(rows(project, 'sso/oidc_connections.csv')).toMatchObject([
    {
      name: 'bolt-okta',
      clientId: 'bolt',
      clientSecret: '',
      discoveryEndpoint: 'https://bolt.okta.com/.well-known/openid-configuration',
    },
  ])
  outputs.push(...project.list('sso').map((file) => readFileSync(project.path(`sso/${file}`), 'utf8')))
  for (const secret of [SECRET, KEY_LINE]) expect(outputs.filter((text) => text.includes(secret))).toEqual([])
})

test("Clerk's enterprise connections are handed over by organization, and the others are listed", async () => {
  const fake = await startFakeClerk({
    ...generateInstance({ users: 4, organizations: 3 }),
    connections: [
      clerkConnection(0),
      clerkOidcConnection(1),
      clerkConnection(2, { active: false, name: 'Old SSO' }),
      clerkConnection(3, { organization_id: null, name: 'For everybody' }),
    ],
  })
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  const source = { ...fake.source, secretKey: '${SECRET}' }
  const manifest = (connections: boolean) => ({
    version: 1,
    source: { ...source, connections },
    target: workos.target,
    run: FAST,
    safety: { maxRejects: 10 },
  })
  const variables = { KEY, SECRET: fake.source.secretKey }
  project.manifest(manifest(false))
  const without = await project.run(['plan'], { env: variables })
  expect(without.exit, without.stderr).toBe(0)
  expect(without.stdout).not.toContain('OpenID Connect')

  project.manifest(manifest(true))
  const plan = await project.run(['plan', '--full'], { env: variables })
  expect(plan.stdout, plan.stderr).toContain('2 connections (1 by SAML, 1 by OpenID Connect) of 2 organizations')
  expect(plan.stdout).toContain('the connection "For everybody" (entconn_2fake3) has no organization')
  expect(`${plan.stdout}${plan.stderr}`).toContain('1 connection is turned off in Clerk: Old SSO (entconn_2fake2)')
  const result = await project.run(['handoff', '--out', 'sso'], { env: { SECRET: fake.source.secretKey } })
  expect(result.exit, result.stderr).toBe(7)
  expect(`${result.stdout}${result.stderr}`).toContain('Old SSO (entconn_2fake2)')
  expect(rows(project, 'sso/saml_connections.csv')).toMatchObject([
    {
      name: 'Connection 0',
      organizationName: clerkOrganization(0).name,
      organizationExternalId: clerkOrganization(0).id,
      domains: 'sso-0.example',
      idpMetadataUrl: 'https://idp-0.example/metadata',
      customAcsUrl: '',
      externalId: 'entconn_2fake0',
      connectionType: 'OktaSAML',
    },
  ])
  expect(rows(project, 'sso/oidc_connections.csv')).toMatchObject([
    {
      organizationExternalId: clerkOrganization(1).id,
      clientId: 'client-1',
      clientSecret: '',
      discoveryEndpoint: 'https://login-1.example/.well-known/openid-configuration',
    },
  ])
  expect(readFileSync(project.path('sso/handoff_notes.md'), 'utf8')).toContain('the source has no clientSecret')
})

describe('connections through the API', () => {
  const api = { connections: { mode: 'api' }, safety: { maxRejects: '100%' } }
  const good = CONNECTIONS.slice(0, 3)

  test('fail if the organization already has another, and the run shows the remedy', async () => {
    const workos = await startWorkos({
      connectionsApi: true,
      faults: {
        faults: [
          {
            kind: 'answered',
            when: 'before',
            status: 409,
            code: 'connection_already_exists_for_organization',
            method: 'POST',
            route: '/connections',
            times: 1,
          },
        ],
      },
    })
    const project = connectionsProject(workos, good, { ...api, run: { ...FAST, concurrency: 1 } })
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(7)
    const { stdout } = await project.run(['errors'], { env })
    expect(stdout).toContain('connection_already_exists_for_organization (1)')
    expect(stdout).toContain('delete the other connection of the organization in WorkOS')
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  })

  test('are created after their organizations, with their secrets, once', async () => {
    const workos = await startWorkos({ connectionsApi: true })
    const project = connectionsProject(workos, good, api)
    const plan = await project.run(['plan'], { env })
    expect(plan.stdout).toContain('+ connection:con_saml@acme  Acme, "Okta"')
    expect(plan.stdout).not.toContain('handoff')
    const applied = await project.run(['apply', '--yes', '--json'], { env })
    expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
    const [acme, bolt] = (await workos.snapshot()).organizations
    const sent = writes(workos.takeLog()).filter(({ path }) => path === '/connections')
    const byId = new Map(sent.map(({ body }) => [(body as { external_id: string }).external_id, body]))
    expect(sent).toHaveLength(3)
    expect(byId.get('con_saml')).toEqual({
      organization_id: acme?.id,
      name: 'Acme, "Okta"',
      external_id: 'con_saml',
      connection_type: 'OktaSAML',
      saml_options: {
        idp_entity_id: 'https://idp.acme.example',
        idp_sso_url: 'https://idp.acme.example/sso',
        idp_signing_certs: [CERTIFICATE],
      },
    })
    expect(byId.get('con_meta')).toMatchObject({
      organization_id: bolt?.id,
      saml_options: { idp_metadata_url: 'https://idp.bolt.example/metadata' },
    })
    expect(byId.get('con_oidc')).toMatchObject({
      oidc_options: {
        client_id: 'acme-client',
        client_secret: SECRET,
        discovery_endpoint: 'https://login.acme.example/.well-known/openid-configuration',
      },
    })
    expect(await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
    expect(await project.run(['verify', '--strict'], { env })).toMatchObject({ exit: 0 })
    project.remove('.workos-migrate')
    const again = await project.run(['apply', '--yes', '--json'], { env })
    expect(JSON.parse(again.stdout).kinds.at(-1)).toMatchObject({ kind: 'connection', adopted: 3, created: 0 })
    expect(writes(workos.takeLog())).toEqual([])
    for (const { stdout, stderr } of [plan, applied, again]) expect(stdout + stderr).not.toContain(SECRET)
  })

  test('are adopted if someone created one between plan and write: none is sent, none is ours', async () => {
    let id = ''
    const workos: Workos = await startWorkos({
      connectionsApi: true,
      interceptor: {
        async after({ request }, { body }) {
          if (request.method !== 'POST' || request.url !== '/organizations' || body?.name !== 'Bolt') return false
          const made = await workos.call('POST', '/connections', {
            organization_id: body.id,
            external_id: 'con_meta',
            name: 'By hand',
            saml_options: { idp_metadata_url: 'https://idp.bolt.example/metadata' },
          })
          id = made.id
          return false
        },
      },
    })
    const project = connectionsProject(workos, good.slice(1, 2), api)
    const applied = await project.run(['apply', '--yes', '--json'], { env })
    expect(applied.exit, applied.stderr).toBe(0)
    expect(JSON.parse(applied.stdout).kinds.at(-1)).toMatchObject({ kind: 'connection', adopted: 1, created: 0 })
    expect(writes(workos.takeLog()).filter(({ route }) => route === '/connections')).toEqual([])
    expect(await workos.call('GET', `/connections/${id}`)).toMatchObject({ name: 'By hand' })
    const state = openStateFile(project.path('.workos-migrate/state.sqlite'))
    const key = (await state.keyOf('connection', id)) ?? ''
    expect(await state.get('connection', key)).toMatchObject({ ownership: 'adopted' })
    await state.close()
  })

  test('fail with a remedy if WorkOS has not enabled them, and are created once it has', async () => {
    const workos = await startWorkos()
    const project = connectionsProject(workos, good, api)
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit).toBe(7)
    const { stdout } = await project.run(['errors', '--json'], { env })
    expect(stdout).toContain('connections_api_not_enabled')
    expect(stdout).toContain('ask WorkOS to enable')
    expect((await workos.snapshot()).organizations).toHaveLength(2)
  })

  test('are blocked without a client secret, before anything is written', async () => {
    const workos = await startWorkos({ connectionsApi: true })
    const { secret: _secret, ...without } = { secret: '', ...CONNECTIONS[2] }
    const project = connectionsProject(workos, [without], api)
    const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    expect(plan.actions.at(-1)).toMatchObject({
      kind: 'connection',
      type: 'blocked',
      code: 'connection_without_secret',
    })
  })

  test('are deleted by destroy, and a secret that changes in the source is reported, not sent', async () => {
    const workos = await startWorkos({ connectionsApi: true })
    const project = connectionsProject(workos, good, api)
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    project.write('connections.json', JSON.stringify(good.map((one) => ({ ...one, secret: 'another', name: 'Other' }))))
    const plan = await project.run(['plan', '--detailed-exitcode'], { env })
    expect(plan.stdout).toContain('1 connection: clientSecret changed in the source but is not sent')
    expect(plan.exit, plan.stdout).toBe(0)
    const destroyed = await project.run(['destroy', '--confirm', 'connections'], { env })
    expect(destroyed.exit, destroyed.stdout).toBe(0)
    expect(await workos.call('GET', '/connections')).toMatchObject({ data: [] })
  })
})
