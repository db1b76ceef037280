import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { LockedError, StateError } from '../../../src/diagnostics/errors.ts'
import { identityOf } from '../../../src/files/regular-file.ts'
import { acquireLock } from '../../../src/state/sqlite/lock.ts'
import { openStateFile } from '../../../src/state/sqlite/open.ts'
import { built } from '../../built.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const NOW = new Date('2026-03-04T05:06:07Z')
const lockModule = built('state/sqlite/lock.ts')

/** A process that holds the lock until it is killed. */
async function holder(statePath: string): Promise<ChildProcess> {
  const script = `
    import { acquireLock } from ${JSON.stringify(lockModule)}
    acquireLock(${JSON.stringify(statePath)}, 'apply', new Date(${NOW.getTime()}))
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.stdout) await once(child.stdout, 'data')
  return child
}

const RUN = { command: 'apply', startedAt: '', toolVersion: '', manifestDigest: '' }

/** A process that holds the lock and the state until it is killed. */
async function worker(statePath: string): Promise<ChildProcess> {
  const script = `
    import { acquireLock } from ${JSON.stringify(lockModule)}
    import { openStateFile } from ${JSON.stringify(built('state/sqlite/open.ts'))}
    const lock = acquireLock(${JSON.stringify(statePath)}, 'apply', new Date(${NOW.getTime()}))
    globalThis.state = openStateFile(${JSON.stringify(statePath)}, { lock })
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.stdout) await once(child.stdout, 'data')
  return child
}

function refusal(statePath: string): LockedError {
  try {
    acquireLock(statePath, 'plan', NOW)()
  } catch (error) {
    expect(error).toBeInstanceOf(LockedError)
    return error as LockedError
  }
  throw new Error('the lock was given')
}

test('the lock is taken, released, and taken again', () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  for (let round = 0; round < 3; round += 1) acquireLock(path, 'apply', NOW)()
  expect(existsSync(`${path}.lock.json`)).toBe(false)
})

test('a second lock in the same process is rejected', () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  const release = acquireLock(path, 'apply', NOW)
  refusal(path)
  release()
  acquireLock(path, 'apply', NOW)()
})

test('a lock of another process is rejected, and the message names the holder', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  const child = await holder(path)
  const [problem] = refusal(path).problems
  expect(problem?.code).toBe('state_locked')
  for (const part of [String(child.pid), hostname(), 'apply', NOW.toISOString(), path]) {
    expect(problem?.message).toContain(part)
  }
})

test('a process that was killed holds nothing', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  const child = await holder(path)
  refusal(path)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const release = acquireLock(path, 'plan', NOW)
  expect(JSON.parse(readFileSync(`${path}.lock.json`, 'utf8'))).toMatchObject({ pid: process.pid, command: 'plan' })
  release()
})

test('two states have separate locks', () => {
  const folder = temporaryFolder()
  const releases = ['a', 'b'].map((name) => acquireLock(join(folder, name), 'apply', NOW))
  for (const release of releases) release()
})

test.each(['', '{', 'null', '[]', '{"pid":{}}'])('a holder file with %j does not matter', async (note) => {
  const path = join(temporaryFolder(), 'state.sqlite')
  const release = acquireLock(path, 'apply', NOW)
  writeFileSync(`${path}.lock.json`, note)
  expect(refusal(path).message).toContain('another process is working on')
  release()
})

test('the lock and the holder file are only readable by their owner', () => {
  const path = join(temporaryFolder(), 'inner', 'state.sqlite')
  const release = acquireLock(path, 'apply', NOW)
  for (const file of [`${path}.lock`, `${path}.lock.json`]) expect(statSync(file).mode & 0o777).toBe(0o600)
  release()
})

test('the lock is held until it is released, even without a reference to it', async () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  const script = `
    import { acquireLock } from ${JSON.stringify(lockModule)}
    acquireLock(${JSON.stringify(path)}, 'apply', new Date())
    for (let n = 0; n < 20; n += 1) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 1)) }
    console.log('collected')
    setInterval(() => {}, 1000)`
  const options = ['--expose-gc', '--input-type=module', '-e', script]
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  expect(() => acquireLock(path, 'plan', NOW)).toThrow(LockedError)
})

describe('one state has one lock, whatever its path', () => {
  test.each<[string, (folder: string) => string]>([
    [
      'a symbolic link to the state',
      (folder) => {
        symlinkSync('state.sqlite', join(folder, 'link.sqlite'))
        return join(folder, 'link.sqlite')
      },
    ],
    [
      'a link to a link',
      (folder) => {
        symlinkSync('state.sqlite', join(folder, 'one.sqlite'))
        symlinkSync(join(folder, 'one.sqlite'), join(folder, 'two.sqlite'))
        return join(folder, 'two.sqlite')
      },
    ],
    [
      'a link to its folder',
      (folder) => {
        symlinkSync(folder, `${folder}-link`)
        onTestFinished(() => rmSync(`${folder}-link`))
        return join(`${folder}-link`, 'state.sqlite')
      },
    ],
    ['a path with .. in it', (folder) => `${join(folder, 'inner')}/../state.sqlite`],
  ])('%s, before and after the state is created', async (_, other) => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'inner'))
    const path = join(folder, 'state.sqlite')
    const alias = other(folder)
    for (let round = 0; round < 2; round += 1) {
      const release = acquireLock(path, 'apply', NOW)
      refusal(alias)
      release()
      const second = acquireLock(alias, 'apply', NOW)
      refusal(path)
      second()
      await openStateFile(path).close()
    }
  })

  test('a second name of the file is rejected: SQLite would damage the state', async () => {
    const path = join(temporaryFolder(), 'state.sqlite')
    await openStateFile(path).close()
    linkSync(path, `${path}.other`)
    for (const name of [path, `${path}.other`]) {
      expect(() => acquireLock(name, 'apply', NOW)).toThrow(
        expect.objectContaining({ problems: [expect.objectContaining({ code: 'state_has_links' })] }),
      )
    }
    rmSync(`${path}.other`)
    acquireLock(path, 'apply', NOW)()
  })

  test('a lock whose file was replaced while it was taken is taken again', () => {
    const path = join(temporaryFolder(), 'state.sqlite')
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    onTestFinished(() => exec.mockRestore())
    // Another process removes the file just before it is locked here, and locks a new one.
    exec.mockImplementationOnce(() => {
      rmSync(`${path}.lock`)
      writeFileSync(`${path}.lock`, '')
    })
    const release = acquireLock(path, 'apply', NOW)
    exec.mockRestore()
    expect(release.file).toBe(identityOf(`${path}.lock`))
    refusal(path)
    release()
  })
})

describe('a lock that is removed while it is held', () => {
  const removeLock = (path: string) => {
    for (const end of ['.lock', '.lock.json']) rmSync(`${path}${end}`)
  }

  test('is not available to others while its holder lives', async () => {
    const path = join(temporaryFolder(), 'state.sqlite')
    const lock = acquireLock(path, 'apply', NOW)
    const state = openStateFile(path, { lock })
    removeLock(path)
    const second = acquireLock(path, 'plan', NOW)
    expect(() => openStateFile(path, { lock: second })).toThrow(LockedError)
    expect(() => openStateFile(path, { lock: second })).toThrow(`process ${process.pid} on ${hostname()} (apply`)
    // The first one continues.
    await state.startRun(RUN)
    await state.close()
    await openStateFile(path, { lock: second }).close()
    second()
    lock()
  })

  test('is available after its holder was killed', async () => {
    const path = join(temporaryFolder(), 'state.sqlite')
    const child = await worker(path)
    removeLock(path)
    const lock = acquireLock(path, 'apply', NOW)
    onTestFinished(lock)
    expect(() => openStateFile(path, { lock })).toThrow(`process ${child.pid} on`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await openStateFile(path, { lock }).close()
  })

  test('can be taken over by a command elsewhere, and then its holder cannot commit', async () => {
    const path = join(temporaryFolder(), 'state.sqlite')
    const lock = acquireLock(path, 'apply', NOW)
    const first = openStateFile(path, { lock })
    // A holder on another machine or in another container cannot be seen from here.
    const db = new DatabaseSync(path)
    db.exec(`UPDATE meta SET value = json_set(value, '$.host', 'elsewhere') WHERE name = 'claim'`)
    db.close()
    removeLock(path)
    const second = acquireLock(path, 'apply', NOW)
    onTestFinished(second)
    const other = openStateFile(path, { lock: second })
    const intent = {
      kind: 'user',
      key: 'a',
      action: 'create' as const,
      startedAt: '',
      attributes: {},
      digests: {},
      refs: {},
    }
    const refused = async (write: () => Promise<unknown>) =>
      expect(await write().catch((error: LockedError) => error.problems)).toMatchObject([{ code: 'state_taken_over' }])
    await refused(() => first.commit({ intents: [intent], outcomes: [] }))
    await refused(() => first.startRun(RUN))
    await refused(() => first.finishRun(1, '', 'completed', {}))
    await refused(() => first.bind({ type: 'workos', baseUrl: '', keyDigest: '' }))
    await first.close()
    await other.commit({ intents: [intent], outcomes: [] })
    expect(await other.intents()).toHaveLength(1)
    await other.close()
    lock()
  })

  test('a claim of a killed command is no obstacle', async () => {
    const path = join(temporaryFolder(), 'state.sqlite')
    const child = await worker(path)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = acquireLock(path, 'apply', NOW)
    await openStateFile(path, { lock }).close()
    lock()
  })

  test('a copy of a state has no claim, even if the original is in use', async () => {
    const path = join(temporaryFolder(), 'state.sqlite')
    const lock = acquireLock(path, 'apply', NOW)
    const state = openStateFile(path, { lock })
    await state.backUp(`${path}.copy`)
    const other = acquireLock(`${path}.copy`, 'apply', NOW)
    await openStateFile(`${path}.copy`, { lock: other }).close()
    other()
    await state.close()
    lock()
  })
})

describe('a state that loses its name while a command uses it', () => {
  test.each<[string, (path: string) => void, string]>([
    ['removed', (path) => rmSync(path), 'moved or removed'],
    ['moved', (path) => renameSync(path, `${path}.moved`), 'moved or removed'],
    [
      'replaced',
      (path) => {
        writeFileSync(`${path}.new`, '')
        renameSync(`${path}.new`, path)
      },
      'replaced by another file',
    ],
  ])('%s: nothing more is committed', async (_, lose, says) => {
    const path = join(temporaryFolder(), 'state.sqlite')
    const lock = acquireLock(path, 'apply', NOW)
    const state = openStateFile(path, { lock })
    lose(path)
    const error = await state.commit({ intents: [], outcomes: [] }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StateError)
    expect((error as StateError).problems).toMatchObject([
      { code: 'state_vanished', message: expect.stringContaining(says) },
    ])
    await expect(state.checkPlace()).rejects.toThrow(StateError)
    await state.close()
    lock()
  })
})
