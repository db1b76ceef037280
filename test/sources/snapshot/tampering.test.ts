import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { headText } from '../../../src/sources/snapshot/format.ts'
import { readSnapshot } from '../../../src/sources/snapshot/read-snapshot.ts'
import { openSnapshotWriter } from '../../../src/sources/snapshot/writer.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { rowsOf } from './directory.ts'

async function snapshot(): Promise<string> {
  const folder = join(temporaryFolder(), 'snapshot')
  const writer = await openSnapshotWriter(folder, { source: 'directory', identity: { tenant: 'one.example' } })
  const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }))
  await writer.append('people', rows(2000), { step: 'people', cursor: null, done: true })
  await writer.append('groups', rows(3), { step: 'groups', cursor: null, done: true })
  await writer.finish()
  return folder
}

const PEOPLE = 'people.ndjson.gz'

/**
 * Replaces rows and seals the snapshot again with their length, so that only the digest of the rows
 * differs.
 */
function replaceRows(folder: string, change: (text: string) => string): void {
  const path = join(folder, PEOPLE)
  const text = gunzipSync(readFileSync(path)).toString()
  expect(change(text)).not.toBe(text)
  const packed = gzipSync(change(text))
  writeFileSync(path, packed)
  editHead(folder, (json) => {
    const { format: _format, version: _version, seal: _seal, ...head } = JSON.parse(json)
    head.streams[0].bytes = packed.length
    return headText(head)
  })
}

function editHead(folder: string, change: (text: string) => string): void {
  const path = join(folder, 'snapshot.json')
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

const readAll = async (folder: string): Promise<JsonObject[]> => rowsOf(await readSnapshot(folder), 'people')

const REFUSED = { name: 'SourceError', problems: [{ code: 'snapshot_damaged', hint: expect.any(String) }] }

describe('a snapshot is rejected', () => {
  test.each<[string, (folder: string) => void]>([
    ['when a file is missing', (folder) => rmSync(join(folder, PEOPLE))],
    ['when a file is truncated', (folder) => truncateSync(join(folder, PEOPLE), 500)],
    ['when a file is longer', (folder) => appendFileSync(join(folder, PEOPLE), 'x')],
    [
      'when two files are swapped',
      (folder) => {
        renameSync(join(folder, PEOPLE), join(folder, 'x'))
        renameSync(join(folder, 'groups.ndjson.gz'), join(folder, PEOPLE))
        renameSync(join(folder, 'x'), join(folder, 'groups.ndjson.gz'))
      },
    ],
    [
      'when it names another source',
      (folder) => editHead(folder, (text) => text.replace('one.example', 'two.example')),
    ],
    [
      'when it has other counts',
      (folder) => editHead(folder, (text) => text.replace('"records": 2000', '"records": 1999')),
    ],
    ['when its head is truncated', (folder) => editHead(folder, (text) => text.slice(0, 300))],
    ['when its head is something else', (folder) => editHead(folder, () => '{"format":"other"}')],
    [
      'when its head is incomplete',
      (folder) => editHead(folder, () => '{"format":"workos-migrate-snapshot","version":1}'),
    ],
    [
      'when it names a file outside its folder',
      (folder) => editHead(folder, (text) => text.replace(PEOPLE, '../people.ndjson.gz')),
    ],
  ])('%s, as soon as it is opened', async (_what, spoil) => {
    const folder = await snapshot()
    spoil(folder)
    await expect(readSnapshot(folder)).rejects.toMatchObject(REFUSED)
  })

  test('during reading, when a byte of a file changed', async () => {
    const folder = await snapshot()
    const bytes = readFileSync(join(folder, PEOPLE))
    bytes.writeUInt8((bytes.at(2000) ?? 0) ^ 0x55, 2000)
    writeFileSync(join(folder, PEOPLE), bytes)
    await expect(readAll(folder)).rejects.toMatchObject(REFUSED)
  })

  test.each([
    ['changed', (text: string) => text.replace('{"id":7}', '{"id":8}')],
    ['removed', (text: string) => text.replace('{"id":7}\n', '')],
    ['added', (text: string) => `${text}{"id":2000}\n`],
    ['reordered', (text: string) => text.replace('{"id":7}\n{"id":8}', '{"id":8}\n{"id":7}')],
  ])('at the end of a stream whose rows were %s and sealed again', async (_what, change) => {
    const folder = await snapshot()
    replaceRows(folder, change)
    await expect(readAll(folder)).rejects.toMatchObject(REFUSED)
  })

  test('when its format is from a later version', async () => {
    const folder = await snapshot()
    editHead(folder, (text) => text.replace('"version": 1', '"version": 2'))
    await expect(readSnapshot(folder)).rejects.toMatchObject({ problems: [{ code: 'snapshot_version' }] })
  })
})

test.each([
  '{"secret":"hunter2',
  '"hunter2"',
])('an invalid row is reported by its line, and not shown: %s', async (row) => {
  const folder = await snapshot()
  replaceRows(folder, (text) => text.replace('{"id":7}', row))
  const error: unknown = await readAll(folder).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ problems: [{ message: expect.stringContaining('line 8 of') }] })
  expect(JSON.stringify(error)).not.toContain('hunter2')
})
