import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LockedError } from '../../src/diagnostics/errors.ts'
import { acquireLock } from '../../src/state/lock.ts'
import { built } from '../built.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const NOW = new Date('2026-03-04T05:06:07Z')
const lockModule = built('state/lock.ts')

/** A process of its own that holds the lock until it is killed. */
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

function refusal(statePath: string): LockedError {
  try {
    acquireLock(statePath, 'plan', NOW)()
  } catch (error) {
    expect(error).toBeInstanceOf(LockedError)
    return error as LockedError
  }
  throw new Error('the lock was given')
}

test('the lock is given, given back, and given again', () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  for (let round = 0; round < 3; round += 1) acquireLock(path, 'apply', NOW)()
  expect(existsSync(`${path}.lock.json`)).toBe(false)
})

test('a second taker in the same process is refused', () => {
  const path = join(temporaryFolder(), 'state.sqlite')
  const release = acquireLock(path, 'apply', NOW)
  refusal(path)
  release()
  acquireLock(path, 'apply', NOW)()
})

test('what another process holds is refused, and its holder is named', async () => {
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

test('two states are locked apart', () => {
  const folder = temporaryFolder()
  const releases = ['a', 'b'].map((name) => acquireLock(join(folder, name), 'apply', NOW))
  for (const release of releases) release()
})

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"pid":{}}',
])('a note about the holder that says %j does not matter', async (note) => {
  const path = join(temporaryFolder(), 'state.sqlite')
  const release = acquireLock(path, 'apply', NOW)
  writeFileSync(`${path}.lock.json`, note)
  expect(refusal(path).message).toContain('another process is working on')
  release()
})

test('the lock and the note are for their owner alone', () => {
  const path = join(temporaryFolder(), 'inner', 'state.sqlite')
  const release = acquireLock(path, 'apply', NOW)
  for (const file of [`${path}.lock`, `${path}.lock.json`]) expect(statSync(file).mode & 0o777).toBe(0o600)
  release()
})

test('the lock is held until it is given back, whoever still thinks of it', async () => {
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
