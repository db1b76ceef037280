import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { ExitCode, run, version } from '../src/index.ts'
import { folderOf } from './cli/harness.ts'

function collecting() {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return { stream, text: () => text }
}

const FILES = {
  'migrate.config.yaml': 'source: { type: csv, path: users.csv }\ntarget: { type: sandbox }\n',
  'users.csv': 'id,email\n1,ada@example.com\n',
}

test('a program can run a command and read its result', async () => {
  const out = collecting()
  expect(await run(['plan', '--json'], { cwd: folderOf(FILES), stdout: out.stream })).toBe(ExitCode.done)
  expect(JSON.parse(out.text())).toMatchObject({ format: 'workos-migrate-plan-report' })
})

test('an error that a user can correct is an exit code and a message, not an exception', async () => {
  const err = collecting()
  expect(await run(['plan'], { cwd: folderOf({}), stderr: err.stream })).toBe(ExitCode.usage)
  expect(err.text()).toContain('migrate.config.yaml')
})

test('an aborted signal interrupts a command', async () => {
  const stopped = AbortSignal.abort(new Error('stopped'))
  expect(await run(['plan'], { cwd: folderOf(FILES), signal: stopped })).toBe(ExitCode.interrupted)
})

test('the version is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(version).toBe(manifest.version)
  expect(manifest.exports['.']).toEqual({ types: './dist/index.d.ts', default: './dist/index.js' })
})
