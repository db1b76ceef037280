import { expect, test } from 'vitest'
import { json, type Reply, raw, scriptedServer } from '../workos/scripted-server.ts'
import { type BadInput, expectRefusal, MANIFEST, type Prepared, refuses, SECRET } from './bad-input.ts'
import { command, folderOf } from './harness.ts'

const withTarget = (options: string) => ({
  'migrate.config.yaml': MANIFEST.replace(/target: .*/, `target: { type: workos, ${options} }`),
})

const addresses: BadInput[] = [
  {
    name: 'no key',
    files: withTarget('baseUrl: "${BASE_URL}"'),
    exit: 3,
    at: 'migrate.config.yaml:2:1',
    says: ['"apiKey" is missing', 'for example apiKey: ${WORKOS_API_KEY}'],
  },
  {
    name: 'http to another machine',
    files: withTarget('baseUrl: "http://api.example.com", apiKey: "${WORKOS_API_KEY}"'),
    exit: 3,
    at: 'migrate.config.yaml:2:34',
    says: ['would send the API key unencrypted to api.example.com', 'hint: use https'],
  },
  {
    name: 'a URL with a path',
    files: withTarget('baseUrl: "https://api.example.com/v1", apiKey: "${WORKOS_API_KEY}"'),
    exit: 3,
    at: 'migrate.config.yaml:2:34',
    says: ['has more than a host and a port', 'hint: set it to https://api.example.com'],
  },
  {
    name: 'a URL with a password',
    files: withTarget(`baseUrl: "https://user:${SECRET}@api.example.com", apiKey: "\${WORKOS_API_KEY}"`),
    exit: 3,
    at: 'migrate.config.yaml:2:34',
    says: ['contains a user name or password', 'hint: set it to https://api.example.com'],
  },
  {
    name: 'an invalid address',
    files: withTarget('baseUrl: api.example.com, apiKey: "${WORKOS_API_KEY}"'),
    exit: 3,
    at: 'migrate.config.yaml:2:34',
    says: ['must be an http or https URL, such as https://api.workos.com'],
  },
  {
    name: 'a key that is not from WorkOS',
    env: { WORKOS_API_KEY: `pk_live_${SECRET}` },
    exit: 4,
    says: [/http:\/\/127\.0\.0\.1:\d+ rejected the API key \(HTTP 401\)/, 'hint: check target.apiKey'],
  },
]

/** A server instead of WorkOS that returns one response to everything, and must not get writes. */
function insteadOfWorkos(reply: Reply): BadInput['prepare'] {
  return async (): Promise<Prepared> => {
    const { url, received } = await scriptedServer(reply)
    return {
      env: { BASE_URL: url },
      after() {
        expect(received.length).toBeGreaterThan(0)
        expect(received.filter(({ method }) => method !== 'GET')).toEqual([])
      },
    }
  }
}

const strangers: BadInput[] = [
  {
    name: 'HTTP 404 to everything',
    prepare: insteadOfWorkos(raw(404, 'Not found')),
    exit: 1,
    says: ["answered /user_management/users with HTTP 404: it is not WorkOS's API", 'hint: check target.baseUrl'],
  },
  {
    name: 'unexpected JSON',
    prepare: insteadOfWorkos(json(200, { hello: 'world' })),
    exit: 1,
    says: ["with something that is not a list: it is not WorkOS's API", 'hint: check target.baseUrl'],
  },
  {
    name: 'unexpected users',
    prepare: insteadOfWorkos(json(200, { data: [{ email: 'good@example.com' }], list_metadata: {} })),
    exit: 1,
    says: ['returned an object without id', 'hint: check target.baseUrl'],
  },
  {
    name: 'a redirect',
    prepare: insteadOfWorkos(raw(301, '', { location: 'https://www.example.com/' })),
    exit: 1,
    says: ['redirects to www.example.com (HTTP 301)', 'hint: check target.baseUrl'],
  },
  {
    name: 'a rejected lookup',
    prepare: insteadOfWorkos(json(422, { code: 'unprocessable', message: 'No such\u001b[2J parameter' })),
    exit: 1,
    says: ['WorkOS rejected a request (HTTP 422): No such\\x1b[2J parameter [unprocessable]'],
  },
  {
    name: 'a rejected key',
    prepare: insteadOfWorkos(json(403, { message: `${SECRET} is not welcome` })),
    exit: 4,
    says: ['rejected the API key (HTTP 403)'],
  },
]

refuses('a target that cannot be is refused', addresses)
refuses('a server that is not WorkOS gets no write', strangers)

// Each is tried eight times within about 10 s, so run them concurrently.
test('an unreachable target is reported with the cause and a remedy', async () => {
  const html = await scriptedServer(raw(200, '<html>Welcome</html>', { 'content-type': 'text/html' }))
  const down = await scriptedServer(raw(503, ''))
  const cases = [
    { url: 'http://127.0.0.1:1', trouble: 'ECONNREFUSED' },
    { url: html.url, trouble: 'HTTP 200 with a body that is not a JSON object' },
    { url: down.url, trouble: 'HTTP 503' },
  ]
  const folders = cases.map(() => folderOf({ 'migrate.config.yaml': MANIFEST, 'users.csv': 'email\na@example.com\n' }))
  await Promise.all(
    cases.map(async ({ url, trouble }, index) => {
      const env = { BASE_URL: url, WORKOS_API_KEY: `sk_test_${SECRET}` }
      const outcome = await command(['apply', '--yes'], { cwd: folders[index] ?? '', env })
      const says = [`${url} cannot be reached: `, trouble, 'hint: check target.baseUrl and the network']
      expectRefusal(outcome, { name: url, exit: 1, says })
    }),
  )
  expect([...html.received, ...down.received].filter(({ method }) => method !== 'GET')).toEqual([])
})
