import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))

/** The folders in the order in which they build on each other. None imports from one below it. */
const ORDER = [
  'json',
  'json-text',
  'resource',
  'addresses',
  'clock',
  'digest',
  'diagnostics',
  'sqlite',
  'files',
  'version',
  'http',
  'postgres',
  'config',
  'expressions',
  'sources',
  'rundb',
  'sandbox',
  'workos',
  'kinds',
  'comparing',
  'mapping',
  'inspecting',
  'desired',
  'state',
  'exporting',
  'planning',
  'applying',
  'verifying',
  'explaining',
  'reporting',
  'pipelines',
  'github',
  'gitlab',
  'running',
  'library',
  'cli',
  'index',
]

/** The sandbox plays WorkOS, so it must not know how the program sees WorkOS. */
const SANDBOX = 'sandbox/'
const OPEN_TO_SANDBOX = ['json', 'diagnostics', 'files', 'sqlite', 'http', 'version']

/**
 * Modules outside cli/ that can use the process: for its ID and platform, and to clean up at exit.
 */
const MAY_USE_PROCESS: Record<string, string[]> = {
  'files/scratch.ts': ['off', 'once', 'pid'],
  'files/temporary-file.ts': ['kill', 'pid'],
  'state/postgres/lock.ts': ['pid'],
  'running/failure.ts': ['platform', 'versions'],
  'running/scratch-place.ts': ['getuid'],
  'state/sqlite/lock.ts': ['pid'],
}

interface Module {
  file: string
  code: string
  /** Imported modules of src, including types. */
  imports: string[]
}

const modules = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(sep).join('/'))
  .sort()
  .map(readModule)

function readModule(file: string): Module {
  const code = readFileSync(join(src, file), 'utf8')
  const specifiers = [
    ...code.matchAll(/^(?:import|export)\b[^'"]*?\bfrom\s*['"](\.[^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\s*\(?\s*['"](\.[^'"]+)['"]/g),
    ...code.matchAll(/new URL\(\s*['"](\.[^'"]+\.ts)['"]/g),
  ].map((match) => match[1] ?? '')
  const imports = specifiers.map((specifier) =>
    relative(src, join(src, dirname(file), specifier))
      .split(sep)
      .join('/'),
  )
  return { file, code: withoutComments(code), imports: [...new Set(imports)] }
}

function withoutComments(code: string): string {
  return code.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** The folder of a file, or its own name at the top. */
function partOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '')
}

describe('the order of the folders', () => {
  test('every file belongs to a folder in the order, and every folder has a file', () => {
    expect(new Set(modules.map(({ file }) => partOf(file)))).toEqual(new Set(ORDER))
  })

  test('every import resolves to a file', () => {
    const files = new Set(modules.map(({ file }) => file))
    const lost = modules.flatMap(({ file, imports }) =>
      imports.filter((target) => !files.has(target)).map((target) => `${file} → ${target}`),
    )
    expect(lost).toEqual([])
    expect(modules.flatMap(({ imports }) => imports).length).toBeGreaterThan(modules.length)
  })

  test('no import goes against the order', () => {
    const backwards = modules.flatMap(({ file, imports }) =>
      imports
        .filter((target) => ORDER.indexOf(partOf(target)) > ORDER.indexOf(partOf(file)))
        .map((target) => `${file} → ${target}`),
    )
    expect(backwards).toEqual([])
  })

  test('the sandbox imports nothing of the program', () => {
    const strays = modules
      .filter(({ file }) => file.startsWith(SANDBOX))
      .flatMap(({ file, imports }) =>
        imports
          .filter((target) => !target.startsWith(SANDBOX) && !OPEN_TO_SANDBOX.includes(partOf(target)))
          .map((target) => `${file} → ${target}`),
      )
    expect(strays).toEqual([])
  })
})

/** Folders of which comparing/ can run code. From TYPES_FOR_COMPARING it imports only types. */
const OPEN_TO_COMPARING = ['comparing', 'json', 'addresses', 'resource']
const TYPES_FOR_COMPARING = ['kinds', 'config', 'diagnostics']

test('comparing/ decides only by values: no input, output or waiting', () => {
  const rules = modules.filter(({ file }) => partOf(file) === 'comparing')
  expect(rules.length).toBeGreaterThan(5)
  const strays = rules.flatMap(({ file, code, imports }) => {
    const allowed = [...OPEN_TO_COMPARING, ...TYPES_FOR_COMPARING]
    const foreign = imports.filter((target) => !allowed.includes(partOf(target)))
    const packages = [...code.matchAll(/\b(?:from|import\s*\(?)\s*['"]([^.'"][^'"]*)['"]/g)].map(
      (match) => match[1] ?? '',
    )
    const run = [...code.matchAll(/^import(?! type\b)[^'"]*?\bfrom\s*['"]\.\.\/([^'"]+)['"]/gm)]
      .map((match) => match[1] ?? '')
      .filter((target) => !OPEN_TO_COMPARING.includes(partOf(target)))
    const waits = /\b(?:async|await|Promise)\b/.test(code) ? ['waits'] : []
    return [...foreign, ...packages, ...run, ...waits].map((what) => `${file}: ${what}`)
  })
  expect(strays).toEqual([])
})

test('there are no import cycles', () => {
  const importsOf = new Map(modules.map(({ file, imports }) => [file, imports]))
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    } else if (!done.has(file)) {
      for (const target of importsOf.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
  }
  for (const { file } of modules) visit(file, [])
  expect(circles).toEqual([])
})

test('only cli/ uses the process', () => {
  const used = Object.fromEntries(
    modules
      .filter(({ file }) => partOf(file) !== 'cli')
      .map(({ file, code }) => {
        const members = [...code.matchAll(/(?<![.\w])process\.(\w+)/g)].map((match) => match[1] ?? '')
        if (/['"]node:process['"]/.test(code)) members.push('(imported)')
        return [file, [...new Set(members)].sort()] as const
      })
      .filter(([, members]) => members.length > 0),
  )
  expect(used).toEqual(MAY_USE_PROCESS)
})

test('only cli/ writes to the console', () => {
  const talkers = modules.filter(({ file, code }) => partOf(file) !== 'cli' && /\bconsole\./.test(code))
  expect(talkers.map(({ file }) => file)).toEqual([])
})

test('only sqlite/ opens SQLite', () => {
  const openers = modules.filter(({ file, code }) => partOf(file) !== 'sqlite' && /\bnew DatabaseSync\b/.test(code))
  expect(openers.map(({ file }) => file)).toEqual([])
})

/**
 * Calls that run SQL of a run. Transactions are not among them: the caller that knows what belongs
 * together starts one.
 */
const RUN_STATEMENT = /\brundb\s*\.\s*(?:statement|iterate|run|exec|count|spool|define)\(/

test('every SQL statement of a run has a name in rundb/ or in the folder of its kind', () => {
  const askers = modules.filter(({ code }) => RUN_STATEMENT.test(code)).map(({ file }) => file)
  expect(askers.filter((file) => partOf(file) === 'rundb').length).toBeGreaterThan(10)
  expect(askers.filter((file) => !['rundb', 'kinds'].includes(partOf(file)))).toEqual([])
})

test('only the opener of the state knows its storage', () => {
  const strays = modules
    .filter(({ file }) => file !== 'state/open.ts')
    .flatMap(({ file, imports }) =>
      imports
        .filter((target) => /^state\/(sqlite|postgres)\//.test(target) && dirname(file) !== dirname(target))
        .map((target) => `${file} → ${target}`),
    )
  expect(strays).toEqual([])
})

/** Modules that send requests, with dispatchers that use the proxies. */
const MAY_USE_THE_NETWORK = ['http/network.ts', 'http/request.ts']

test('nothing bypasses the proxies', () => {
  const direct = modules.filter(
    ({ code }) =>
      /['"](undici|node:https|node:http2)['"]/.test(code) ||
      /\bimport\b[^'"]*\b(request|get|Agent)\b[^'"]*\bfrom 'node:http'/.test(code) ||
      (/(?<![.#\w])fetch\(/.test(code) && !/\b(const|function) fetch\b/.test(code)),
  )
  expect(direct.map(({ file }) => file)).toEqual(MAY_USE_THE_NETWORK)
})
