import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { readSnapshot } from '../../../src/sources/snapshot/read-snapshot.ts'
import type { Snapshot, SnapshotWriter } from '../../../src/sources/snapshot/snapshot.ts'
import { openSnapshotWriter, type WriterOptions } from '../../../src/sources/snapshot/writer.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const OF = { source: 'directory', identity: { tenant: 'one.example' } }

/** Every append is durable at once. */
const AT_ONCE: WriterOptions = { checkpoint: { characters: 0, milliseconds: 0 } }
/** Nothing is durable before the end. */
const AT_THE_END: WriterOptions = {
  checkpoint: { characters: Number.POSITIVE_INFINITY, milliseconds: Number.POSITIVE_INFINITY },
}

const users = (from: number, count: number): JsonObject[] =>
  Array.from({ length: count }, (_, index) => ({ id: from + index, name: `Person ${from + index} – “ü”` }))

async function rowsOf(snapshot: Snapshot, stream: string): Promise<JsonObject[]> {
  const rows: JsonObject[] = []
  for await (const batch of snapshot.read(stream)) for (const { data } of batch) rows.push(data)
  return rows
}

/** Reads a source of 10 pages, from the writer's cursor. */
async function readPages(writer: SnapshotWriter, until = 10): Promise<void> {
  for (let page = Number(writer.cursor('users') ?? 0); page < until; page++) {
    await writer.append('users', users(page * 10, 10), { step: 'users', cursor: page + 1, done: page === 9 })
  }
}

async function write(folder: string, options?: WriterOptions, of = OF): Promise<Snapshot> {
  const writer = await openSnapshotWriter(folder, of, options)
  await readPages(writer)
  return writer.finish()
}

describe('a snapshot', () => {
  test('contains rows in the order of appending, with line numbers', async () => {
    const snapshot = await write(join(temporaryFolder(), 'snapshot'))
    expect(await rowsOf(snapshot, 'users')).toEqual(users(0, 100))
    const lines: number[] = []
    for await (const batch of snapshot.read('users')) for (const { line } of batch) lines.push(line)
    expect(lines).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect(await rowsOf(snapshot, 'nothing')).toEqual([])
  })

  test('describes its source, its time and its streams', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    let now = Date.UTC(2026, 10, 22, 14, 3)
    const writer = await openSnapshotWriter(folder, OF, { now: () => now })
    writer.note('total', 100)
    await readPages(writer)
    now += 60_000
    expect(await writer.finish()).toMatchObject({
      folder,
      ...OF,
      startedAt: '2026-11-22T14:03:00.000Z',
      finishedAt: '2026-11-22T14:04:00.000Z',
      facts: { total: 100 },
      streams: [{ name: 'users', file: 'users.ndjson.gz', records: 100 }],
    })
    expect(await readSnapshot(folder)).toMatchObject({ facts: { total: 100 } })
  })

  test('is gzip NDJSON that other programs can read', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    await write(folder, AT_ONCE)
    const text = gunzipSync(readFileSync(join(folder, 'users.ndjson.gz'))).toString()
    expect(text).toBe(
      users(0, 100)
        .map((user) => `${JSON.stringify(user)}\n`)
        .join(''),
    )
  })

  test('is private: files 0600, folders 0700', async () => {
    const folder = join(temporaryFolder(), 'a', 'b', 'snapshot')
    const writer = await openSnapshotWriter(folder, OF, AT_ONCE)
    await readPages(writer, 3)
    const mode = (path: string) => statSync(path).mode & 0o777
    const names = readdirSync(`${folder}.next`)
    expect(names).toContain('progress.sqlite')
    for (const name of names) expect([name, mode(join(`${folder}.next`, name))]).toEqual([name, 0o600])
    await readPages(writer)
    await writer.finish()
    expect(mode(folder)).toBe(0o700)
    expect(mode(join(folder, '..'))).toBe(0o700)
    expect(readdirSync(folder).sort()).toEqual(['snapshot.json', 'users.ndjson.gz'])
    for (const name of readdirSync(folder)) expect([name, mode(join(folder, name))]).toEqual([name, 0o600])
  })

  test('has the same digest for any compression', async () => {
    const folder = temporaryFolder()
    const [a, b] = [await write(join(folder, 'a'), AT_ONCE), await write(join(folder, 'b'), AT_THE_END)]
    expect(a.streams[0]?.bytes).not.toBe(b.streams[0]?.bytes)
    expect(a.digest).toBe(b.digest)
    const writer = await openSnapshotWriter(join(folder, 'c'), OF)
    await writer.append('users', [...users(0, 99), { id: 100 }], { step: 'users', cursor: null, done: true })
    expect((await writer.finish()).digest).not.toBe(a.digest)
  })

  test('keeps empty streams, and stream names that are not file names', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    const writer = await openSnapshotWriter(folder, OF)
    await writer.append('none', [], { step: 'none', cursor: null, done: true })
    await writer.append('../../escape me', [{ a: 1 }], { step: 'odd', cursor: null, done: true })
    const snapshot = await writer.finish()
    expect(snapshot.streams.map(({ name, file, records }) => [name, file, records])).toEqual([
      ['none', 'none.ndjson.gz', 0],
      ['../../escape me', 'stream-2.ndjson.gz', 1],
    ])
    expect(await rowsOf(snapshot, 'none')).toEqual([])
    expect(await rowsOf(snapshot, '../../escape me')).toEqual([{ a: 1 }])
    expect(gunzipSync(readFileSync(join(folder, 'none.ndjson.gz'))).length).toBe(0)
  })

  test('keeps any text, long rows, and names that are special in JavaScript', async () => {
    const rows: JsonObject[] = [
      JSON.parse('{"__proto__":{"a":1},"constructor":null}'),
      { long: 'x'.repeat(300_000), id: '12345678901234567890', small: 1e-7, big: 1e21 },
      { text: 'line\nbreak\u2028\ud83d\ude00\u0000"' },
    ]
    const writer = await openSnapshotWriter(join(temporaryFolder(), 'snapshot'), OF)
    await writer.append('users', rows, { step: 'users', cursor: null, done: true })
    expect((await rowsOf(await writer.finish(), 'users')).map((row) => JSON.stringify(row))).toEqual(
      rows.map((row) => JSON.stringify(row)),
    )
  })
})

describe('during writing', () => {
  test('rows and cursors are visible at once, even before they are on disk', async () => {
    const writer = await openSnapshotWriter(join(temporaryFolder(), 'snapshot'), OF, AT_THE_END)
    expect(writer.cursor('users')).toBeUndefined()
    await writer.append('users', users(0, 3), { step: 'users', cursor: { after: 'x' } })
    writer.note('total', 3)
    expect(writer.cursor('users')).toEqual({ after: 'x' })
    expect(writer.isDone('users')).toBe(false)
    expect(writer.count('users')).toBe(3)
    expect(writer.fact('total')).toBe(3)
    const read: JsonObject[] = []
    for await (const batch of writer.read('users')) for (const { data } of batch) read.push(data)
    expect(read).toEqual(users(0, 3))
    await writer.close()
  })

  test('concurrent appends of many steps are all kept, each step in order', async () => {
    const writer = await openSnapshotWriter(join(temporaryFolder(), 'snapshot'), OF, AT_ONCE)
    const steps = Array.from({ length: 20 }, (_, step) => step)
    await Promise.all(
      steps.map(async (step) => {
        for (let page = 0; page < 5; page++) {
          await writer.append('members', [{ step, page }], { step: `members/${step}`, cursor: page, done: page === 4 })
        }
      }),
    )
    const rows = await rowsOf(await writer.finish(), 'members')
    expect(rows).toHaveLength(100)
    for (const step of steps) {
      expect(rows.filter((row) => row.step === step).map(({ page }) => page)).toEqual([0, 1, 2, 3, 4])
    }
  })

  test('a finished step accepts no rows, and an unfinished one prevents finishing the snapshot', async () => {
    const writer = await openSnapshotWriter(join(temporaryFolder(), 'snapshot'), OF)
    await writer.append('users', users(0, 1), { step: 'users', cursor: 1 })
    await expect(writer.finish()).rejects.toThrow('steps are not done: users')
    await writer.append('users', [], { step: 'users', cursor: 2, done: true })
    await expect(writer.append('users', users(1, 1), { step: 'users', cursor: 3 })).rejects.toThrow('already done')
    await writer.close()
  })

  test('the existing snapshot stays until the new one is finished', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    const { digest } = await write(folder)
    const writer = await openSnapshotWriter(folder, OF, AT_ONCE)
    await writer.append('users', [{ id: 'new' }], { step: 'users', cursor: 1 })
    expect((await readSnapshot(folder)).digest).toBe(digest)
    await writer.append('users', [], { step: 'users', cursor: 1, done: true })
    await writer.finish()
    expect(await rowsOf(await readSnapshot(folder), 'users')).toEqual([{ id: 'new' }])
    expect(readdirSync(join(folder, '..'))).toEqual(['snapshot'])
  })

  test('only one process writes at a time', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    const writer = await openSnapshotWriter(folder, OF)
    await expect(openSnapshotWriter(folder, OF)).rejects.toMatchObject({ problems: [{ code: 'snapshot_locked' }] })
    await writer.close()
  })

  test('many small pages cause few writes', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    const writer = await openSnapshotWriter(folder, OF, { now: () => 0 })
    for (let page = 0; page < 500; page++) {
      await writer.append('users', users(page * 50, 50), { step: 'users', cursor: page, done: page === 499 })
    }
    const [stream] = (await writer.finish()).streams
    const packed = readFileSync(join(folder, 'users.ndjson.gz'))
    const header = Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00])
    let members = 0
    for (let at = packed.indexOf(header); at !== -1; at = packed.indexOf(header, at + 1)) members += 1
    expect(stream?.records).toBe(25_000)
    expect(members).toBeLessThan(5)
  })
})

describe('after an interrupted reading', () => {
  test('the next one continues, and the result is the same', async () => {
    const folder = temporaryFolder()
    const whole = await write(join(folder, 'whole'))
    for (let until = 0; until < 10; until++) {
      const first = await openSnapshotWriter(join(folder, `cut-${until}`), OF, AT_THE_END)
      await readPages(first, until)
      first.note('total', 100)
      await first.close()
      const second = await openSnapshotWriter(join(folder, `cut-${until}`), OF)
      expect(second.cursor('users')).toBe(until === 0 ? undefined : until)
      expect(second.count('users')).toBe(until * 10)
      expect(second.fact('total')).toBe(100)
      expect(second.startedAt).toBe(first.startedAt)
      await readPages(second)
      const { digest, streams } = await second.finish()
      expect([digest, streams[0]?.records]).toEqual([whole.digest, 100])
    }
  })

  test('appended rows are on disk after a while, even without further rows', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    const checkpoint = { characters: Number.POSITIVE_INFINITY, milliseconds: 50 }
    const writer = await openSnapshotWriter(folder, OF, { checkpoint, now: () => 0 })
    await writer.append('users', users(0, 1), { step: 'users', cursor: 1 })
    const file = join(`${folder}.next`, 'users.ndjson.gz')
    await expect.poll(() => existsSync(file) && statSync(file).size, { timeout: 20_000 }).toBeGreaterThan(0)
    await writer.close()
  })

  test('data after the last checkpoint is removed after a kill', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    const first = await openSnapshotWriter(folder, OF, AT_ONCE)
    await readPages(first, 4)
    await first.close()
    const file = join(`${folder}.next`, 'users.ndjson.gz')
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('half a member')]))
    writeFileSync(join(`${folder}.next`, 'groups.ndjson.gz'), 'never committed')
    const second = await openSnapshotWriter(folder, OF)
    await readPages(second)
    await second.append('groups', [{ id: 1 }], { step: 'groups', cursor: null, done: true })
    const snapshot = await second.finish()
    expect(await rowsOf(snapshot, 'users')).toEqual(users(0, 100))
    expect(await rowsOf(snapshot, 'groups')).toEqual([{ id: 1 }])
  })

  test.each([
    ['truncated', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 60))],
    ['changed', (file: string) => writeFileSync(file, readFileSync(file).fill(0x55, 40, 42))],
    ['damaged', (file: string) => writeFileSync(file, 'x'.repeat(2000))],
  ])('a file that was %s since then is rejected', async (_what, spoil) => {
    const folder = join(temporaryFolder(), 'snapshot')
    const writer = await openSnapshotWriter(folder, OF, AT_ONCE)
    await readPages(writer, 4)
    await writer.close()
    spoil(join(`${folder}.next`, 'users.ndjson.gz'))
    await expect(openSnapshotWriter(folder, OF)).rejects.toMatchObject({ problems: [{ code: 'snapshot_damaged' }] })
  })

  test('a reading with other options does not continue it', async () => {
    const folder = join(temporaryFolder(), 'snapshot')
    const writer = await openSnapshotWriter(folder, OF, AT_ONCE)
    await readPages(writer, 4)
    await writer.close()
    const other = { source: 'directory', identity: { tenant: 'two.example' } }
    await expect(openSnapshotWriter(folder, other)).rejects.toMatchObject({
      problems: [{ code: 'snapshot_of_another_source', hint: expect.stringContaining('remove') }],
    })
  })
})

test('a folder with other files is not replaced', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'thesis.txt'), 'dear')
  await expect(openSnapshotWriter(folder, OF)).rejects.toMatchObject({ problems: [{ code: 'folder_in_use' }] })
  expect(existsSync(`${folder}.next`)).toBe(false)
})
