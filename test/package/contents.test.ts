import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pack } from './packed.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const packed = pack('--dry-run')
const paths = packed.files.map(({ path }) => path)

/** The names in a folder of the package. Folders end with a slash. */
function namesIn(folder: string): string[] {
  const within = paths.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length))
  return [...new Set(within.map((path) => path.replace(/\/.*/, '/')))].sort()
}

test('the package contains exactly these files and folders', () => {
  expect(namesIn('')).toEqual([
    'AGENTS.md',
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/',
    'docs/',
    'examples/',
    'migrate.config.yaml',
    'package.json',
    'recipes/',
    'schemas/',
    'templates/',
  ])
  expect(namesIn('docs/')).toEqual([
    'README.md',
    'decisions/',
    'explanation/',
    'how-to/',
    'reference/',
    'style.md',
    'tutorials/',
  ])
})

test('dist has the build of each folder of src', () => {
  const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
  const folders = rooms.filter((room) => room.isDirectory()).map(({ name }) => `${name}/`)
  expect(namesIn('dist/').filter((name) => name.endsWith('/'))).toEqual(folders.sort())
})

test('it has no project files, source maps or files of a run', () => {
  const unwanted = [
    /^(src|test|bench|scripts)\//,
    /(^|\/)(coverage|node_modules)\//,
    /\.map$/,
    // The example of the library is a TypeScript program.
    /^(?!examples\/).*(?<!\.d)\.ts$/,
    /\.(sqlite|db|log|lock|tgz|pem|key)$/,
    // The example repository has pipelines in hidden folders.
    /^(?!examples\/gitops\/\.git(hub\/|lab\/|lab-ci\.yml$)).*(^|\/)\./,
    /\.test\./,
  ]
  expect(paths.filter((path) => unwanted.some((pattern) => pattern.test(path)))).toEqual([])
})

test('the example repository is complete, except for .gitignore, which npm packages cannot contain', () => {
  const name = 'examples/gitops/'
  const held = namesIn(name)
  const there = readdirSync(join(ROOT, name), { withFileTypes: true })
  const names = there.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
  expect(held).toEqual(names.filter((one) => one !== '.gitignore').sort())
  expect(held).toContain('gitignore')
})

test('it is small', () => {
  expect(packed.size).toBeLessThan(1_900_000)
  expect(packed.unpackedSize).toBeLessThan(7_000_000)
  const large = packed.files.filter(({ size }) => size > 200_000).map(({ path }) => path)
  expect(large).toEqual(['dist/config/validators.js'])
})

test('it has everything that package.json names, and every type of the library', () => {
  const { bin, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const named = JSON.stringify([bin, exports]).match(/(?<=")(?:\.\/)?dist\/[^"*]+/g) ?? []
  expect(named.length).toBeGreaterThan(3)
  expect(named.map((path) => posix.normalize(path)).filter((path) => !paths.includes(path))).toEqual([])

  const reached = new Set(['dist/index.d.ts'])
  for (const file of reached) {
    const text = readFileSync(join(ROOT, file), 'utf8')
    for (const [, imported = ''] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
      reached.add(posix.join(dirname(file), imported.replace(/\.[jt]s$/, '.d.ts')))
  }
  expect(reached.size).toBeGreaterThan(5)
  expect([...reached].filter((file) => !paths.includes(file))).toEqual([])
})
