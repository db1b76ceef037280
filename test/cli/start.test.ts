import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

test('in a folder that was removed it says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-gone-'))
  const line = `rmdir '${folder}' && exec '${process.execPath}' '${PROGRAM}' plan`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toBe(
    'error: the folder that the command runs in was removed [no_folder]\n  hint: change to one that exists\n',
  )
})
