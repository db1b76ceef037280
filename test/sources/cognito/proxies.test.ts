import { createHash } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { createProject } from '../../e2e/cli.ts'
import { startFakeCognito } from '../../fakes/cognito/fake-cognito.ts'
import { createAuthority } from '../../http/authority.ts'
import { startConnectProxy } from '../../http/connect-proxy.ts'
import { startSecureFront } from '../../http/secure-front.ts'
import { POOL, people } from './capturing.ts'

const START = 'https://acme.awsapps.example/start'

test('requests of the SDK use the proxy and the authorities of Node.js, without warnings', async () => {
  const fake = await startFakeCognito([{ id: POOL, users: people(3) }])
  onTestFinished(() => fake.close())
  const authority = createAuthority()
  const front = await startSecureFront(fake.url, authority.issue('cognito.test'))
  const proxy = await startConnectProxy({ routes: new Map([['cognito.test:8443', front.port]]) })
  const project = createProject()
  project.write('ca.pem', authority.certificate)
  project.manifest({
    version: 1,
    source: {
      ...fake.source,
      endpoint: 'https://cognito.test:8443',
      accessKeyId: '${ID}',
      secretAccessKey: '${SECRET}',
    },
    target: { type: 'sandbox' },
  })
  const exported = await project.spawn(['export'], {
    ID: fake.source.accessKeyId,
    SECRET: fake.source.secretAccessKey,
    HTTPS_PROXY: `http://${proxy.host}`,
    NODE_EXTRA_CA_CERTS: project.path('ca.pem'),
  }).result
  expect(exported.exit, exported.stderr).toBe(0)
  expect(fake.asked().ListUsers).toBe(1)
  expect(new Set(proxy.tunnels.map(({ destination, status }) => `${destination} ${status}`))).toEqual(
    new Set(['cognito.test:8443 200']),
  )
  expect(exported.stderr).not.toContain('WARN')
})

test('credentials of single sign-on are fetched through the proxy', async () => {
  const proxy = await startConnectProxy({ answer: 403 })
  const project = createProject()
  project.write(
    '.aws/config',
    `[profile migration]\nsso_start_url = ${START}\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Reader\n`,
  )
  const token = {
    startUrl: START,
    region: 'eu-west-1',
    accessToken: 'made-up-token-of-sso',
    expiresAt: '2199-01-01T00:00:00Z',
  }
  project.write(`.aws/sso/cache/${createHash('sha1').update(START).digest('hex')}.json`, JSON.stringify(token))
  project.manifest({
    version: 1,
    source: { type: 'cognito', userPools: POOL, profile: 'migration' },
    target: { type: 'sandbox' },
  })
  const { exit, stderr } = await project.spawn(['export'], {
    HOME: project.folder,
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTPS_PROXY: `http://${proxy.host}`,
  }).result
  expect(exit).toBe(4)
  expect(stderr).toContain('[no_credentials]')
  expect(stderr).not.toContain(token.accessToken)
  expect(new Set(proxy.tunnels.map(({ destination }) => destination))).toEqual(
    new Set(['portal.sso.eu-west-1.amazonaws.com:443']),
  )
})
