import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { folderOf, load, loadText, MINIMAL } from './folder.ts'

test('a minimal manifest gets all defaults', async () => {
  const folder = folderOf({ 'acme/migrate.config.yaml': MINIMAL })
  const { manifest } = await load(folder, { path: 'acme/migrate.config.yaml' })
  expect(manifest).toEqual({
    version: 1,
    name: 'acme',
    source: { type: 'csv', path: 'users.csv' },
    vars: {},
    secrets: {},
    map: {},
    dedupe: {
      user: {
        by: ['email'],
        email: { plusTags: 'keep', gmailDots: 'keep' },
        strategy: 'merge',
        fields: {},
        externalIds: { keep: true, keepAs: 'merged_external_ids' },
      },
    },
    roles: { define: {}, unmapped: 'error' },
    permissions: { define: {} },
    metadata: {
      prefix: 'csv',
      maxKeys: 10,
      maxKeyLength: 40,
      maxValueLength: 600,
      ascii: true,
      nonAscii: 'reject',
      nested: 'json',
      separator: '_',
      keyTooLong: 'reject',
      tooLong: 'reject',
      tooManyKeys: 'reject',
      keep: [],
    },
    externalId: { maxLength: 64 },
    organizations: {
      domainState: 'pending',
      consumerDomains: 'reject',
      sharedDomains: 'reject',
      onNameConflict: 'first',
      matchByName: false,
    },
    connections: { mode: 'handoff' },
    invitations: { send: false },
    passwords: { unsupported: 'reset', weak: 'keep', onChange: 'keep', ssha256: 'unsupported' },
    totp: { encoding: 'auto', unsupported: 'skip' },
    adopt: {
      mode: 'match',
      fill: ['externalId', 'firstName', 'lastName', 'locale', 'name', 'metadata'],
      unverified: 'block',
    },
    onDrift: 'keep',
    onDeleted: 'keep',
    prune: [],
    target: { type: 'sandbox', data: '.workos-migrate/sandbox.sqlite', limits: false, timeout: 60 },
    run: {
      workers: Math.min(availableParallelism(), 4),
      chunkSize: 250,
      concurrency: 50,
      limits: { writes: '500/10s', reads: '1000/10s', requests: '6000/60s' },
    },
    safety: { maxDeletes: 0, maxRejects: 0, maxFailures: 20, protect: [] },
    state: { path: '.workos-migrate/state.sqlite' },
    warnings: { accept: [] },
    tests: {},
  })
})

test('WorkOS has its public URL by default', async () => {
  const target = async (more: string) =>
    (await loadText(`source: { type: csv, path: a }\ntarget: { type: workos, apiKey: abcdef${more} }`)).manifest.target
  expect(await target('')).toEqual({
    type: 'workos',
    apiKey: 'abcdef',
    baseUrl: 'https://api.workos.com',
    timeout: 60,
  })
  expect(await target(', baseUrl: "http://localhost:8080"')).toMatchObject({ baseUrl: 'http://localhost:8080' })
})

test('defaults of one manifest do not leak into the next', async () => {
  const first = await loadText(MINIMAL)
  first.manifest.adopt.fill.pop()
  const { limits } = first.manifest.run
  if (typeof limits === 'string') throw new TypeError('limits are written out where nothing is said')
  limits.reads = '1/1s'
  const second = await loadText(MINIMAL)
  expect(second.manifest.adopt.fill).toContain('metadata')
  expect(second.manifest.run.limits).toMatchObject({ reads: '1000/10s' })
})

test('the digest follows what is migrated, not secrets, speed, or the folder', async () => {
  const workos = 'source: { type: csv, path: a }\ntarget: { type: workos, apiKey: "${KEY}" }\n'
  const digest = async (text: string, env = { KEY: 'first-key' }) => (await loadText(text, { env })).digest
  const base = await digest(workos)
  expect(base).toMatch(/^[0-9a-f]{64}$/)
  expect(await digest(workos, { KEY: 'second-key' })).toBe(base)
  expect(await digest(`${workos}run: { workers: 1, chunkSize: 7 }`)).toBe(base)
  expect(await digest(`# a comment\n${workos}metadata: { maxKeys: 10 }`)).toBe(base)
  expect(await digest(`${workos}metadata: { maxKeys: 11 }`)).not.toBe(base)
  expect(await digest(`${workos}map: { user: { email: mail } }`)).not.toBe(base)
})
