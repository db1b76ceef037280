import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { signatureOf } from '../../src/http/webhook.ts'
import { wrongIn } from '../json-outputs.ts'
import { member, peopleProject, person } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const NOTIFY_SECRET = 'secret-of-the-receiver'
const PATH = '/services/T000/B000/very-secret'
const ROWS = [member('ada', 'acme'), person('bea'), person('cleo', { email: 'no address' })]
const ALLOWED = { safety: { maxRejects: 10 } }

async function receiver(status = 200) {
  const received: { body: string; headers: Record<string, unknown> }[] = []
  const server = createServer(async (request, response) => {
    received.push({ body: await text(request), headers: request.headers })
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`
  return {
    env: { KEY, NOTIFY_URL: url, NOTIFY_SECRET },
    received,
    documents: () => received.map(({ body }) => JSON.parse(body)),
  }
}

const NOTIFY = { webhook: '${NOTIFY_URL}', secret: '${NOTIFY_SECRET}' }

test('the end of an apply is sent as in its schema, signed, and without personal data', async () => {
  const workos = await startWorkos()
  const { env, received, documents } = await receiver()
  const project = peopleProject(workos, ROWS, { ...ALLOWED, notify: NOTIFY, environments: { staging: {} } })
  expect(await project.run(['apply', '--yes', '-e', 'staging'], { env })).toMatchObject({ exit: 0 })
  const [document] = documents()
  expect(wrongIn('notification.schema.json', document)).toEqual([])
  expect(document).toMatchObject({
    name: 'people',
    environment: 'staging',
    target: 'workos',
    command: 'apply',
    run: 1,
    outcome: 'completed',
    exitCode: 0,
    code: null,
    rejected: 1,
  })
  expect(document.kinds.find(({ kind }: { kind: string }) => kind === 'user')).toMatchObject({ created: 2, failed: 0 })
  const [{ body, headers } = { body: '', headers: {} }] = received
  expect(headers['workos-migrate-signature']).toBe(
    `v1=${signatureOf(NOTIFY_SECRET, String(headers['workos-migrate-timestamp']), body)}`,
  )
  for (const value of ['ada', 'bea', 'cleo', 'example.com', 'acme', 'ACME', KEY, NOTIFY_SECRET]) {
    expect(body.replaceAll(/"id":"[^"]*"/g, '')).not.toContain(value)
  }
})

describe('other ends are sent too', () => {
  test('a safety limit', async () => {
    const { env, documents } = await receiver()
    const project = peopleProject(await startWorkos(), ROWS, { notify: NOTIFY })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 5 })
    expect(documents()).toMatchObject([
      { outcome: 'failed', exitCode: 5, code: 'guard_maxRejects', run: null, kinds: [] },
    ])
    expect(wrongIn('notification.schema.json', documents()[0])).toEqual([])
  })

  test('a clean interruption', async () => {
    const stop = new AbortController()
    const workos = await startWorkos({
      interceptor: {
        after({ request }) {
          if (request.method === 'POST') stop.abort(new Error('interrupted'))
          return false
        },
      },
    })
    const { env, documents } = await receiver()
    const project = peopleProject(workos, ROWS, { ...ALLOWED, notify: NOTIFY, run: { concurrency: 1 } })
    const stopped = await project.run(['apply', '--yes'], { env, interrupted: stop.signal })
    expect(stopped.exit, stopped.stderr).toBe(130)
    expect(documents()).toMatchObject([{ outcome: 'interrupted', exitCode: 130, code: null, run: 1 }])
  })

  test('failures, and destroy', async () => {
    const workos = await startWorkos({
      interceptor: {
        before({ request, response, text: body }) {
          if (request.method !== 'POST' || !body.includes('bea@example.com')) return false
          response
            .writeHead(422, { 'content-type': 'application/json' })
            .end('{"code":"invalid","message":"bea@example.com"}')
          return true
        },
      },
    })
    const { env, documents, received } = await receiver()
    const project = peopleProject(workos, ROWS, { ...ALLOWED, notify: [NOTIFY] })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 7 })
    expect(await project.run(['destroy', '--plan-only'], { env })).toMatchObject({ exit: 0 })
    expect(await project.run(['destroy', '--confirm', 'people'], { env })).toMatchObject({ exit: 0 })
    expect(documents()).toMatchObject([
      { command: 'apply', outcome: 'incomplete', exitCode: 7 },
      { command: 'destroy', outcome: 'completed', exitCode: 0 },
    ])
    expect(received.map(({ body }) => body).join()).not.toContain('bea')
  })

  test('not an apply that someone declined', async () => {
    const { env, received } = await receiver()
    const project = peopleProject(await startWorkos(), ROWS, { ...ALLOWED, notify: NOTIFY })
    expect(await project.run(['apply'], { env, typed: 'no\n' })).toMatchObject({ exit: 0 })
    expect(received).toEqual([])
  })
})

test('Slack gets a text that names in the manifest cannot control', async () => {
  const { env, documents } = await receiver()
  const project = peopleProject(await startWorkos(), ROWS, {
    ...ALLOWED,
    name: '<!channel> & co',
    notify: [{ webhook: '${NOTIFY_URL}', format: 'slack' }, { webhook: '${OTHER_URL:-}' }],
  })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({
    exit: 0,
    stderr: expect.not.stringContaining('notify'),
  })
  const [{ text: said, ...rest }] = documents()
  expect(rest).toEqual({})
  expect(said).toMatch(
    /^:white_check_mark: \*&lt;!channel&gt; &amp; co\*: apply completed after .+ \(run 1, exit code 0\)\n/,
  )
  expect(said).toContain('user: 2 created')
  expect(said).toContain('1 rejected record')
})

describe('if the notification fails', () => {
  test('the run is the same, a warning reports it, and the address is not shown', async () => {
    const workos = await startWorkos()
    const { env, received } = await receiver(500)
    const project = peopleProject(workos, ROWS, { ...ALLOWED, notify: NOTIFY })
    const applied = await project.run(['apply', '--yes', '--json', '--events', 'events.log'], { env })
    expect(applied.exit).toBe(0)
    expect(applied.stderr).toMatch(
      /warning: notify\.webhook could not be notified of how the run ended: HTTP 500 \[not_notified\]/,
    )
    expect(received.length).toBeGreaterThan(1)
    const looks = [
      'config',
      'config --json --origins',
      'plan --json',
      'state show --json',
      'validate --json',
      'doctor --json',
    ]
    const outputs = [applied]
    for (const look of looks) outputs.push(await project.run(look.split(' '), { env }))
    const { readFileSync, readdirSync } = await import('node:fs')
    const files = readdirSync(project.folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
      try {
        return [readFileSync(project.path(name), 'latin1')]
      } catch {
        return []
      }
    })
    const all = [...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...files].join('\n')
    for (const secret of [PATH, 'very-secret', NOTIFY_SECRET]) expect(all).not.toContain(secret)
    expect(all).toContain('(secret)')
  })

  test('no server there', async () => {
    const project = peopleProject(await startWorkos(), ROWS, { ...ALLOWED, notify: NOTIFY })
    const env = { KEY, NOTIFY_URL: `http://127.0.0.1:1${PATH}`, NOTIFY_SECRET }
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied).toMatchObject({ exit: 0, stderr: expect.stringContaining('[not_notified]') })
    expect(applied.stderr).not.toContain('very-secret')
  })

  test('a plain http address, or an invalid one, stops the apply before anything is done', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { ...ALLOWED, notify: NOTIFY })
    for (const url of ['http://hooks.example.com/T000', 'hooks.example.com/T000']) {
      const env = { KEY, NOTIFY_URL: url, NOTIFY_SECRET }
      for (const line of [['apply', '--yes'], ['validate']]) {
        const refused = await project.run(line, { env })
        expect(refused).toMatchObject({ exit: 3, stderr: expect.stringContaining('[bad_webhook]') })
        expect(refused.stderr).not.toContain('T000')
      }
    }
    const unset = await project.run(['apply', '--yes'], { env: { KEY } })
    expect(unset).toMatchObject({ exit: 3, stderr: expect.stringContaining('NOTIFY_URL') })
    // A command that notifies nobody does not need it.
    expect(await project.run(['plan'], { env: { KEY } })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])
  })
})

test('an address written out in the manifest causes a warning, and is not shown', async () => {
  const { env, received } = await receiver()
  const notify = { webhook: env.NOTIFY_URL, secret: NOTIFY_SECRET }
  const project = peopleProject(await startWorkos(), ROWS, { ...ALLOWED, environments: { production: { notify } } })
  const applied = await project.run(['apply', '--yes', '-e', 'production'], { env: { KEY } })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(applied.stderr).toMatch(/\[literal_secret\][\s\S]*\$\{NOTIFY_URL\}[\s\S]*\$\{NOTIFY_SECRET\}/)
  expect(applied.stdout + applied.stderr).not.toMatch(/very-secret|secret-of-the-receiver/)
  expect(received).toHaveLength(1)
})

test('webhooks are not part of a plan: a saved one stays valid', async () => {
  const { env, received } = await receiver()
  const project = peopleProject(await startWorkos(), ROWS, ALLOWED)
  expect(await project.run(['plan', '--out', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  const { readFileSync } = await import('node:fs')
  const manifest = JSON.parse(readFileSync(project.path('migrate.config.yaml'), 'utf8'))
  project.manifest({ ...manifest, notify: NOTIFY })
  expect(await project.run(['apply', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  expect(received).toHaveLength(1)
})
