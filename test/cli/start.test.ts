import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { PROGRAM } from '../built.ts'

/** Has Node.js tell on standard error what it loads. */
const TELLING = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  import { writeSync } from 'node:fs'
  registerHooks({ load: (url, context, next) => (writeSync(2, url + '\\n'), next(url, context)) })
`)}`

/** Packages that a command line loads; without the internals of the program. */
function packagesOf(args: readonly string[]): string[] {
  const { status, stderr } = spawnSync(process.execPath, ['--import', TELLING, PROGRAM, ...args], { encoding: 'utf8' })
  expect(status).toBe(0)
  const names = stderr.split('\n').flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])
  return [...new Set(names)].sort()
}

test.each([
  [['--version']],
  [['completion-words', '--', 'plan', '--']],
])('the program starts with what reads a command line, and loads the rest when a command needs it: %s', (args) => {
  expect(packagesOf(args)).toEqual(['commander', 'fastest-levenshtein'])
})
