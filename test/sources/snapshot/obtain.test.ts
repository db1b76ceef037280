import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSnapshot } from '../../../src/sources/snapshot/read-snapshot.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { obtaining, rowsOf, startDirectory } from './directory.ts'

describe('the snapshot of a live source', () => {
  test('is made once, and used until the source is read again', async () => {
    const directory = await startDirectory(120)
    const { obtain, messages } = obtaining(temporaryFolder(), { url: directory.url })
    const first = await obtain()
    expect(await rowsOf(first, 'people')).toEqual(directory.people)
    expect(directory.asked).toEqual([0, 1, 2])
    expect(messages.at(-1)).toBe('people: 120')
    directory.people[0] = { id: 0, email: 'changed@example.com' }
    expect((await obtain()).digest).toBe(first.digest)
    expect(directory.asked).toEqual([0, 1, 2])
    const fresh = await obtain({ fresh: true })
    expect(await rowsOf(fresh, 'people')).toEqual(directory.people)
    expect((await obtain()).digest).toBe(fresh.digest)
  })

  test('has a folder for each tenant and set of options, or the folder in the manifest', () => {
    const home = temporaryFolder()
    const folderOf = (options: Record<string, unknown>) => obtaining(home, options).folder
    const folders = [
      folderOf({ url: 'http://a.example' }),
      folderOf({ url: 'http://b.example' }),
      folderOf({ url: 'http://a.example', only: 'x' }),
      folderOf({ url: 'http://a.example', updatedSince: '2026-11-20T00:00:00Z' }),
    ]
    expect(new Set(folders).size).toBe(4)
    for (const folder of folders) {
      expect(folder.replace(home, '')).toMatch(/^\/\.workos-migrate\/snapshots\/directory-[\da-f]{8}$/)
    }
    expect(folderOf({ url: 'http://a.example', secret: 'one' })).toBe(folders[0])
    expect(folderOf({ url: 'http://a.example', snapshot: './here' })).toBe(join(home, 'here'))
  })

  test('is not used for another tenant, even in the same folder', async () => {
    const [a, b] = [await startDirectory(3), await startDirectory(3)]
    const home = temporaryFolder()
    await obtaining(home, { url: a.url, snapshot: './here' }).obtain()
    const other = obtaining(home, { url: b.url, snapshot: './here' })
    for (const fresh of [false, true]) {
      await expect(other.obtain({ fresh })).rejects.toMatchObject({
        problems: [
          {
            code: 'snapshot_of_another_source',
            message: expect.stringContaining(`url is "${a.url}" in the snapshot and "${b.url}"`),
          },
        ],
      })
    }
    expect(b.asked).toEqual([])
    expect(readdirSync(home)).toEqual(['here'])
  })

  test('can be used on another machine without contacting the source and without credentials', async () => {
    const directory = await startDirectory(60)
    const there = obtaining(temporaryFolder(), { url: directory.url })
    const { digest } = await there.obtain()
    const elsewhere = temporaryFolder()
    cpSync(there.folder, join(elsewhere, 'carried'), { recursive: true })
    directory.asked.splice(0)
    const missing = [
      { code: 'unset_reference', message: 'the environment variable SECRET is not set', path: 'source.secret' },
    ]
    const here = obtaining(elsewhere, { url: directory.url })
    const carried = await here.obtain({ from: join(elsewhere, 'carried'), missing })
    expect(carried.digest).toBe(digest)
    expect(await rowsOf(carried, 'people')).toEqual(directory.people)
    await expect(here.obtain({ missing })).rejects.toMatchObject({ problems: missing })
    expect(directory.asked).toEqual([])
  })

  test('that does not exist is an error, and the source is not read instead', async () => {
    const directory = await startDirectory(3)
    const home = temporaryFolder()
    mkdirSync(join(home, 'empty'))
    for (const name of ['empty', 'nowhere']) {
      await expect(obtaining(home, { url: directory.url }).obtain({ from: join(home, name) })).rejects.toMatchObject({
        problems: [{ code: 'no_snapshot' }],
      })
    }
    expect(directory.asked).toEqual([])
  })
})

describe('an aborted reading', () => {
  test('keeps its rows, leaves the old snapshot usable, and continues later', async () => {
    const directory = await startDirectory(400)
    const { obtain, folder, warnings } = obtaining(temporaryFolder(), { url: directory.url })
    const old = await obtain()
    directory.people.push({ id: 'new', email: 'new@example.com' })
    directory.asked.splice(0)
    const interrupt = new AbortController()
    directory.onPage = (page) => {
      if (page === 4) interrupt.abort()
      return true
    }
    await expect(obtain({ fresh: true, signal: interrupt.signal })).rejects.toMatchObject({
      exitCode: 130,
      problems: [{ code: 'interrupted', hint: 'run the same command again to continue; rows read so far are kept' }],
    })
    expect((await obtain()).digest).toBe(old.digest)
    expect(warnings).toEqual([])
    directory.asked.splice(0)
    const fresh = await obtain({ fresh: true })
    expect(directory.asked).toEqual([4, 5, 6, 7, 8])
    expect(warnings).toMatchObject([{ code: 'reading_resumed', severity: 'warning' }])
    expect(await rowsOf(fresh, 'people')).toEqual(directory.people)
    expect(existsSync(`${folder}.next`)).toBe(false)
  })

  test('after an error of the source is continued by the next command if there is no snapshot', async () => {
    const directory = await startDirectory(200)
    const { obtain } = obtaining(temporaryFolder(), { url: directory.url })
    directory.onPage = (page) => page !== 2
    await expect(obtain()).rejects.toMatchObject({ problems: [{ code: 'directory_broken' }] })
    directory.onPage = () => true
    directory.asked.splice(0)
    expect(await rowsOf(await obtain(), 'people')).toEqual(directory.people)
    expect(directory.asked).toEqual([2, 3, 4])
  })
})

describe('a spoiled reading', () => {
  /** A directory with four pages read. */
  async function cutOff() {
    const directory = await startDirectory(400)
    const obtaining_ = obtaining(temporaryFolder(), { url: directory.url })
    directory.onPage = (page) => page < 4
    await expect(obtaining_.obtain()).rejects.toMatchObject({ problems: [{ code: 'directory_broken' }] })
    directory.asked.splice(0)
    directory.onPage = () => true
    return { directory, ...obtaining_ }
  }

  test('starts again by itself with a warning', async () => {
    const { directory, obtain, warnings } = await cutOff()
    let refusals = 1
    directory.onPage = () => (refusals-- > 0 ? 'gone' : true)
    expect(await rowsOf(await obtain(), 'people')).toEqual(directory.people)
    expect(directory.asked).toEqual([4, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(warnings).toMatchObject([
      { code: 'reading_resumed' },
      { code: 'reading_begun_anew', message: expect.stringContaining('page 4 is gone') },
    ])
  })

  test('that was spoiled from the beginning is an error, and the next command does not continue it', async () => {
    const directory = await startDirectory(120)
    const { obtain, folder, warnings } = obtaining(temporaryFolder(), { url: directory.url })
    directory.onPage = (page) => (page === 2 ? 'gone' : true)
    await expect(obtain()).rejects.toMatchObject({ problems: [{ code: 'directory_gone' }] })
    expect(existsSync(`${folder}.next`)).toBe(false)
    directory.onPage = () => true
    expect(await rowsOf(await obtain(), 'people')).toEqual(directory.people)
    expect(directory.asked).toEqual([0, 1, 2, 0, 1, 2])
    expect(warnings).toEqual([])
  })

  test('with damaged files starts again, too', async () => {
    const { directory, obtain, folder, warnings } = await cutOff()
    writeFileSync(join(`${folder}.next`, 'people.ndjson.gz'), 'nothing')
    expect(await rowsOf(await obtain(), 'people')).toEqual(directory.people)
    expect(warnings).toMatchObject([{ code: 'reading_begun_anew', message: expect.stringContaining('damaged') }])
  })
})

describe('a damaged snapshot', () => {
  test('is rejected, and replaced when the source is read again', async () => {
    const directory = await startDirectory(10)
    const { obtain, folder } = obtaining(temporaryFolder(), { url: directory.url })
    const { digest } = await obtain()
    writeFileSync(join(folder, 'people.ndjson.gz'), 'nothing')
    await expect(obtain()).rejects.toMatchObject({ problems: [{ code: 'snapshot_damaged' }] })
    expect((await obtain({ fresh: true })).digest).toBe(digest)
    expect((await readSnapshot(folder)).digest).toBe(digest)
  })
})
