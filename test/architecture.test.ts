import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))

/**
 * The parts of the program in the order in which they build on each other: none imports from one
 * that stands below it.
 */
const ORDER = [
  'json',
  'json-text',
  'resource',
  'addresses',
  'clock',
  'version',
  'diagnostics',
  'sqlite',
  'files',
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

/** The sandbox stands for WorkOS: it must not know how the program sees it. */
const SANDBOX = 'sandbox/'
const OPEN_TO_SANDBOX = ['json', 'diagnostics', 'files', 'sqlite', 'http', 'version']

/**
 * Who may ask the process for something outside cli/: for its own id and what it runs on, and to
 * clean up when it exits.
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
  /** Modules of src that it imports, types included. */
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

/** The part of the program that a file belongs to: its folder, or its own name at the top. */
function partOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '')
}

describe('the order of the parts', () => {
  test('every file belongs to a part, and every part has a file', () => {
    expect(new Set(modules.map(({ file }) => partOf(file)))).toEqual(new Set(ORDER))
  })

  test('every import leads to a file', () => {
    const files = new Set(modules.map(({ file }) => file))
    const lost = modules.flatMap(({ file, imports }) =>
      imports.filter((target) => !files.has(target)).map((target) => `${file} → ${target}`),
    )
    expect(lost).toEqual([])
    expect(modules.flatMap(({ imports }) => imports).length).toBeGreaterThan(modules.length)
  })

  test('no import runs backwards', () => {
    const backwards = modules.flatMap(({ file, imports }) =>
      imports
        .filter((target) => ORDER.indexOf(partOf(target)) > ORDER.indexOf(partOf(file)))
        .map((target) => `${file} → ${target}`),
    )
    expect(backwards).toEqual([])
  })

  test('the sandbox knows nothing of the program', () => {
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

/**
 * What comparing/ may run of other parts. Of those in TYPES_FOR_COMPARING it knows the types alone.
 */
const OPEN_TO_COMPARING = ['comparing', 'json', 'addresses', 'resource']
const TYPES_FOR_COMPARING = ['kinds', 'config', 'diagnostics']

test('comparing/ decides by values alone: it reads nothing, sends nothing and waits for nothing', () => {
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

test('no files import each other in a circle', () => {
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

test('only cli/ looks at the process it runs in', () => {
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

test('only cli/ may write to the console', () => {
  const talkers = modules.filter(({ file, code }) => partOf(file) !== 'cli' && /\bconsole\./.test(code))
  expect(talkers.map(({ file }) => file)).toEqual([])
})

test('SQLite is opened in sqlite/ alone', () => {
  const openers = modules.filter(({ file, code }) => partOf(file) !== 'sqlite' && /\bnew DatabaseSync\b/.test(code))
  expect(openers.map(({ file }) => file)).toEqual([])
})

/**
 * What carries out SQL of a run. A transaction holds none: whoever knows what belongs together
 * begins it.
 */
const RUN_STATEMENT = /\brundb\s*\.\s*(?:statement|iterate|run|exec|count|spool|define)\(/

test('every statement of a run has a name in rundb/, or in the folder of its kind', () => {
  const askers = modules.filter(({ code }) => RUN_STATEMENT.test(code)).map(({ file }) => file)
  expect(askers.filter((file) => partOf(file) === 'rundb').length).toBeGreaterThan(10)
  expect(askers.filter((file) => !['rundb', 'kinds'].includes(partOf(file)))).toEqual([])
})

test('what keeps the state is known to its opener alone', () => {
  const strays = modules
    .filter(({ file }) => file !== 'state/open.ts')
    .flatMap(({ file, imports }) =>
      imports
        .filter((target) => /^state\/(sqlite|postgres)\//.test(target) && dirname(file) !== dirname(target))
        .map((target) => `${file} → ${target}`),
    )
  expect(strays).toEqual([])
})

/** What sends requests, by dispatchers that know the proxies. */
const MAY_USE_THE_NETWORK = ['http/network.ts', 'http/request.ts']

test('nothing goes past the proxies', () => {
  const direct = modules.filter(
    ({ code }) =>
      /['"](undici|node:https|node:http2)['"]/.test(code) ||
      /\bimport\b[^'"]*\b(request|get|Agent)\b[^'"]*\bfrom 'node:http'/.test(code) ||
      (/(?<![.#\w])fetch\(/.test(code) && !/\b(const|function) fetch\b/.test(code)),
  )
  expect(direct.map(({ file }) => file)).toEqual(MAY_USE_THE_NETWORK)
})
