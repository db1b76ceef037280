import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { tried } from '../../tried.ts'
import { folderWith, readAll, sums } from '../reading.ts'
import { dataOf, readStreams, readUsers, refusalOf } from './reading.ts'

const row = (n: number) => `{"n":${n}}\n`

describe('several files of one stream', () => {
  const files = {
    'b.ndjson': row(2),
    'a.ndjson': row(1),
    'c-10.ndjson': row(4),
    'c-9.ndjson': `${row(5)}oops\n`,
    'd.txt': 'x',
  }

  test('a pattern reads its files in the order of their names, and each record has its own file', async () => {
    const reading = await readStreams(files, { users: { path: '*.ndjson' } })
    expect(reading.records.map(({ data, origin, seq }) => [seq, data.n, origin.file, origin.line])).toEqual([
      [0, 1, 'a.ndjson', 1],
      [1, 2, 'b.ndjson', 1],
      [2, 4, 'c-10.ndjson', 1],
      [3, 5, 'c-9.ndjson', 1],
    ])
    expect(reading.rejected).toMatchObject([{ stream: 'users', origin: { file: 'c-9.ndjson', line: 2 } }])
    expect(reading.counts).toEqual([
      { stream: 'users', file: '*.ndjson', role: 'main', read: 5, passed: 4, rejected: 1 },
    ])
  })

  test('a list keeps its order, and reads a repeated file once', async () => {
    const reading = await readStreams(files, { users: { path: ['b.ndjson', './{a,b}.ndjson', 'c-1?.ndjson'] } })
    expect(dataOf(reading).map(({ n }) => n)).toEqual([2, 1, 4])
    expect(reading.counts).toMatchObject([{ file: 'b.ndjson, ./{a,b}.ndjson, c-1?.ndjson' }])
  })

  test('folders are searched, but only for files', async () => {
    const folder = folderWith({ 'a.ndjson': row(1) })
    mkdirSync(join(folder, 'sub', 'deep.ndjson'), { recursive: true })
    writeFileSync(join(folder, 'sub', 'deep.ndjson', 'b.ndjson'), row(2))
    symlinkSync(join(folder, 'a.ndjson'), join(folder, 'sub', 'c.ndjson'))
    const reading = await readAll({ type: 'file', streams: { users: { path: '**/*.ndjson' } } }, folder)
    expect(reading.records.map(({ origin }) => origin.file)).toEqual([
      'a.ndjson',
      'sub/c.ndjson',
      'sub/deep.ndjson/b.ndjson',
    ])
  })

  test('a name that looks like a pattern is a name if such a file exists', async () => {
    const reading = await readStreams(
      { 'users [1].ndjson': row(1), 'users 1.ndjson': row(2) },
      { users: { path: 'users [1].ndjson' } },
    )
    expect(dataOf(reading)).toEqual([{ n: 1 }])
  })

  test('every CSV file has its own header', async () => {
    const reading = await readStreams(
      { '1.csv': 'id,name\n1,a\n', '2.csv': 'name;id\nb;2\n' },
      { users: { path: ['1.csv', '2.csv'] } },
    )
    expect(dataOf(reading)).toEqual([
      { id: '1', name: 'a' },
      { id: '2', name: 'b' },
    ])
  })

  test('a pattern without a match is an error', async () => {
    expect(await refusalOf(readStreams(files, { users: { path: 'x*.ndjson' } }))).toMatchObject({
      code: 'no_file_matches',
      message: 'no file matches x*.ndjson',
      path: 'source.streams.users.path',
    })
  })

  test('a missing file is an error', async () => {
    expect(await refusalOf(readUsers('users.csv', 'id\n1\n', { path: 'user.csv' }))).toMatchObject({
      code: 'file_not_found',
      at: { file: 'user.csv' },
    })
  })
})

describe('compressed files', () => {
  const plain = Array.from({ length: 50_000 }, (_, n) => row(n)).join('')
  const half = plain.indexOf('\n', plain.length / 2) + 1
  const parts = [Buffer.from(plain.slice(0, half)), Buffer.from(plain.slice(half))]

  test.each([
    ['gzip', 'users.ndjson.gz', gzipSync(plain)],
    ['gzip in several members', 'users.ndjson.gz', Buffer.concat(parts.map((part) => gzipSync(part)))],
    ['zstd', 'users.ndjson.zst', zstdCompressSync(plain)],
    ['zstd in several frames', 'users.ndjson.zst', Buffer.concat(parts.map((part) => zstdCompressSync(part)))],
    ['zstd with another extension', 'users.ndjson', zstdCompressSync(plain)],
  ])(
    tried('CSV of any kind', 'any encoding', 'gzip and zstd, also with several members (%s)'),
    async (_name, name, content) => {
      const reading = await readUsers(name, content)
      expect(sums(reading)).toEqual([['users', 50_000, 50_000, 0]])
      expect(reading.records.at(-1)).toMatchObject({ data: { n: 49_999 }, origin: { line: 50_000 } })
    },
  )

  test('the extension before that of the compression decides the format', async () => {
    expect(dataOf(await readUsers('a.csv.gz', gzipSync('n\n1\n')))).toEqual([{ n: '1' }])
    expect(dataOf(await readUsers('a.JSON.zst', zstdCompressSync('[{"n":1}]')))).toEqual([{ n: 1 }])
    expect(dataOf(await readUsers('a.jsonl', row(1)))).toEqual([{ n: 1 }])
    expect(dataOf(await readUsers('a.tsv', 'n\tm\n1\t2\n'))).toEqual([{ n: '1', m: '2' }])
  })
})

test('files with any name can have a format', async () => {
  expect(dataOf(await readUsers('export.dump', row(1), { format: 'ndjson' }))).toEqual([{ n: 1 }])
})

test('the digest changes with every byte of any file, and only then', async () => {
  const streams = { users: { path: '*.csv' }, memberships: { path: 'm.ndjson', join: { key: 'n', to: 'n' } } }
  const digest = async (files: Record<string, string>) => (await readStreams(files, streams)).digest
  const files = { 'a.csv': 'n\n1\n', 'b.csv': 'n\n2\n', 'm.ndjson': row(1) }
  const first = await digest(files)
  expect(await digest(files)).toBe(first)
  expect(await digest({ ...files, 'b.csv': 'n\n3\n' })).not.toBe(first)
  expect(await digest({ ...files, 'm.ndjson': row(2) })).not.toBe(first)
  expect(await digest({ ...files, 'c.csv': 'n\n3\n' })).not.toBe(first)
})

test('streams without a join are read one after another, in chunks across the border', async () => {
  const reading = await readStreams(
    { 'users.ndjson': row(1) + row(2) + row(3), 'more.ndjson': row(4) + row(5) },
    { users: { path: 'users.ndjson' }, others: { path: 'more.ndjson' } },
    2,
  )
  expect(reading.records.map(({ seq, stream, data }) => [seq, stream, data.n])).toEqual([
    [0, 'users', 1],
    [1, 'users', 2],
    [2, 'users', 3],
    [3, 'others', 4],
    [4, 'others', 5],
  ])
  expect(reading.chunks).toEqual([2, 2, 1])
  expect(sums(reading)).toEqual([
    ['users', 3, 3, 0],
    ['others', 2, 2, 0],
  ])
})
