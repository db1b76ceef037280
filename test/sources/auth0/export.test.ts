import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { auth0Source } from '../../../src/sources/auth0/open.ts'
import { identityOf } from '../../../src/sources/auth0/options.ts'
import { captureSource } from '../../../src/sources/snapshot/capture.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import type { LiveReading } from '../../../src/sources/source.ts'
import { generateTenant } from '../../fakes/auth0/generate.ts'
import type { ExportSettings } from '../../fakes/auth0/settings.ts'
import { folderWith } from '../reading.ts'
import { captureInto, readSnapshotOf, readTenant, stopAt, tenantWith } from './reading.ts'

const DATA = generateTenant({ users: 1200, organizations: 2, largest: 40 })
const IDS = DATA.users.map(({ user_id }) => user_id).toSorted()

function liveAuth0(): LiveReading {
  if (auth0Source.live === undefined) throw new Error('tenants are read over a network')
  return auth0Source.live
}

function read(settings: ExportSettings, options = {}) {
  return tenantWith(DATA, { export: { pendingPolls: 1, ...settings } }).then(async (fake) => ({
    fake,
    reading: await readTenant(fake, { engine: 'export', ...options }),
  }))
}

test.each<[string, ExportSettings]>([
  ['gzip without a Content-Encoding', {}],
  ['gzip with a Content-Encoding', { contentEncoding: true }],
  ['no gzip', { gzip: false }],
])('a download is read: %s', async (_what, settings) => {
  const { reading } = await read(settings)
  expect(reading.users.map(({ user_id }) => user_id).toSorted()).toEqual(IDS)
  expect(reading.users[0]).toMatchObject({
    app_metadata: { plan: expect.any(String) },
    user_metadata: { locale: 'de' },
  })
})

test.each<[string, ExportSettings]>([
  ['whose gzip is cut off', { truncatedDownloads: 2 }],
  ['whose text is cut off within a line', { truncatedDownloads: 1, gzip: false }],
  ['whose decoded text is cut off', { truncatedDownloads: 1, contentEncoding: true }],
  ['whose link has expired', { staleLinks: 2 }],
])('a download %s is requested again, without duplicate users', async (_what, settings) => {
  const { reading, fake } = await read(settings)
  expect(reading.users.map(({ user_id }) => user_id).toSorted()).toEqual(IDS)
  expect(fake.counts()['POST /api/v2/jobs/users-exports']).toBe(1)
})

test('a download that is always cut off is an error', async () => {
  await expect(read({ truncatedDownloads: 99 })).rejects.toMatchObject({ problems: [{ code: 'export_cut_off' }] })
})

test('a failed job is followed by another', async () => {
  const { reading, fake } = await read({ failedJobs: 2 })
  expect(reading.users).toHaveLength(1200)
  expect(fake.counts()['POST /api/v2/jobs/users-exports']).toBe(3)
})

test('jobs that always fail are an error', async () => {
  await expect(read({ failedJobs: 99 })).rejects.toMatchObject({ problems: [{ code: 'export_failed' }] })
})

test('a line that is not JSON is rejected with its number, and all others are read', async () => {
  const { reading } = await read({ malformedLines: [7, 900] }, { organizationFrom: 'none' })
  expect(reading.rejected).toMatchObject(
    [7, 900].map((line) => ({ stream: 'users', origin: { line }, problem: { code: 'bad_json' } })),
  )
  expect(JSON.stringify(reading.rejected)).not.toContain('@example.com')
  expect(reading.counts[0]).toMatchObject({ read: 1200, passed: 1198, rejected: 2 })
  expect(reading.users).toHaveLength(1198)
})

test('a member with an unreadable line is read later, counted once, and reported', async () => {
  const data = generateTenant({ users: 30, organizations: 1, largest: 30 })
  const fake = await tenantWith(data, { export: { pendingPolls: 0, malformedLines: [7] } })
  const members = await readTenant(fake, { engine: 'export' })
  expect(members.users.map(({ user_id }) => user_id).toSorted()).toEqual(
    data.users.map(({ user_id }) => user_id).toSorted(),
  )
  expect(members.rejected).toEqual([])
  expect(members.counts[0]).toMatchObject({ read: 30, passed: 30, rejected: 0 })
  expect(members.warnings).toMatchObject([{ code: 'line_made_good', message: expect.stringMatching(/^1 user has /) }])

  const alone = await readTenant(fake, { engine: 'export', organizationFrom: 'none' })
  expect(alone.counts[0]).toMatchObject({ read: 30, passed: 29, rejected: 1 })
  expect(alone.rejected).toMatchObject([{ origin: { line: 7 }, problem: { code: 'bad_json' } }])
  expect(alone.warnings).toEqual([])
})

test('an interrupted reading continues with the same job, without duplicates', async () => {
  const fake = await tenantWith(DATA, { export: { pendingPolls: 1 } })
  const folder = folderWith({})
  const source = { ...fake.source, engine: 'export' }
  const told: string[] = []
  let stops = 0
  for (const after of [3, 7, 9, 12, 13]) {
    const controller = new AbortController()
    fake.after(after, () => controller.abort(new Error('stopped')))
    const ended = await captureInto(folder, source, { signal: controller.signal, told }).catch(
      (error: unknown) => error,
    )
    if (ended instanceof Error) stops += 1
  }
  expect(stops).toBeGreaterThan(2)
  const snapshot = await captureInto(folder, source)
  const reading = await readSnapshotOf(snapshot, source, folder)
  expect(reading.users.map(({ user_id }) => user_id).toSorted()).toEqual(IDS)
  expect(fake.counts()['POST /api/v2/jobs/users-exports']).toBe(1)
})

test('a reading interrupted during a download continues after its rows', async () => {
  const fake = await tenantWith(DATA, { export: { pendingPolls: 0 } })
  const folder = folderWith({})
  const source = { ...fake.source, engine: 'export', organizationFrom: 'none' } as const
  const { signal, told } = stopAt('reading the users: 1,000')
  await expect(captureInto(folder, source, { signal, told })).rejects.toThrow('stopped')
  const snapshot = await captureInto(folder, source)
  expect(snapshot.streams.find(({ name }) => name === 'users')?.records).toBe(1200)
  expect(fake.counts()['POST /api/v2/jobs/users-exports']).toBe(1)
})

test('a job that no longer exists is followed by another, without duplicates', async () => {
  const audience = 'https://tenant.example/api/v2/'
  const data = generateTenant({ users: 2600, organizations: 0 })
  const fake = await tenantWith(data, { export: { pendingPolls: 0 }, audience })
  const folder = folderWith({})
  const options = { engine: 'export', organizationFrom: 'none', audience }
  const { signal, told } = stopAt('reading the users: 2,000')
  await expect(captureInto(folder, { ...fake.source, ...options }, { signal, told })).rejects.toThrow('stopped')
  // The same tenant at another address without the job. Its first download breaks off after line
  // 1,000.
  const again = await tenantWith(data, { export: { pendingPolls: 0, truncatedDownloads: 1 }, audience })
  const snapshot = await captureInto(folder, { ...again.source, ...options })
  expect(snapshot.streams.find(({ name }) => name === 'users')?.records).toBe(2600)
  expect(again.counts()['POST /api/v2/jobs/users-exports']).toBe(1)
})

test('after a day, the users are read again without deleted ones', async () => {
  const fake = await tenantWith(DATA, { export: { pendingPolls: 0 } })
  const folder = folderWith({})
  const source = { ...fake.source, engine: 'export', organizationFrom: 'none' } as const
  const writer = await openSnapshotWriter(join(folder, 'snapshot'), { source: 'auth0', identity: identityOf(source) })
  const cursor = { job: 'job_of_yesterday', createdAt: Date.now() - 25 * 3600 * 1000, lines: 1, after: false }
  await writer.append('users', [{ user_id: 'auth0|deleted', email: 'deleted@example.com' }], { step: 'users', cursor })
  await writer.close()
  const warnings: Problem[] = []
  const snapshot = await captureSource({ ...source, type: 'auth0' }, liveAuth0(), join(folder, 'snapshot'), {
    directory: folder,
    now: Date.now,
    onProgress: () => {},
    onWarning: (problem) => warnings.push(problem),
  })
  const { users } = await readSnapshotOf(snapshot, source, folder)
  expect(users.map(({ user_id }) => user_id).toSorted()).toEqual(IDS)
  expect(warnings.map(({ code }) => code)).toEqual(['reading_resumed', 'reading_begun_anew'])
  expect(warnings[1]?.message).toContain('Auth0 has deleted it after one day')
  expect(fake.log.filter(({ target }) => target.includes('job_of_yesterday'))).toEqual([])
})

test('a job older than a day without any rows is followed by another', async () => {
  const fake = await tenantWith(DATA, { export: { pendingPolls: 0 } })
  const folder = folderWith({})
  const source = { ...fake.source, engine: 'export', organizationFrom: 'none' } as const
  const writer = await openSnapshotWriter(join(folder, 'snapshot'), { source: 'auth0', identity: identityOf(source) })
  const cursor = { job: 'job_of_yesterday', createdAt: Date.now() - 25 * 3600 * 1000, lines: 0, after: false }
  await writer.append('users', [], { step: 'users', cursor })
  await writer.close()
  const snapshot = await captureInto(folder, source)
  expect(snapshot.streams.find(({ name }) => name === 'users')?.records).toBe(1200)
  expect(fake.log.filter(({ target }) => target.includes('job_of_yesterday'))).toEqual([])
})
