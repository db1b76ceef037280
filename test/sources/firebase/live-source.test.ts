import { describe, expect, test } from 'vitest'
import { account, generateProject, hashConfig } from '../../fakes/firebase/generate.ts'
import type { Account } from '../../fakes/firebase/objects.ts'
import { sums } from '../reading.ts'
import { fakeFirebase, read } from './capturing.ts'

const user = (n: number, more: Partial<Account> = {}): Account => ({ ...account(n), ...more })
const SAML = {
  id: 'saml.acme',
  displayName: 'Acme SSO',
  enabled: true,
  idpConfig: {
    idpEntityId: 'https://idp.acme.example',
    ssoUrl: 'https://idp.acme.example/sso',
    idpCertificates: [{ x509Certificate: '-----BEGIN CERTIFICATE-----' }],
  },
  spConfig: { spEntityId: 'my-app', callbackUri: 'https://my-project.example/handler', spCertificates: [{ x: 1 }] },
}
const OIDC = {
  id: 'oidc.acme',
  clientId: 'acme',
  issuer: 'https://login.acme.example',
  clientSecret: 'made-up-secret-of-acme',
  enabled: false,
}

describe('a user', () => {
  test('of the project has the fields of an export, and hash parameters', async () => {
    const { users } = await read(await fakeFirebase({ ...generateProject(), users: [user(0), user(2)] }))
    expect(users).toContainEqual({ ...user(0), hashConfig: hashConfig('main') })
    // A Google user has no hash and needs no parameters.
    expect(users).toContainEqual(user(2))
  })

  test('of a tenant has its tenant, and only the parameters of this tenant', async () => {
    const project = generateProject({ users: 1, tenants: [1, 1] })
    const { users, recordsOf } = await read(await fakeFirebase(project))
    const byTenant = new Map(users.map((one) => [one.tenantId, one]))
    for (const id of ['tenant-1', 'tenant-2']) {
      expect(byTenant.get(id)).toMatchObject({
        ...account(0, id),
        tenant: { id, displayName: id.replace('tenant-', 'Tenant '), allowPasswordSignup: true },
        hashConfig: hashConfig(id),
      })
    }
    expect(byTenant.get(undefined)?.hashConfig).toEqual(hashConfig('main'))
    // Test phone numbers would include their codes.
    expect(JSON.stringify(recordsOf('tenants'))).not.toContain('123456')
  })

  test('of a tenant without parameters gets none, and a warning', async () => {
    const { tenants: [tenant] = [], ...project } = generateProject({ users: 1, tenants: [2] })
    if (tenant === undefined) throw new Error('there is a tenant')
    const { hashConfig: _own, ...bare } = tenant
    const { users, warnings } = await read(await fakeFirebase({ ...project, tenants: [bare] }))
    expect(users.filter(({ tenantId }) => tenantId !== undefined).map((one) => one.hashConfig)).toEqual([
      undefined,
      undefined,
    ])
    expect(warnings).toMatchObject([
      {
        code: 'tenants_without_hash_parameters',
        message: 'the API does not return the hash parameters of the tenant Tenant 1 (tenant-1), 2 users',
      },
    ])
  })

  test('with an imported hash does not keep it', async () => {
    const { users, warnings } = await read(
      await fakeFirebase({ ...generateProject(), users: [user(0, { version: 2 }), user(1)] }),
    )
    const imported = users.find(({ localId }) => localId === account(0).localId)
    expect(imported).toMatchObject({ importedHash: true })
    for (const name of ['passwordHash', 'salt', 'version', 'hashConfig']) expect(imported).not.toHaveProperty(name)
    expect(warnings).toMatchObject([
      { code: 'imported_hashes', message: expect.stringContaining('1 user has a hash that was imported') },
    ])
  })

  test('without its hash is counted', async () => {
    const { warnings } = await read(await fakeFirebase(generateProject({ users: 6 })), { hashes: false })
    expect(warnings).toMatchObject([
      { code: 'hashes_not_read', message: expect.stringContaining('4 users have a password in Firebase') },
    ])
  })

  test('of a tenant with disabled sign-in causes a warning', async () => {
    const project = generateProject({ tenants: [3] })
    const tenants = (project.tenants ?? []).map((tenant) => ({ ...tenant, disableAuth: true }))
    const { warnings } = await read(await fakeFirebase({ ...project, tenants }))
    expect(warnings).toMatchObject([
      { code: 'tenants_disabled', message: expect.stringContaining('the tenant Tenant 1 (tenant-1), 3 users') },
    ])
  })
})

describe('providers', () => {
  const project = () => {
    const { tenants: [tenant] = [], ...own } = generateProject({ users: 1, tenants: [1] })
    if (tenant === undefined) throw new Error('there is a tenant')
    return { ...own, saml: [SAML], tenants: [{ ...tenant, saml: [SAML], oidc: [OIDC] }] }
  }

  test("are records of the project and of its tenants, without Firebase's certificates", async () => {
    const { recordsOf, warnings } = await read(await fakeFirebase(project()), { connections: true })
    const { spCertificates: _own, ...spConfig } = SAML.spConfig
    expect(recordsOf('connections')).toEqual([
      { ...SAML, type: 'saml', spConfig },
      { ...SAML, type: 'saml', spConfig, tenantId: 'tenant-1' },
      { ...OIDC, type: 'oidc', tenantId: 'tenant-1' },
    ])
    expect(warnings).toMatchObject([
      {
        code: 'connections_inactive',
        message: expect.stringContaining('1 provider is disabled in Firebase: oidc.acme'),
      },
    ])
  })

  test('are read only on request', async () => {
    const fake = await fakeFirebase(project())
    const { recordsOf, counts } = await read(fake)
    expect(recordsOf('connections')).toEqual([])
    expect(counts.map(({ stream }) => stream)).toEqual(['users', 'tenants'])
    expect(fake.log.filter(({ target }) => target.includes('Configs'))).toEqual([])
  })
})

test('the sums are those of the project, and each record has its place', async () => {
  const reading = await read(await fakeFirebase(generateProject({ users: 4, tenants: [3, 0] })))
  expect(sums(reading)).toEqual([
    ['users', 7, 7, 0],
    ['tenants', 2, 2, 0],
  ])
  expect(reading.records.map(({ seq }) => seq)).toEqual([...reading.records.keys()])
  expect(reading.records.at(-1)?.origin).toEqual({
    file: expect.stringMatching(/^127\.0\.0\.1:\d+\/projects\/my-project\/accounts$/),
    line: 7,
  })
})
