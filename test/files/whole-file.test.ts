import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/diagnostics/errors.ts'
import { place, removeAbandonedFiles } from '../../src/files/temporary-file.ts'
import { type Purpose, WholeFile, writeWholeFile } from '../../src/files/whole-file.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const purpose: Purpose = { message: 'the note cannot be written', code: 'note_unwritable', hint: 'name another file' }

/** The ID of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid
}

test('a file is private and complete, and replaces an older one', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'note')
  writeFileSync(path, 'old', { mode: 0o644 })
  const pieces = Array.from({ length: 5_000 }, (_, n) => `line ${n}, größer als ein Stück 🎈\n`)
  writeWholeFile(path, pieces, purpose)
  expect(readFileSync(path, 'utf8')).toBe(pieces.join(''))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['note'])
})

test('until it is finished, the old file stays; a discarded one leaves nothing', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'note')
  writeFileSync(path, 'old')
  const file = new WholeFile(path, purpose)
  file.write('x'.repeat(200_000))
  expect(readFileSync(path, 'utf8')).toBe('old')
  file.discard()
  expect(readdirSync(folder)).toEqual(['note'])
})

test('an error while the pieces are made keeps only the old file', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'note')
  writeFileSync(path, 'old')
  const pieces = function* () {
    yield 'x'.repeat(100_000)
    throw new Error('no more')
  }
  expect(() => writeWholeFile(path, pieces(), purpose)).toThrow('no more')
  expect(readFileSync(path, 'utf8')).toBe('old')
  expect(readdirSync(folder)).toEqual(['note'])
})

test('another name of the same file keeps the old content', () => {
  const folder = temporaryFolder()
  const [path, other] = [join(folder, 'note'), join(folder, 'other')]
  writeFileSync(path, 'old')
  linkSync(path, other)
  writeWholeFile(path, ['new'], purpose)
  expect([readFileSync(path, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['new', 'old'])
})

const irregular: [string, (path: string) => boolean, string][] = [
  ['a folder', (path) => mkdirSync(path) === undefined, 'it is a folder'],
  ['a FIFO', (path) => spawnSync('mkfifo', [path]).status === 0, 'it is a FIFO'],
  ['a link to a file', (path) => link(path, true), 'it is a symbolic link'],
  ['a link to nothing', (path) => link(path, false), 'it is a symbolic link'],
]

function link(path: string, exists: boolean): boolean {
  if (exists) writeFileSync(`${path}-target`, 'precious')
  symlinkSync(`${path}-target`, path)
  return true
}

test.each(irregular)('%s is rejected and unchanged', (_what, make, says) => {
  const folder = temporaryFolder()
  const path = join(folder, 'note')
  expect(make(path)).toBe(true)
  const before = lstatSync(path)
  expect(() => writeWholeFile(path, ['new'], purpose)).toThrow(UsageError)
  expect(() => writeWholeFile(path, ['new'], purpose)).toThrow(says)
  expect(lstatSync(path)).toMatchObject({ ino: before.ino, mode: before.mode })
  if (existsSync(`${path}-target`)) expect(readFileSync(`${path}-target`, 'utf8')).toBe('precious')
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('a device is rejected and unchanged', (context) => {
  const path = join(temporaryFolder(), 'null')
  // Only root can create one. Other users never get as far as replacing one in /dev.
  if (spawnSync('mknod', [path, 'c', '1', '3']).status !== 0) return context.skip()
  chmodSync(path, 0o666)
  expect(() => writeWholeFile(path, ['new'], purpose)).toThrow('it is a device')
  expect(lstatSync(path).isCharacterDevice()).toBe(true)
  expect(lstatSync(path).mode & 0o777).toBe(0o666)
})

test('something else created under the name during writing is not replaced either', () => {
  const path = join(temporaryFolder(), 'note')
  const file = new WholeFile(path, purpose)
  file.write('new')
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
  expect(() => file.finish()).toThrow('it is a FIFO')
  expect(lstatSync(path).isFIFO()).toBe(true)
})

test('the next write removes temporary files of dead processes; those of living ones stay', () => {
  const folder = temporaryFolder()
  const name = (host: string, pid: number) => `.workos-migrate-${host}-${pid}-0123abcd.tmp`
  const put = (file: string, age = 0) => {
    writeFileSync(join(folder, file), 'values of users')
    const time = Date.now() / 1000 - age
    utimesSync(join(folder, file), time, time)
    return file
  }
  const dead = deadPid()
  const gone = [
    put(name(place(), dead)),
    put(`${name(place(), dead)}-journal`),
    // This process has the number of a dead one, as in a container.
    put(name(place(), process.pid)),
    put(name('elsewhere', 1), 2 * 60 * 60),
    put(name(place(), process.ppid), 2 * 60 * 60),
  ]
  const kept = [
    put(name(place(), 1)),
    put(name('elsewhere', dead)),
    // A container can have the name of this host, with processes not visible here.
    put(name(`${hostname()}-1`, dead)),
    put(`note.${dead}.tmp`, 2 * 60 * 60),
    put('.workos-migrate-notes.tmp', 2 * 60 * 60),
  ]
  const mine = new WholeFile(join(folder, 'mine'), purpose)
  writeWholeFile(join(folder, 'note'), ['new'], purpose)
  mine.finish()
  const left = readdirSync(folder)
  expect(left.filter((file) => gone.includes(file))).toEqual([])
  expect(left.sort()).toEqual([...kept, 'mine', 'note'].sort())
})

test('cleaning up never fails', () => {
  expect(() => removeAbandonedFiles(join(temporaryFolder(), 'none'))).not.toThrow()
})
