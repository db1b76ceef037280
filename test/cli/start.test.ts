import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { PROGRAM } from '../built.ts'

/** Has Node.js write into a file what it loads, its own modules included. */
const telling = (file: string) =>
  `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  import { appendFileSync } from 'node:fs'
  const tell = (name) => appendFileSync(${JSON.stringify(file)}, name + '\\n')
  registerHooks({ load: (url, context, next) => (tell(url), next(url, context)) })
  process.on('exit', () => tell(process.moduleLoadList.join('\\n')))
`)}`

/** What a command line loads. */
function loadedBy(args: readonly string[], cwd?: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'loaded-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'loaded')
  const options = { cwd, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 } as const
  const { status, stderr } = spawnSync(process.execPath, ['--import', telling(file), PROGRAM, ...args], options)
  expect(stderr).not.toContain('error:')
  expect(status).toBe(0)
  return readFileSync(file, 'utf8').split('\n')
}

/** Packages among what is loaded; without the internals of the program. */
function packagesIn(loaded: readonly string[]): string[] {
  const names = loaded.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])
  return [...new Set(names)].sort()
}

/** What ajv's own code asks for: its check of lengths and of equality, not ajv. */
const VALIDATION = ['ajv', 'fast-deep-equal']
const MANIFEST = [...VALIDATION, 'commander', 'fastest-levenshtein', 'yaml'].sort()
const SEARCH = ['cosmiconfig', 'env-paths']
const ROUTES = ['fast-decode-uri-component', 'fast-querystring', 'find-my-way', 'ret', 'safe-regex2']

test.each([
  [['--version']],
  [['--help']],
  [['completion-words', '--', 'plan', '--']],
])('the program starts with what reads a command line, and loads the rest when a command needs it: %s', (args) => {
  expect(packagesIn(loadedBy(args))).toEqual(['commander', 'fastest-levenshtein'])
})

test('each command loads the packages that it needs, and no others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(fileURLToPath(new URL('../../examples/csv-minimal', import.meta.url)), folder, { recursive: true })
  const searched = [...MANIFEST, ...SEARCH].sort()
  const reading = [...searched, 'csv-parse', 'jsonata'].sort()
  const withSandbox = [...reading, ...ROUTES].sort()
  for (const [args, packages] of [
    [['validate'], reading],
    [['plan'], withSandbox],
    [['apply', '--yes'], withSandbox],
    [['plan'], withSandbox],
    [['verify'], withSandbox],
    [['config'], searched],
    [['config', '--config', 'migrate.config.yaml'], MANIFEST],
    [['explain', 'users.csv:2'], withSandbox],
    [['state', 'list'], searched],
  ] as const) {
    const loaded = loadedBy(args, folder)
    expect([args, packagesIn(loaded)]).toEqual([args, packages])
    // ajv itself, and clients of HTTP. The sandbox's router asks node:http for the names of
    // methods.
    const forbidden =
      /\/ajv\/dist\/(?!runtime\/)|^NativeModule (?:https|http2|tls|undici|internal\/deps\/undici\/undici)$/
    expect([args, loaded.filter((name) => forbidden.test(name))]).toEqual([args, []])
  }
})

test('in a folder that was removed it says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-gone-'))
  const line = `rmdir '${folder}' && exec '${process.execPath}' '${PROGRAM}' plan`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toBe(
    'error: the working directory no longer exists [no_folder]\n  hint: change to an existing directory\n',
  )
})
