import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { StateError } from '../../../src/diagnostics/errors.ts'
import { migrations } from '../../../src/state/sqlite/database.ts'
import { openStateFile } from '../../../src/state/sqlite/open.ts'
import { APPLICATION_ID } from '../../../src/state/sqlite/state-file.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

function refusal(path: string): StateError {
  try {
    openStateFile(path)
  } catch (error) {
    expect(error).toBeInstanceOf(StateError)
    return error as StateError
  }
  throw new Error('the file was taken')
}

function edit(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

const read = (path: string, pragma: string) => {
  const db = new DatabaseSync(path, { readOnly: true })
  const row = db.prepare(`PRAGMA ${pragma}`).get()
  db.close()
  return row?.[pragma]
}

test('a new file is marked as ours, with the number of steps taken', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  await openStateFile(path).close()
  expect(read(path, 'application_id')).toBe(APPLICATION_ID)
  expect(read(path, 'user_version')).toBe(migrations.length)
})

test('an empty file becomes a state', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  writeFileSync(path, '', { mode: 0o644 })
  const state = openStateFile(path)
  expect(state.serial).toBe(0)
  await state.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('opening again takes no step twice', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  for (let opening = 0; opening < 3; opening += 1) await openStateFile(path).close()
  expect(read(path, 'user_version')).toBe(migrations.length)
})

test('an interrupted step is repeated', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  edit(path, `PRAGMA journal_mode = WAL; BEGIN; ${migrations[0]}; ROLLBACK`)
  const state = openStateFile(path)
  expect(await state.count('user')).toBe(0)
  await state.close()
})

test('a file of a later version is rejected and unchanged', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  await openStateFile(path).close()
  edit(path, `PRAGMA user_version = ${migrations.length + 1}`)
  const before = readFileSync(path)
  expect(refusal(path).problems).toMatchObject([
    { code: 'state_newer', message: expect.stringContaining(path), hint: 'update workos-migrate' },
  ])
  expect(readFileSync(path)).toEqual(before)
})

test('a database of another program is rejected and unchanged', () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  edit(path, 'CREATE TABLE theirs (x)')
  const before = readFileSync(path)
  expect(refusal(path).problems).toMatchObject([{ code: 'state_foreign', hint: expect.stringContaining('state.path') }])
  expect(readFileSync(path)).toEqual(before)
})

test('a file that is not a database is rejected with a remedy and unchanged', () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  writeFileSync(path, 'email,first_name\nada@example.com,Ada\n'.repeat(50))
  const before = readFileSync(path)
  expect(refusal(path).problems).toMatchObject([
    { code: 'state_unreadable', message: expect.stringContaining(path), hint: expect.stringContaining('adopts') },
  ])
  expect(readFileSync(path)).toEqual(before)
})

test('a database with a damaged first page is rejected with a remedy', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  await openStateFile(path).close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, 0, 60)
  writeFileSync(path, bytes)
  expect(refusal(path).problems).toMatchObject([{ code: 'state_unreadable' }])
})

test('a truncated file is rejected with a remedy', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  await openStateFile(path).close()
  writeFileSync(path, readFileSync(path).subarray(0, 5000))
  expect(refusal(path).problems).toMatchObject([{ code: 'state_unreadable' }])
})

test('a folder in place of the file is rejected and keeps its mode', () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  mkdirSync(path, { mode: 0o755 })
  refusal(path)
  expect(statSync(path).mode & 0o777).toBe(0o755)
})
