import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepCompiledCode } from '../../src/cli/compiled-code.ts'
import { folderOf, program } from './harness.ts'

/** The files that the program keeps in a cache folder. */
function keptIn(folder: string): string[] {
  const own = join(folder, 'workos-migrate')
  return existsSync(own) ? readdirSync(own, { recursive: true, encoding: 'utf8' }).map((name) => join(own, name)) : []
}

test('compiled code is kept in the cache folder, readable by the user alone', async () => {
  const cwd = folderOf({})
  for (const _ of ['first', 'again']) {
    const { code, stderr } = await program(['validate', '--help'], { cwd, env: { XDG_CACHE_HOME: cwd } })
    expect([code, stderr]).toEqual([0, ''])
  }
  const files = keptIn(cwd).filter((path) => statSync(path).isFile())
  expect(files.length).toBeGreaterThan(3)
  expect(statSync(join(cwd, 'workos-migrate')).mode & 0o777).toBe(0o700)
  expect(new Set(files.map((path) => statSync(path).mode & 0o777))).toEqual(new Set([0o600]))
})

test.each([
  ['the user refuses', { NODE_DISABLE_COMPILE_CACHE: '1' }],
  ['the folder is another', { NODE_COMPILE_CACHE: 'other' }],
])('nothing is kept there if %s', async (_, env) => {
  const cwd = folderOf({})
  const { code, stderr } = await program(['--version'], { cwd, env: { XDG_CACHE_HOME: cwd, ...env } })
  expect([code, stderr, keptIn(cwd)]).toEqual([0, '', []])
})

test.each([['a file'], ['relative']])('a cache folder that is %s does not matter', async (what) => {
  const cwd = folderOf({ 'a file': '' })
  const env = { HOME: cwd, XDG_CACHE_HOME: what === 'a file' ? join(cwd, what) : 'relative' }
  const { code, stderr } = await program(['--version'], { cwd, env })
  expect([code, stderr, existsSync(join(cwd, 'relative'))]).toEqual([0, '', false])
})

test('the variable of the user stays as it is', () => {
  const env = { NODE_COMPILE_CACHE: '/elsewhere' }
  keepCompiledCode(env)
  expect(env).toEqual({ NODE_COMPILE_CACHE: '/elsewhere' })
})
