import { expect, test } from 'vitest'
import { firstRecords } from '../../src/sources/first-records.ts'
import type { Source, SourceRecord } from '../../src/sources/source.ts'

/** A source of `users` and, after them, `organizations`. */
function sourceOf(users: number, organizations: number): Source {
  const streams = ['users', 'organizations']
  const record = (stream: string, seq: number): SourceRecord => ({
    seq,
    stream,
    origin: { file: `${stream}.csv` },
    data: {},
  })
  const all = [
    ...Array.from({ length: users }, (_, seq) => record('users', seq)),
    ...Array.from({ length: organizations }, (_, seq) => record('organizations', users + seq)),
  ]
  let read = 0
  return {
    streams,
    async *read(size) {
      for (; read < all.length; read += size) yield all.slice(read, read + size)
    },
    counts: () =>
      streams.map((stream) => ({
        stream,
        file: `${stream}.csv`,
        role: 'main',
        read: read + 1,
        passed: read,
        rejected: 1,
      })),
    digest: () => 'digest',
  }
}

async function readAll(source: Source, size: number): Promise<SourceRecord[]> {
  const found: SourceRecord[] = []
  for await (const chunk of source.read(size)) found.push(...chunk)
  return found
}

test.each([
  [3, 2],
  [3, 3],
  [3, 100],
  [7, 1],
])('reads the first %i records in chunks of %i, and reports that there are more', async (limit, size) => {
  const { source, isWhole } = firstRecords(sourceOf(8, 5), limit)
  const found = await readAll(source, size)
  expect(found.map(({ seq }) => seq)).toEqual(Array.from({ length: limit }, (_, seq) => seq))
  expect(isWhole()).toBe(false)
  const [users] = source.counts()
  expect(users).toMatchObject({ passed: limit, rejected: 1, read: limit + 1 })
})

test('reads other streams whole if requested', async () => {
  const { source, isWhole } = firstRecords(sourceOf(8, 5), 3, true)
  const found = await readAll(source, 2)
  expect(found.map(({ seq }) => seq)).toEqual([0, 1, 2, 8, 9, 10, 11, 12])
  expect(isWhole()).toBe(false)
  expect(source.counts().map(({ passed }) => passed)).toEqual([3, 5])
})

test('reads a smaller source whole, with its other streams', async () => {
  const { source, isWhole } = firstRecords(sourceOf(8, 5), 8)
  expect(await readAll(source, 4)).toHaveLength(13)
  expect(isWhole()).toBe(true)
  expect(source.digest()).toBe('digest')
})
