import { expect, test } from 'vitest'
import { sourceDefinitions } from '../../../src/sources/registry.ts'
import { folderWith, readAll } from '../reading.ts'

const streams = (optional: boolean) => ({
  users: { path: './users.csv' },
  roles: { path: './roles.csv', optional },
  factors: {
    path: ['./factors-*.ndjson', './factors.ndjson'],
    format: 'ndjson',
    optional,
    join: { key: 'id', to: 'id' },
  },
})

test('files of an optional stream can be missing or empty', async () => {
  const files = { 'users.csv': 'id\n1\n', 'roles.csv': 'slug\n' }
  const folder = folderWith(files)
  const config = { type: 'file', streams: streams(true) } as const
  const reading = await readAll(config, folder)
  expect(reading.records.map(({ data }) => data)).toEqual([{ id: '1', factors: [] }])
  expect(reading.warnings).toEqual([])
  const { check } = (await sourceDefinitions.get('file')?.()) ?? {}
  expect(await check?.({ streams: streams(true) }, folder)).toEqual([])
  expect(await check?.({ streams: streams(false) }, folder)).toMatchObject([{ code: 'no_file_matches' }])
  await expect(readAll({ type: 'file', streams: streams(false) }, folderWith(files))).rejects.toMatchObject({
    problems: [{ code: 'no_file_matches' }],
  })
})

test('existing files are read', async () => {
  const folder = folderWith({ 'users.csv': 'id\n1\n', 'factors-1.ndjson': '{"id":"1","secret":"a"}\n' })
  const reading = await readAll({ type: 'file', streams: streams(true) }, folder)
  expect(reading.records[0]?.data).toMatchObject({ factors: [{ secret: 'a' }] })
})
