import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LockedError, StateError } from '../../../src/diagnostics/errors.ts'
import { Connection, explained } from '../../../src/state/sqlite/connection.ts'
import { migrations, openDatabase } from '../../../src/state/sqlite/database.ts'
import { acquireLock } from '../../../src/state/sqlite/lock.ts'
import { openStateFile } from '../../../src/state/sqlite/open.ts'
import { built } from '../../built.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const [FIRST = ''] = migrations
const module = (name: string) => JSON.stringify(built(`state/${name}`))

/** A state of the first version, with this many users. */
function firstVersion(count = 3): string {
  const path = join(temporaryFolder(), 'state.sqlite')
  const db = openDatabase(path, { steps: [FIRST] })
  db.exec(`INSERT INTO meta VALUES ('lineage', 'l-1'), ('serial', '7'), ('digest_key', '00');
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO resources SELECT 'user', 'u' || i, 'user_' || i, '{"email":"' || i || '@example.com"}', '{}', '{}', 'created', 1
    FROM n`)
  db.close()
  return path
}

const backupsOf = (path: string) => readdirSync(join(path, '..')).filter((name) => name.endsWith('.bak'))

function caught(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Overwrites bytes in the middle of the file, where the rows are. */
function damage(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0x5a, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 3000)
  writeFileSync(path, bytes)
}

describe('migrating', () => {
  test('keeps the content, and a copy of the former state', async () => {
    const path = firstVersion()
    const state = openStateFile(path)
    expect({ lineage: state.lineage, serial: state.serial, users: await state.count('user') }).toEqual({
      lineage: 'l-1',
      serial: 7,
      users: 3,
    })
    await state.close()
    const [name = '', ...later] = backupsOf(path).sort()
    expect(later).toHaveLength(migrations.length - 2)
    expect(name).toMatch(/^state\.sqlite\.v1\.\d{8}T\d{9}Z\.bak$/)
    const backup = join(path, '..', name)
    expect(statSync(backup).mode & 0o777).toBe(0o600)
    const db = new DatabaseSync(backup, { readOnly: true })
    expect(db.prepare('PRAGMA user_version').get()?.user_version).toBe(1)
    expect(db.prepare('SELECT count(*) AS n FROM resources').get()?.n).toBe(3)
    db.close()
  })

  test('makes a backup before each step, but not for a new file', () => {
    const path = firstVersion()
    const steps = [FIRST, 'CREATE TABLE second (x) STRICT', 'CREATE TABLE third (x INTEGER) STRICT']
    expect(caught(() => openDatabase(path, { steps }))).toBeInstanceOf(StateError)
    expect(backupsOf(path).map((name) => name.split('.')[2])).toEqual(['v1'])
    const whole = [FIRST, 'CREATE TABLE second (x INTEGER) STRICT', 'CREATE TABLE third (x INTEGER) STRICT']
    openDatabase(path, { steps: whole }).close()
    expect(
      backupsOf(path)
        .map((name) => name.split('.')[2])
        .sort(),
    ).toEqual(['v1', 'v1', 'v2'])
    const fresh = join(temporaryFolder(), 'state.sqlite')
    openDatabase(fresh, { steps: whole }).close()
    expect(backupsOf(fresh)).toEqual([])
  })

  test('leaves the schema unchanged after a failed step', () => {
    const path = firstVersion()
    const steps = [FIRST, 'CREATE TABLE second (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)']
    expect(caught(() => openDatabase(path, { steps }))).toBeInstanceOf(StateError)
    const db = openDatabase(path, { steps: [FIRST] })
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'second'").get()?.n).toBe(0)
    db.close()
  })

  test('does not wait: it is rejected while the lock is held, and changes nothing', () => {
    const path = firstVersion()
    const release = acquireLock(path, 'apply', new Date())
    expect(caught(() => openStateFile(path))).toBeInstanceOf(LockedError)
    expect(backupsOf(path)).toEqual([])
    release()
    openStateFile(path).close()
  })

  test('by the holder of the lock needs no second lock', async () => {
    const path = firstVersion()
    const lock = acquireLock(path, 'apply', new Date())
    onTestFinished(lock)
    const state = openStateFile(path, { lock })
    expect(await state.count('user')).toBe(3)
    await state.close()
  })

  test('that is killed at any moment leaves the schema before or after the step, with every resource', async () => {
    const steps = [
      FIRST,
      `CREATE TABLE filler (i INTEGER PRIMARY KEY, x TEXT) STRICT;
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
       INSERT INTO filler SELECT i, hex(randomblob(20)) FROM n; CREATE INDEX filler_by_x ON filler (x)`,
    ]
    const original = firstVersion(5000)
    const seen = new Set<number>()
    for (const delay of [0, 30, 80, 150, 250, 400]) {
      const path = join(temporaryFolder(), 'state.sqlite')
      copyFileSync(original, path)
      const script = `import { openDatabase } from ${module('sqlite/database.ts')}
        console.log('begun'); openDatabase(${JSON.stringify(path)}, { steps: ${JSON.stringify(steps)} })`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      await once(child.stdout, 'data')
      const exited = once(child, 'exit')
      await Promise.race([new Promise((resolve) => setTimeout(resolve, delay)), exited])
      child.kill('SIGKILL')
      await exited
      const db = new DatabaseSync(path)
      const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
      const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name LIKE 'filler%'").get()?.n)
      expect([version, tables]).toEqual(version === 1 ? [1, 0] : [2, 2])
      expect(db.prepare('PRAGMA integrity_check').get()?.integrity_check).toBe('ok')
      db.close()
      seen.add(version)
      const opened = openDatabase(path, { steps })
      expect(opened.prepare('SELECT count(*) AS n FROM resources').get()?.n).toBe(5000)
      expect(opened.prepare('SELECT count(*) AS n FROM filler').get()?.n).toBe(300_000)
      opened.close()
    }
    expect(seen.has(1)).toBe(true)
  }, 60_000)
})

describe('a damaged file', () => {
  test('is rejected before anything is written, and the message names the newest backup', async () => {
    const path = firstVersion(3000)
    await openStateFile(path).close()
    const backup = backupsOf(path).sort().at(-1) ?? ''
    damage(path)
    const before = readFileSync(path)
    const error = caught(() => openStateFile(path, { lock: acquireLock(path, 'apply', new Date()) }))
    expect(error).toBeInstanceOf(StateError)
    expect((error as StateError).problems).toMatchObject([
      { code: 'state_unreadable', hint: expect.stringContaining(join(path, '..', backup)) },
    ])
    expect(readFileSync(path)).toEqual(before)
  })

  test('does not lose the state: the named backup can replace it', async () => {
    const path = firstVersion(3000)
    await openStateFile(path).close()
    damage(path)
    const lock = acquireLock(path, 'apply', new Date())
    onTestFinished(lock)
    const { problems } = caught(() => openStateFile(path, { lock })) as StateError
    const [, from = '', to = ''] = /cp (\S+) (\S+);/.exec(problems[0]?.hint ?? '') ?? []
    expect(to).toBe(path)
    copyFileSync(from, to)
    const state = openStateFile(path, { lock })
    expect(await state.count('user')).toBe(3000)
    await state.close()
  })

  test('is reported by a command that only reads', async () => {
    const path = firstVersion(3000)
    await openStateFile(path).close()
    damage(path)
    const state = openStateFile(path)
    const read = async () => {
      for await (const batch of state.resources('user')) expect(batch.length).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toMatchObject({ problems: [{ code: 'state_unreadable' }] })
    await state.close()
  })

  test('is detected at once after a process did not close it', async () => {
    const path = firstVersion(3000)
    const script = `import { openStateFile } from ${module('sqlite/open.ts')}
      const state = openStateFile(${JSON.stringify(path)})
      await state.commit({ intents: [], outcomes: [] })
      process.kill(process.pid, 'SIGKILL')`
    await once(spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' }), 'exit')
    expect(existsSync(`${path}-wal`)).toBe(true)
    damage(path)
    expect(caught(() => openStateFile(path))).toMatchObject({ problems: [{ code: 'state_unreadable' }] })
  })

  test.each([
    ['is full', 13],
    ['is full when SQLite maps a file of it into memory', 10 + (19 << 8)],
  ])('is not confused with a disk that %s, whose free space is shown', (_, errcode) => {
    const path = firstVersion()
    const error = Object.assign(new Error('of SQLite'), { errcode })
    expect(explained(path, error)).toMatchObject({
      problems: [{ code: 'state_unwritable', message: expect.stringMatching(/of SQLite \([\d,]+ KiB free in /) }],
    })
  })

  test('is not confused with a full disk, which has a remedy', () => {
    const path = firstVersion()
    const db = openDatabase(path)
    db.exec('PRAGMA max_page_count = 1')
    const connection = new Connection(path, db)
    const write = () =>
      connection.transaction(() => {
        connection.run("INSERT INTO meta VALUES ('long', hex(zeroblob(100000)))")
      })
    expect(caught(write)).toMatchObject({
      problems: [{ code: 'state_unwritable', hint: expect.stringContaining('free disk space') }],
    })
    expect(connection.get("SELECT 1 FROM meta WHERE name = 'long'")).toBeUndefined()
    connection.close()
  })
})
