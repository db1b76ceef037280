import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openKept, pragma } from '../../src/sqlite/open.ts'
import { temporaryFolder } from '../temporary-folder.ts'

test('a kept database is in WAL mode, and waits for the disk as configured', () => {
  const folder = temporaryFolder()
  const full = openKept(join(folder, 'full'), { timeout: 0, synchronous: 'FULL' })
  const off = openKept(join(folder, 'off'), { timeout: 0, synchronous: 'OFF' })
  expect(full.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect([pragma(full, 'synchronous'), pragma(off, 'synchronous')]).toEqual([2, 0])
  full.close()
  off.close()
})

test('an exclusive database keeps others out, without shared memory', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'exclusive')
  const db = openKept(path, { timeout: 0, synchronous: 'FULL', exclusive: true })
  db.exec('CREATE TABLE kept (id)')
  expect(readdirSync(folder)).toEqual(['exclusive', 'exclusive-wal'])
  expect(() => openKept(path, { timeout: 0, synchronous: 'FULL', exclusive: true })).toThrow('database is locked')
  db.close()
})

test('a failed check leaves the file unchanged', () => {
  const path = join(temporaryFolder(), 'foreign')
  const foreign = openKept(path, { timeout: 0, synchronous: 'FULL' })
  foreign.exec('PRAGMA journal_mode = DELETE; CREATE TABLE orders (id)')
  foreign.close()
  const before = readFileSync(path)
  const check = () => {
    throw new Error('not ours')
  }
  expect(() => openKept(path, { timeout: 0, synchronous: 'FULL', check })).toThrow('not ours')
  expect(readFileSync(path)).toEqual(before)
})
