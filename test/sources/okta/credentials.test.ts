import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import type { JsonObject } from '../../../src/json.ts'
import { oktaSource } from '../../../src/sources/okta/open.ts'
import { addressOf } from '../../../src/sources/okta/options.ts'
import { API_TOKEN, CLIENT_ID, type OktaSettings } from '../../fakes/okta/fake-okta.ts'
import { generateOrg } from '../../fakes/okta/generate.ts'
import { orgWith, readOrg, refusal } from './reading.ts'

const SMALL = generateOrg({ users: 12, groups: 2 })

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }))

/** An org with a service app, and the options of the app. */
async function appOrg(app: Partial<NonNullable<OktaSettings['app']>> = {}, settings: OktaSettings = {}) {
  const publicKeys = new Map([['', rsa.publicKey]])
  const fake = await orgWith(SMALL, { pageCap: 3, ...settings, app: { publicKeys, ...app } })
  const { token: _, ...source } = fake.source
  return { fake: { ...fake, source: { ...source, clientId: CLIENT_ID, privateKey: pem(rsa.privateKey) } } }
}

async function refused(fake: { source: { type: string } }, options: JsonObject = {}): Promise<readonly Problem[]> {
  const { type: _, ...config } = { ...fake.source, ...options }
  const problems = await refusal(Promise.resolve(oktaSource.live?.tryCredentials?.(config, { directory: '.' })))
  expect(JSON.stringify(problems)).not.toContain(API_TOKEN)
  return problems
}

describe('an API token', () => {
  test('that is rejected gets a hint about expiry', async () => {
    const fake = await orgWith(SMALL)
    expect(await refused(fake)).toEqual([])
    const [problem] = await refused(fake, { token: 'another' })
    expect(problem).toMatchObject({ code: 'credentials_refused', path: 'source.token' })
    expect(problem?.message).toContain('(HTTP 401 E0000011)')
  })

  test('without permissions lists every missing permission, with a hint', async () => {
    const fake = await orgWith(SMALL, { denied: ['groups', 'idps'] })
    const problems = await refused(fake, { apps: true, connections: true })
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('the administrator of the API token cannot view groups'),
      expect.stringContaining('cannot view identity providers'),
    ])
    expect(problems[0]?.hint).toContain('Read-only Administrator')
    expect(problems[0]?.message).toContain('E0000006')
    // What is not read is not requested.
    expect(await refused(fake, { groups: false })).toEqual([])
  })

  test('that expires during the reading ends the reading', async () => {
    const fake = await orgWith(SMALL, { pageCap: 3 })
    const source = { ...fake, source: { ...fake.source, token: 'x' } }
    expect(await refusal(readOrg(source))).toMatchObject([{ code: 'credentials_refused' }])
  })
})

describe('a service app', () => {
  test('requests only the scopes that it needs', async () => {
    const { fake } = await appOrg({ scopes: ['okta.users.read', 'okta.groups.read'] })
    const { users } = await readOrg(fake)
    expect(users).toHaveLength(11)
    const [asked] = fake.log.filter(({ route }) => route === '/oauth2/v1/token')
    expect(new URLSearchParams(asked?.text).get('scope')).toBe('okta.users.read okta.groups.read')
    expect(fake.counts()['POST /oauth2/v1/token']).toBe(1)
  })

  test('gets a new token when the old one expires', async () => {
    const { fake: worn } = await appOrg({ uses: 3 })
    expect((await readOrg(worn)).users).toHaveLength(11)
    expect(worn.counts()['POST /oauth2/v1/token']).toBeGreaterThan(2)
    const { fake: revoked } = await appOrg()
    revoked.after(6, () => revoked.expireTokens())
    expect((await readOrg(revoked)).users).toHaveLength(11)
    expect(revoked.counts()['POST /oauth2/v1/token']).toBe(2)
  })

  test('can have an EC key, as a JWK with its own ID', async () => {
    const { fake } = await appOrg({ publicKeys: new Map([['k1', ec.publicKey]]) })
    const jwk = JSON.stringify({ ...ec.privateKey.export({ format: 'jwk' }), kid: 'k1' })
    expect(await refused(fake, { privateKey: jwk })).toEqual([])
    expect(await refused(fake, { privateKey: pem(ec.privateKey), keyId: 'k1' })).toEqual([])
    // A variable often contains PEM on one line.
    const oneLine = pem(ec.privateKey).trimEnd().replaceAll('\n', '\\n')
    expect(await refused(fake, { privateKey: oneLine, keyId: 'k1' })).toEqual([])
    expect(await refused(fake, { privateKey: jwk, keyId: 'k2' })).toMatchObject([{ code: 'credentials_refused' }])
  })

  test.each([
    [
      'a key of somebody else',
      { publicKeys: new Map([['', ec.publicKey]]) },
      'credentials_refused',
      'the app must list the public key',
    ],
    ['DPoP', { dpop: true }, 'dpop_required', 'turn off "Require Demonstrating Proof of Possession'],
    [
      'a scope that is not granted',
      { scopes: ['okta.users.read'] },
      'missing_scope',
      'okta.users.read, okta.groups.read',
    ],
  ])('with %s gets a hint', async (_what, app, code, hint) => {
    const { fake } = await appOrg(app)
    const [problem] = await refused(fake)
    expect(problem).toMatchObject({ code })
    expect(problem?.hint).toContain(hint)
    expect(problem?.message).toContain('did not issue an access token')
  })
})

describe('options', () => {
  const check = async (options: JsonObject) => {
    const problems = await oktaSource.check({ domain: 'acme.okta.com', token: 't', ...options }, '.')
    return problems.map(({ code, path }) => `${code} ${path}`)
  }

  test.each([
    [{}, []],
    [{ token: '${OKTA_API_TOKEN}' }, []],
    [{ token: undefined, clientId: 'c', privateKey: '${OKTA_KEY}' }, []],
    [{ token: undefined }, ['missing_key source']],
    [{ token: undefined, clientId: 'c' }, ['missing_key source.privateKey']],
    [{ token: undefined, privateKey: pem(rsa.privateKey) }, ['missing_key source.clientId']],
    [{ token: undefined, clientId: 'c', privateKey: 'no key' }, ['bad_private_key source.privateKey']],
    [
      { token: undefined, clientId: 'c', privateKey: pem(generateKeyPairSync('ed25519').privateKey) },
      ['bad_private_key source.privateKey'],
    ],
    [{ clientId: 'c' }, ['two_credentials source.token']],
    [{ token: 'SSWS 00abc' }, ['bad_api_key source.token']],
    [{ memberOf: '00g1', search: 'status eq "ACTIVE"' }, ['members_are_listed source.search']],
    [{ memberOf: '00g1', deprovisioned: false }, []],
    [{ updatedSince: '2026-02-31' }, ['bad_value source.updatedSince']],
    [{ domain: 'acme-admin.okta.com' }, ['bad_domain source.domain']],
  ])('%o', async (options, expected) => {
    expect(await check(options as JsonObject)).toEqual(expected)
  })

  test.each([
    ['acme.okta.com', 'https://acme.okta.com'],
    ['https://login.acme.example/', 'https://login.acme.example'],
    ['acme.okta.com/api/v1', 'https://acme.okta.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('%s is an address', (domain, baseUrl) => {
    expect(addressOf(domain)).toMatchObject({ baseUrl })
  })

  test.each([
    ['http://acme.okta.com', 'unencrypted'],
    ['https://user:secret@acme.okta.com', 'a user name or a password'],
    ['https://acme.okta.com/app/home', 'has more than a host'],
    ['ftp://acme.okta.com', 'is not supported'],
    ['', 'is not a domain'],
  ])('%s is rejected', (domain, why) => {
    const problem = addressOf(domain)
    expect(problem).toMatchObject({ code: 'bad_domain', message: expect.stringContaining(why) })
    expect(JSON.stringify(problem)).not.toContain('secret')
  })

  test('a part of an org has another identity than the whole', () => {
    const identity = (options: object) =>
      oktaSource.live?.identity({ domain: 'acme.okta.com', token: API_TOKEN, ...options })
    const identities = [
      {},
      { search: 's' },
      { memberOf: 'g' },
      { groups: false },
      { deprovisioned: true },
      { apps: true },
      { updatedSince: '2026-01-01' },
    ]
    expect(new Set(identities.map((options) => JSON.stringify(identity(options)))).size).toBe(identities.length)
    expect(JSON.stringify(identity({}))).not.toContain(API_TOKEN)
    expect(identity({ concurrency: 2, pageSize: 50 })).toEqual(identity({}))
    expect(
      oktaSource.open(
        { domain: 'acme.okta.com', updatedSince: '2026-01-01' },
        { directory: '.', scratch: '.', reject() {}, warn() {} },
      ).partial,
    ).toBe(true)
  })
})
