import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { openSource } from '../../../src/sources/registry.ts'
import { snapshotFolder } from '../../../src/sources/snapshot/placement.ts'
import { recordSource } from '../../../src/sources/snapshot/record.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import type { RejectedRecord, SourceRecord } from '../../../src/sources/source.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { folderWith, type Reading, readAll } from '../reading.ts'

/** The output of reading a source, in order. */
async function replayed(config: SourceConfig, snapshot: Snapshot, chunkSize = 1000): Promise<Reading> {
  const [records, chunks]: [SourceRecord[], number[]] = [[], []]
  const [rejected, warnings]: [RejectedRecord[], Problem[]] = [[], []]
  const source = await openSource(config, {
    directory: '/nowhere',
    scratch: '/nowhere',
    snapshot,
    reject: (record) => rejected.push(record),
    warn: (problem) => warnings.push(problem),
  })
  for await (const chunk of source.read(chunkSize)) {
    records.push(...chunk)
    chunks.push(chunk.length)
  }
  return { records, chunks, rejected, warnings, counts: source.counts(), digest: source.digest() }
}

async function record(config: SourceConfig, directory: string, folder: string): Promise<Snapshot> {
  return recordSource(config, folder, {
    directory,
    scratch: temporaryFolder(),
    now: Date.now,
    onProgress: () => {},
    onWarning: () => {},
  })
}

const CLERK = { type: 'clerk', users: 'users.csv', memberships: 'memberships.csv', roles: 'roles.csv' }

function clerkFiles(): Record<string, string | Buffer> {
  const users = Array.from({ length: 2500 }, (_, n) =>
    n % 700 === 3
      ? `,${n}@example.com,,,`
      : n % 900 === 5
        ? `user_${n},"ragged"`
        : `user_${n},${n}@example.com,,$2b$10$x,bcrypt`,
  )
  const header = 'id,primary_email_address,strange,password_digest,password_hasher'
  return {
    'users.csv': gzipSync([header, ...users].join('\n')),
    'memberships.csv': [
      'clerk_user_id,org_name',
      'user_1,Acme',
      'user_2,',
      'user_1,Borealis',
      'gone\u2028away,Acme',
    ].join('\n'),
    'roles.csv': ['clerk_user_id,role_slug', 'user_1,admin', 'nobody,admin'].join('\n'),
  }
}

describe('a recording of files', () => {
  test.each([
    ['clerk', CLERK, clerkFiles()],
    [
      'csv',
      { type: 'csv', path: 'users.csv' },
      { 'users.csv': 'email;nix;first_name\na@example.com;1; Ä \n;;\nb@example.com\nc@example.com;;x\n' },
    ],
    [
      'a document on one line',
      { type: 'file', streams: { users: { path: 'users.json' } } },
      { 'users.json': '[{"id":"a"},7,{"id":"b"}]' },
    ],
    ['csv without rows', { type: 'csv', path: 'users.csv' }, { 'users.csv': 'email\n' }],
  ])('equals reading them, with the same places, rejects, warnings and counts: %s', async (_what, config, files) => {
    const folder = folderWith(files)
    const snapshot = await record(config, folder, join(folder, 'snapshot'))
    const direct = await readAll(config, folder)
    const again = await replayed(config, snapshot)
    expect(again).toEqual(direct)
    expect(snapshot.streams.map(({ name, records }) => [name, records])).toEqual([
      ['records', direct.records.length],
      ['rejected', direct.rejected.length],
    ])
  })

  test('can be read in chunks of any size', async () => {
    const folder = folderWith(clerkFiles())
    const snapshot = await record(CLERK, folder, join(folder, 'snapshot'))
    const whole = await replayed(CLERK, snapshot)
    const small = await replayed(CLERK, snapshot, 7)
    expect(small.records).toEqual(whole.records)
    expect(small.rejected).toEqual(whole.rejected)
    expect(new Set(small.chunks.slice(0, -1))).toEqual(new Set([7]))
  })

  test('keeps the position of rejects between records', async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) =>
      n === 10 || n === 25_000 ? 'ragged,row' : `${n}@example.com`,
    )
    const folder = folderWith({ 'users.csv': ['email', ...rows].join('\n') })
    const config = { type: 'csv', path: 'users.csv' }
    const snapshot = await record(config, folder, join(folder, 'snapshot'))
    const seen: number[] = []
    let read = 0
    const context = { directory: folder, scratch: folder, snapshot, reject: () => seen.push(read), warn: () => {} }
    for await (const chunk of (await openSource(config, context)).read(100)) read += chunk.length
    expect(seen).toHaveLength(2)
    expect(seen[0]).toBe(0)
    expect(seen[1]).toBeGreaterThan(10_000)
    expect(seen[1]).toBeLessThan(25_000)
  })

  test('is private, and leaves no temporary files', async () => {
    const folder = folderWith(clerkFiles())
    const { folder: snapshot } = await record(CLERK, folder, join(folder, 'out', 'snapshot'))
    expect(statSync(snapshot).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(snapshot)) expect(statSync(join(snapshot, name)).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'out'))).toEqual(['snapshot'])
  })
})

describe('a recording', () => {
  test('that was interrupted starts again', async () => {
    const folder = folderWith({ 'users.csv': 'email\na@example.com\n' })
    const config = { type: 'csv', path: 'users.csv' }
    const out = snapshotFolder(config, folder, undefined)
    const cut = await openSnapshotWriter(out, { source: 'csv', identity: { path: 'users.csv' } })
    await cut.append('records', [{ half: true }], { step: 'records', cursor: 1 })
    await cut.close()
    const { records } = await replayed(config, await record(config, folder, out))
    expect(records.map(({ data }) => data)).toEqual([{ email: 'a@example.com' }])
  })

  test('that fails keeps the existing snapshot', async () => {
    const folder = folderWith({ 'users.csv': 'email\na@example.com\n' })
    const config = { type: 'csv', path: 'users.csv' }
    const out = join(folder, 'snapshot')
    const before = await record(config, folder, out)
    writeFileSync(join(folder, 'users.csv'), Buffer.from('email\na@example.com\n\xff', 'latin1'))
    await expect(record(config, folder, out)).rejects.toMatchObject({ name: 'SourceError' })
    expect((await replayed(config, before)).records).toHaveLength(1)
  })

  test('does not replace a recording of other files', async () => {
    const folder = folderWith({ 'users.csv': 'email\n', 'others.csv': 'email\n' })
    const out = join(folder, 'snapshot')
    await record({ type: 'csv', path: 'users.csv' }, folder, out)
    await expect(record({ type: 'csv', path: 'others.csv' }, folder, out)).rejects.toMatchObject({
      problems: [{ code: 'snapshot_of_another_source', message: expect.stringContaining('others.csv') }],
    })
  })
})
