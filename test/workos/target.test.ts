import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { TargetConfig } from '../../src/config/manifest.ts'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import { openTarget, type Target } from '../../src/workos/target.ts'
import { manifestWith } from '../mapping/manifest.ts'
import { json, scriptedServer } from './scripted-server.ts'

const KEY = 'sk_test_do_not_show_me'

async function open(target: Omit<TargetConfig, 'timeout'>, directory = folder()): Promise<Target> {
  const opened = await openTarget({ manifest: manifestWith({}, { target: { ...target, timeout: 60 } }), directory })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= opened.close()
    return closing
  }
  onTestFinished(close)
  return { ...opened, close }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'target-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function refused(target: Omit<TargetConfig, 'timeout'>): Promise<ManifestError> {
  const error = await open(target).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ManifestError)
  expect(JSON.stringify((error as ManifestError).problems)).not.toContain(KEY)
  return error as ManifestError
}

describe('target.baseUrl', () => {
  test.each([
    [undefined, 'https://api.workos.com'],
    ['https://api.workos.com/', 'https://api.workos.com'],
    ['https://WorkOS.Example:8443', 'https://workos.example:8443'],
    ['http://localhost:4100', 'http://localhost:4100'],
    ['http://127.0.0.1:4100/', 'http://127.0.0.1:4100'],
    ['http://127.3.2.1', 'http://127.3.2.1'],
    ['http://[::1]:4100', 'http://[::1]:4100'],
  ])('%s is read as %s', async (baseUrl, expected) => {
    const { identity } = await open({ type: 'workos', apiKey: KEY, baseUrl })
    expect(identity).toEqual({ type: 'workos', apiKey: KEY, baseUrl: expected })
  })

  test.each([
    ['', 'not an http(s) URL'],
    ['api.workos.com', 'not an http(s) URL'],
    ['ftp://api.workos.com', 'not an http(s) URL'],
    ['file:///etc/passwd', 'not an http(s) URL'],
    ['https://api.workos.com/v1', 'more than a host'],
    ['https://api.workos.com?x=1', 'more than a host'],
    ['https://api.workos.com#x', 'more than a host'],
    [`https://${KEY}@api.workos.com`, 'user name or password'],
    [`https://:${KEY}@api.workos.com`, 'user name or password'],
    [`https://api.workos.com?key=${KEY}`, 'more than a host'],
    ['http://api.workos.com', 'unencrypted'],
    ['http://127.0.0.1.example.com', 'unencrypted'],
    ['http://localhost.example.com', 'unencrypted'],
    ['http://10.0.0.1:4100', 'unencrypted'],
  ])('%s is rejected', async (baseUrl, why) => {
    const error = await refused({ type: 'workos', apiKey: KEY, baseUrl })
    expect(error.message).toContain(why)
    expect(error.problems).toMatchObject([{ code: 'bad_base_url', path: 'target.baseUrl', hint: expect.any(String) }])
  })
})

describe('target.apiKey', () => {
  test.each([undefined, ''])('%j is missing', async (apiKey) => {
    const error = await refused({ type: 'workos', apiKey })
    expect(error.problems).toMatchObject([{ code: 'missing_api_key', path: 'target.apiKey' }])
  })

  test.each([
    'sk_test_abc…',
    'sk_test_ abc',
    'sk_test_abc\n',
    'sk_test_a\r\nx-evil: 1',
    'sk_test_é',
  ])('%j cannot be sent, and is not repeated in the message', async (apiKey) => {
    const error = await refused({ type: 'workos', apiKey })
    expect(error.problems).toMatchObject([{ code: 'bad_api_key', path: 'target.apiKey' }])
    expect(JSON.stringify(error.problems)).not.toContain(apiKey.slice(8))
    await refused({ type: 'sandbox', apiKey })
  })
})

test("requests go to the target's base URL, within the limits of the manifest", async () => {
  const server = await scriptedServer(json(200, { data: [] }))
  const target = await open({ type: 'workos', apiKey: KEY, baseUrl: server.url })
  expect(await target.client.read('/organizations')).toEqual({ data: [] })
  expect(server.received).toHaveLength(1)
  expect(target.limits).toEqual({
    writes: { count: 500, perMs: 10_000 },
    reads: { count: 1000, perMs: 10_000 },
    requests: { count: 6000, perMs: 60_000 },
  })
})

test('an embedded sandbox keeps its data next to the manifest, and its identity between starts', async () => {
  const directory = folder()
  const first = await open({ type: 'sandbox' }, directory)
  await first.client.write({ method: 'POST', path: '/organizations', body: { name: 'Acme', external_id: 'acme' } })
  await first.close()
  const second = await open({ type: 'sandbox' }, directory)
  expect(second.identity).toEqual(first.identity)
  expect(second.identity.baseUrl).toBe(`sandbox:${join(directory, '.workos-migrate/sandbox.sqlite')}`)
  expect(await second.client.read('/organizations/external_id/acme')).toMatchObject({ name: 'Acme' })
})

test('an embedded sandbox in memory, which would lose everything, is rejected and creates no file', async () => {
  const directory = folder()
  const error = await open({ type: 'sandbox', data: ':memory:' }, directory).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ManifestError)
  expect((error as ManifestError).problems).toMatchObject([
    {
      code: 'bad_value',
      path: 'target.data',
      hint: expect.stringMatching(/set a file.*workos-migrate sandbox --data :memory:/),
    },
  ])
  expect(readdirSync(directory)).toEqual([])
})

test('a sandbox with another data file is another environment', async () => {
  const directory = folder()
  const one = await open({ type: 'sandbox', data: './one.sqlite' }, directory)
  const two = await open({ type: 'sandbox', data: './two.sqlite' }, directory)
  expect(one.identity.baseUrl).not.toBe(two.identity.baseUrl)
})
