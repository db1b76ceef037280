import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Result } from '../e2e/cli.ts'
import { member, peopleProject } from '../e2e/people.ts'
import { FAST, startWorkos, type Workos } from '../e2e/workos.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant } from '../fakes/auth0/generate.ts'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { generateInstance } from '../fakes/clerk/generate.ts'
import { startFakeFirebase } from '../fakes/firebase/fake-firebase.ts'
import { generateProject } from '../fakes/firebase/generate.ts'
import { keyFile } from '../fakes/firebase/tokens.ts'
import { createAuthority } from './authority.ts'
import { type ProxySettings, startConnectProxy } from './connect-proxy.ts'
import { startSecureFront } from './secure-front.ts'

/** A host that no name server knows: only the proxy reaches it. */
const HOST = 'api.workos.test'
const REMOTE = { target: { type: 'workos' as const, apiKey: '${KEY}', baseUrl: `https://${HOST}` } }
const KEY = 'sk_test_e2e'
const USER = 'ada.lovelace'
const PASSWORD = 'p@ss/w0rd#1'
const CREDENTIALS = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}`
const PEOPLE = [member('ada', 'acme'), member('bob', 'acme')]

/** A proxy to WorkOS, with a certificate of a CA that only `ca` contains. */
async function workosBehindProxy(workos: Workos, settings: ProxySettings = {}) {
  const authority = createAuthority()
  const front = await startSecureFront(workos.url, authority.issue(HOST))
  const proxy = await startConnectProxy({ routes: new Map([[`${HOST}:443`, front.port]]), ...settings })
  return { authority, proxy }
}

/** Neither output nor files show the password, in any form. */
function expectNoPassword({ stdout, stderr }: Result, folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
  const forms = [PASSWORD, encodeURIComponent(PASSWORD), btoa(`${USER}:${PASSWORD}`)]
  for (const text of [stdout, stderr, ...files]) {
    for (const form of forms) expect(text.includes(form)).toBe(false)
  }
}

test('target and source are reached through HTTPS_PROXY with credentials, and trusted through NODE_EXTRA_CA_CERTS', async () => {
  const workos = await startWorkos()
  const fake = await startFakeClerk(generateInstance({ users: 12, organizations: 2 }))
  onTestFinished(() => fake.close())
  const authority = createAuthority()
  const target = await startSecureFront(workos.url, authority.issue(HOST))
  const source = await startSecureFront(fake.url, authority.issue('clerk.test'))
  const routes = new Map([
    [`${HOST}:443`, target.port],
    ['clerk.test:8443', source.port],
  ])
  const proxy = await startConnectProxy({ credentials: `${USER}:${PASSWORD}`, routes })
  const project = peopleProject(REMOTE, [], {
    source: { ...fake.source, secretKey: '${SECRET}', baseUrl: 'https://clerk.test:8443' },
  })
  project.write('ca.pem', authority.certificate)
  const env = {
    KEY,
    SECRET: fake.source.secretKey,
    HTTPS_PROXY: `http://${CREDENTIALS}@${proxy.host}`,
    NODE_EXTRA_CA_CERTS: project.path('ca.pem'),
  }
  const applied = await project.spawn(['apply', '--yes'], env).result
  expect(applied.exit, applied.stderr).toBe(0)
  expect((await workos.snapshot()).users.length).toBeGreaterThan(5)
  expect(new Set(proxy.tunnels.map(({ destination, status }) => `${destination} ${status}`))).toEqual(
    new Set(['clerk.test:8443 200', `${HOST}:443 200`]),
  )
  expect(workos.log.filter(({ headers }) => 'proxy-authorization' in headers)).toEqual([])
  expectNoPassword(applied, project.folder)
})

test('an Auth0 tenant, its token and its export storage are reached through the proxy', async () => {
  const authority = createAuthority()
  const fake = await startFakeAuth0(generateTenant({ users: 30, organizations: 2 }), {
    audience: 'https://acme.test/api/v2/',
    export: { storage: 'https://storage.test' },
  })
  onTestFinished(() => fake.close())
  const front = await startSecureFront(fake.url, authority.issue('acme.test', 'storage.test'))
  const proxy = await startConnectProxy({
    routes: new Map([
      ['acme.test:443', front.port],
      ['storage.test:443', front.port],
    ]),
  })
  const project = peopleProject(REMOTE, [], {
    source: { ...fake.source, domain: 'acme.test', clientSecret: '${SECRET}', engine: 'export' },
  })
  project.write('ca.pem', authority.certificate)
  const exported = await project.spawn(['export', '--json'], {
    SECRET: fake.source.clientSecret,
    https_proxy: proxy.host,
    NODE_EXTRA_CA_CERTS: project.path('ca.pem'),
  }).result
  expect(exported.exit, exported.stderr).toBe(0)
  expect(fake.log.map(({ route }) => route)).toContain('/oauth/token')
  expect(new Set(proxy.tunnels.map(({ destination }) => destination))).toEqual(
    new Set(['acme.test:443', 'storage.test:443']),
  )
})

test("a Firebase project and Google's token service, which the library calls, are reached through the proxy", async () => {
  const authority = createAuthority()
  const fake = await startFakeFirebase(generateProject({ users: 3 }))
  onTestFinished(() => fake.close())
  const front = await startSecureFront(fake.url, authority.issue('firebase.test', 'oauth2.googleapis.com'))
  const proxy = await startConnectProxy({
    routes: new Map([
      ['firebase.test:443', front.port],
      ['oauth2.googleapis.com:443', front.port],
    ]),
  })
  // Whatever a key file contains, tokens are requested from Google: nothing is sent to
  // https://elsewhere.test.
  const serviceAccount = keyFile('https://elsewhere.test/token')
  const project = peopleProject(REMOTE, [], {
    source: { ...fake.source, baseUrl: 'https://firebase.test', serviceAccount: '${ACCOUNT}' },
  })
  project.write('ca.pem', authority.certificate)
  const exported = await project.spawn(['export', '--json'], {
    ACCOUNT: serviceAccount,
    HTTPS_PROXY: `http://${proxy.host}`,
    NODE_EXTRA_CA_CERTS: project.path('ca.pem'),
  }).result
  expect(exported.exit, exported.stderr).toBe(0)
  expect(fake.tokens.issued).toBe(1)
  expect(new Set(proxy.tunnels.map(({ destination }) => destination))).toEqual(
    new Set(['firebase.test:443', 'oauth2.googleapis.com:443']),
  )
})

test('HTTP_PROXY replaces HTTPS_PROXY, a proxy can use https itself, and connections stay within their limit', async () => {
  const workos = await startWorkos()
  const authority = createAuthority()
  const front = await startSecureFront(workos.url, authority.issue(HOST))
  const proxy = await startConnectProxy({
    routes: new Map([[`${HOST}:443`, front.port]]),
    identity: authority.issue('localhost'),
  })
  const many = Array.from({ length: 12 }, (_, n) => member(`person-${n}`, `org-${n % 4}`))
  const project = peopleProject(REMOTE, many, { run: { ...FAST, concurrency: 3 } })
  project.write('ca.pem', authority.certificate)
  const secure = proxy.host.replace('127.0.0.1', 'localhost')
  const env = { KEY, HTTP_PROXY: `https://${secure}` }
  const trusted = { ...env, NODE_EXTRA_CA_CERTS: project.path('ca.pem') }
  const applied = await project.spawn(['apply', '--yes'], trusted).result
  expect(applied.exit, applied.stderr).toBe(0)
  expect((await workos.snapshot()).users).toHaveLength(12)
  expect(proxy.most()).toBe(3)
  // Its own certificate counts as well.
  const untrusted = await peopleProject(REMOTE, PEOPLE).run(['plan'], { env })
  expect(untrusted.exit).toBe(1)
  expect(untrusted.stderr).toContain(`the proxy ${secure} (HTTP_PROXY) is not trusted: its certificate`)
  expect(untrusted.stderr).toContain('[untrusted_certificate]')
})

test('without NODE_EXTRA_CA_CERTS, a certificate of a private CA ends the command at once with the reason', async () => {
  const workos = await startWorkos()
  const { authority, proxy } = await workosBehindProxy(workos)
  const project = peopleProject(REMOTE, PEOPLE)
  project.write('ca.pem', authority.certificate)
  const env = { KEY, HTTPS_PROXY: `http://${proxy.host}` }
  const { exit, stderr } = await project.run(['apply', '--yes'], { env, clock: systemClock })
  expect(exit).toBe(1)
  expect(stderr).toContain(`https://${HOST} is not trusted: its certificate`)
  expect(stderr).toContain('NODE_EXTRA_CA_CERTS')
  expect(stderr).toContain('[untrusted_certificate]')
  expect(proxy.tunnels).toHaveLength(1)
  expect(workos.log).toEqual([])
})

test('a certificate for another host is not a matter of trust', async () => {
  const workos = await startWorkos()
  const authority = createAuthority()
  const front = await startSecureFront(workos.url, authority.issue('other.test'))
  const proxy = await startConnectProxy({ routes: new Map([[`${HOST}:443`, front.port]]) })
  const project = peopleProject(REMOTE, PEOPLE)
  project.write('ca.pem', authority.certificate)
  const env = { KEY, HTTPS_PROXY: `http://${proxy.host}`, NODE_EXTRA_CA_CERTS: project.path('ca.pem') }
  const { exit, stderr } = await project.spawn(['plan'], env).result
  expect(exit).toBe(1)
  expect(stderr).toContain('[unfit_certificate]')
  expect(workos.log).toEqual([])
})

const SOURCES = {
  target: {},
  source: { source: { type: 'clerk', secretKey: 'sk_test_0123456789abcdef', baseUrl: `https://${HOST}` } },
}

describe.each(['target', 'source'] as const)('on the way to the %s', (side) => {
  const run = async (settings: ProxySettings, credentials = '', scheme = 'http') => {
    const proxy = await startConnectProxy(settings)
    const project = peopleProject(REMOTE, PEOPLE, SOURCES[side])
    const HTTPS_PROXY = `${scheme}://${credentials}${proxy.host}`
    const outcome = await project.run(side === 'target' ? ['plan'] : ['export'], {
      env: { KEY, HTTPS_PROXY, WORKOS_MIGRATE_DEBUG: '1' },
    })
    expectNoPassword(outcome, project.folder)
    return { ...outcome, proxy }
  }

  test('a proxy that requires credentials is named, and tried once', async () => {
    const { exit, stderr, proxy } = await run({ credentials: `${USER}:${PASSWORD}` })
    expect(exit).toBe(1)
    expect(stderr).toContain(`the proxy ${proxy.host} requires a user name and password, and HTTPS_PROXY has none`)
    expect(stderr).toContain(`HTTPS_PROXY=http://USER:PASSWORD@${proxy.host}`)
    expect(stderr).toContain('[proxy_credentials_refused]')
    expect(proxy.tunnels).toHaveLength(1)
  })

  test('a proxy that rejects the credentials is named without them', async () => {
    const { exit, stderr, proxy } = await run({ credentials: 'other:one' }, `${CREDENTIALS}@`)
    expect(exit).toBe(1)
    expect(stderr).toContain(`the proxy ${proxy.host} rejected the user name and password in HTTPS_PROXY`)
    expect(stderr).toContain('[proxy_credentials_refused]')
    expect(stderr).not.toContain(USER)
    expect(proxy.tunnels).toHaveLength(1)
  })

  test('a proxy that denies access is named with the host, and tried once', async () => {
    const { exit, stderr, proxy } = await run({ answer: 403 }, `${CREDENTIALS}@`)
    expect(exit).toBe(1)
    expect(stderr).toContain(`the proxy ${proxy.host} does not allow connections to ${HOST}:443 (HTTP 403)`)
    expect(stderr).toContain('[proxy_refused]')
    expect(proxy.tunnels).toHaveLength(1)
  })

  test('a proxy that cannot reach the host is tried again', async () => {
    const { exit, stderr, proxy } = await run({ answer: 502 }, `${CREDENTIALS}@`)
    expect(exit).toBe(1)
    expect(stderr).toContain(`the proxy ${proxy.host} (HTTPS_PROXY) returned HTTP 502 for CONNECT ${HOST}:443`)
    expect(stderr).toContain(`[${side}_unreachable]`)
    expect(proxy.tunnels.length).toBeGreaterThan(3)
  })

  test.each(['socks5', 'ftp'])('a proxy with %s:// is rejected with the name of its variable', async (scheme) => {
    const { exit, stderr, proxy } = await run({}, `${CREDENTIALS}@`, scheme)
    expect(exit).toBe(3)
    expect(stderr).toMatch(/HTTPS_PROXY is a (SOCKS )?proxy/)
    expect(stderr).toContain('[bad_proxy]')
    expect(proxy.tunnels).toEqual([])
  })

  test('a proxy without a server is named', async () => {
    const project = peopleProject(REMOTE, PEOPLE, SOURCES[side])
    const env = { KEY, HTTPS_PROXY: `http://${CREDENTIALS}@127.0.0.1:1` }
    const outcome = await project.run(side === 'target' ? ['plan'] : ['export'], { env })
    expect(outcome.exit).toBe(1)
    expect(outcome.stderr).toContain('the proxy 127.0.0.1:1 (HTTPS_PROXY) cannot be reached: connect ECONNREFUSED')
    expect(outcome.stderr).toContain(`[${side}_unreachable]`)
    expectNoPassword(outcome, project.folder)
  })

  test('NO_PROXY bypasses the proxy', async () => {
    const proxy = await startConnectProxy()
    const project = peopleProject(REMOTE, PEOPLE, SOURCES[side])
    const env = { KEY, HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: 'elsewhere.example, .workos.test' }
    const { exit, stderr } = await project.run(side === 'target' ? ['plan'] : ['export'], { env })
    expect(exit).toBe(1)
    expect(stderr).toContain(`[${side}_unreachable]`)
    expect(stderr).not.toContain('proxy 127')
    expect(proxy.tunnels).toEqual([])
  })
})

test('requests to this machine never use a proxy, whatever the variables contain', async () => {
  const proxy = await startConnectProxy()
  const url = `http://${proxy.host}`
  const env = { KEY, HTTPS_PROXY: url, HTTP_PROXY: url, https_proxy: url, http_proxy: url, NO_PROXY: 'example.com' }
  const workos = await startWorkos()
  const fake = await startFakeClerk(generateInstance({ users: 6, organizations: 1 }))
  onTestFinished(() => fake.close())
  const { secretKey } = fake.source
  const source = { source: { ...fake.source, secretKey: '${SECRET}' } }
  for (const target of [
    workos.target,
    { ...workos.target, baseUrl: workos.url.replace('127.0.0.1', 'localhost') },
    { type: 'sandbox' },
  ]) {
    const project = peopleProject(workos, [], { ...source, target })
    const applied = await project.run(['apply', '--yes'], { env: { ...env, SECRET: secretKey } })
    expect(applied.exit, applied.stderr).toBe(0)
  }
  expect([proxy.tunnels, proxy.forwarded]).toEqual([[], []])
})

test('a bad proxy does not affect commands that need none', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, PEOPLE)
  const applied = await project.run(['apply', '--yes'], { env: { KEY, HTTPS_PROXY: 'socks5://proxy.example:1080' } })
  expect(applied.exit, applied.stderr).toBe(0)
})

describe('init', () => {
  test('reads a live source through the proxy, and reports what the proxy rejects', async () => {
    const proxy = await startConnectProxy({ answer: 403 })
    const project = peopleProject(REMOTE, PEOPLE)
    project.remove('migrate.config.yaml')
    const env = { CLERK_SECRET_KEY: 'sk_test_0123456789abcdef', HTTPS_PROXY: `http://${CREDENTIALS}@${proxy.host}` }
    const args = ['init', '--source', 'clerk', '--live', 'https://clerk.test', '--target', 'sandbox', '--yes']
    const outcome = await project.run(args, { env })
    expect(outcome.exit, outcome.stderr).toBe(1)
    expect(outcome.stderr).toContain(`the proxy ${proxy.host} does not allow connections to clerk.test:443`)
    expect(proxy.tunnels).toEqual([{ destination: 'clerk.test:443', status: 403 }])
    expectNoPassword(outcome, project.folder)
  })

  test('tries a key through the proxy, and continues if the proxy denies it', async () => {
    const proxy = await startConnectProxy({ credentials: `${USER}:${PASSWORD}` })
    const project = peopleProject(REMOTE, PEOPLE)
    project.remove('migrate.config.yaml')
    const env = { WORKOS_API_KEY: KEY, HTTPS_PROXY: `http://${proxy.host}` }
    const args = ['init', '--users', 'users.csv', '--target', 'workos', '--base-url', `https://${HOST}`, '--yes']
    const outcome = await project.run(args, { env })
    expect(outcome.exit, outcome.stderr).toBe(0)
    expect(outcome.stderr).toContain(
      `The key in WORKOS_API_KEY was not tried: the proxy ${proxy.host} requires a user name`,
    )
    expect(new Set(proxy.tunnels.map(({ destination }) => destination))).toEqual(new Set([`${HOST}:443`]))
  })
})
