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

test('dist has the modules that are started by their names, and chunks', () => {
  const modules = paths.filter((path) => /^dist\/.*\.js$/.test(path))
  const chunk = /^dist\/chunks\/[\w-]+-[a-z0-9]{8}\.js$/
  expect(modules.filter((path) => !chunk.test(path)).sort()).toEqual([
    'dist/cli/github.js',
    'dist/cli/main.js',
    'dist/index.js',
    'dist/mapping/worker.js',
    'dist/planning/survey-worker.js',
    'dist/rundb/known-worker.js',
  ])
  // These are two folders below the root, like the source: their paths lead to the same files.
  const placed = modules.filter((path) => readFileSync(join(ROOT, path), 'utf8').includes('import.meta.url'))
  expect(placed.filter((path) => !chunk.test(path))).toEqual(['dist/mapping/worker.js'])
})

test('the version of Node.js is checked before anything is loaded', () => {
  expect(readFileSync(join(ROOT, 'dist/cli/main.js'), 'utf8')).not.toMatch(/^import\b(?!\()/m)
})

test('errors keep their names, which a bundler changes if modules of a chunk use a name twice', () => {
  const modules = paths.filter((path) => /^dist\/.*\.js$/.test(path))
  const renamed = /class _\w+|\$\d+\s*=\s*class\b|class [\w$]*\$\d/
  expect(modules.filter((path) => renamed.test(readFileSync(join(ROOT, path), 'utf8')))).toEqual([])
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
  expect(packed.size).toBeLessThan(1_700_000)
  expect(packed.unpackedSize).toBeLessThan(7_000_000)
  const large = packed.files.filter(({ size }) => size > 400_000).map(({ path }) => path)
  expect(large.map((path) => path.replace(/-[a-z0-9]{8}(?=\.js$)/, '')).sort()).toEqual([
    'dist/chunks/plan.js',
    'dist/chunks/threads.js',
    'dist/chunks/validators.js',
    // The thread that maps is one file.
    'dist/mapping/worker.js',
  ])
})

/** The chunks that a module of dist imports at once, by name. */
function chunksOf(module: string): string[] {
  const reached = new Set([module])
  for (const path of reached) {
    const text = readFileSync(join(ROOT, path), 'utf8')
    for (const [, imported = ''] of text.matchAll(/^import\b.*"(\.[^"]+)";$/gm)) {
      reached.add(posix.join(dirname(path), imported))
    }
  }
  return [...reached].slice(1).map((path) => posix.basename(path).replace(/-[a-z0-9]{8}\.js$/, ''))
}

test('chunks are few, and a thread loads none that only commands need', () => {
  expect(paths.filter((path) => path.startsWith('dist/chunks/')).length).toBeLessThan(130)
  const [start = ''] = paths.filter((path) => /^dist\/chunks\/start-\w+\.js$/.test(path))
  expect(chunksOf(start)).toEqual([])
  for (const module of ['planning/survey-worker', 'rundb/known-worker']) {
    expect(chunksOf(`dist/${module}.js`)).toContain('threads')
    expect(chunksOf(`dist/${module}.js`)).not.toContain('validators')
    expect(chunksOf(`dist/${module}.js`)).not.toContain('plan')
  }
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
