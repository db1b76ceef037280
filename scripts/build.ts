/**
 * npm run build
 *
 * Compiles src to build. Replaces two modules by their results: the validators that ajv generates
 * from the schemas (https://ajv.js.org/standalone.html), and the script and style of the HTML
 * report. Parses the shipped recipes. Bundles all this to dist, because a command and each of its
 * threads take long to load hundreds of files. Adds the declarations that the library needs.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type ChunkingContext, type OutputOptions } from 'rolldown'
import { parseFile } from '../src/config/parse.ts'
import { packedRecipe } from '../src/config/parsed-recipes.ts'
import { recipeNames, shippedRecipes } from '../src/config/recipes.ts'
import { resolvePointer } from '../src/config/schema.ts'
import { createAjv, VALIDATED } from '../src/config/validators.ts'
import { Redactor } from '../src/diagnostics/redactor.ts'
import { pageAssets } from '../src/reporting/html/page.ts'

/** The modules that are started or imported by their names. All others become chunks. */
const ENTRIES = ['cli/main', 'cli/github', 'index', 'planning/survey-worker', 'rundb/known-worker']

/**
 * Chunks of modules that are loaded together: these modules and all that they import, except what
 * is in a chunk before. Loading takes a third of a millisecond for each file.
 */
const CHUNKS: Readonly<Record<string, readonly string[]>> = {
  start: ['cli/run', 'cli/output', 'cli/context'],
  threads: ['planning/survey-worker', 'rundb/known-worker'],
  validators: ['config/validators'],
  manifest: ['cli/commands/config', 'cli/with-state', 'cli/commands/state'],
  plan: ['cli/commands/plan'],
  sandbox: ['sandbox/embedded'],
  csv: ['sources/csv/table'],
}

/** The thread that every large run starts several times. One file loads faster than chunks. */
const WHOLE = ['mapping/worker']

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'build')
const dist = join(root, 'dist')
const standalone: typeof import('ajv/dist/standalone/index.js').default = createRequire(import.meta.url)(
  'ajv/dist/standalone/index.js',
).default

for (const folder of [modules, dist]) rmSync(folder, { recursive: true, force: true })
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)

// The code of ajv loads its helpers by `require`, even in an ES module.
const prelude = `import { createRequire } from 'node:module'
import { resolvePointer } from './schema.js'
const require = createRequire(import.meta.url)
`
writeFileSync(
  join(modules, 'config/validators.js'),
  prelude + quotingSchema(standalone(createAjv({ source: true, esm: true }), VALIDATED)),
)

mkdirSync(join(modules, 'config/recipes'))
for (const name of recipeNames(shippedRecipes)) {
  const recipe = packedRecipe(parseFile(join(shippedRecipes, `${name}.yaml`), new Redactor()))
  writeFileSync(join(modules, 'config/recipes', recipe.name), recipe.json)
}

const assets = JSON.stringify(await pageAssets())
writeFileSync(
  join(modules, 'reporting/html/page.js'),
  `const assets = ${assets}\n\nexport async function pageAssets() {\n  return assets\n}\n`,
)

await bundle(ENTRIES, {
  codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: chunkOf(), debugName: 'chunks' }] },
})
await bundle(WHOLE, { codeSplitting: false, minify: { compress: false, mangle: false } })
chmodSync(join(dist, 'cli/main.js'), 0o755)
cpSync(join(modules, 'config/recipes'), join(dist, 'config/recipes'), { recursive: true })
copyDeclarations('index.d.ts')

/** Imports at run time stay imports of chunks: nothing is loaded before it is needed. */
async function bundle(entries: readonly string[], output: OutputOptions): Promise<void> {
  await build({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry, pathOf(entry)])),
    platform: 'node',
    // Dependencies stay packages.
    external: /^[^./]/,
    // Other modules may use what an entry exports.
    preserveEntrySignatures: 'allow-extension',
    // A module can be loaded at once by one command and later by another.
    checks: { ineffectiveDynamicImport: false },
    logLevel: 'warn',
    output: {
      ...output,
      dir: dist,
      format: 'esm',
      comments: false,
      // See src/files/package.ts.
      chunkFileNames: 'chunks/[name]-[hash].js',
      hashCharacters: 'base36',
    },
  })
}

function pathOf(module: string): string {
  return join(modules, `${module}.js`)
}

/** Names the chunk of a module. Null: the bundler decides. */
function chunkOf(): (path: string, graph: ChunkingContext) => string | null {
  let chunks: Map<string, string> | undefined
  return (path, graph) => {
    if (chunks === undefined) {
      chunks = new Map()
      for (const [chunk, roots] of Object.entries(CHUNKS)) {
        const reached = new Set(roots.map(pathOf))
        for (const module of reached) {
          const { isEntry = false, importedIds = [] } = graph.getModuleInfo(module) ?? {}
          // An entry runs when it is loaded, so it stays alone.
          if (!isEntry && !chunks.has(module)) chunks.set(module, chunk)
          for (const imported of importedIds) reached.add(imported)
        }
      }
    }
    return chunks.get(path) ?? null
  }
}

/** Refers to the schema for the parts that errors quote, in place of copies. */
function quotingSchema(code: string): string {
  const pointers = ['#', ...Object.keys(resolvePointer('#/$defs')).map((name) => `#/$defs/${name}`)]
  return pointers.reduce((text, pointer) => {
    const copy = `= ${JSON.stringify(resolvePointer(pointer))};`
    return text.replaceAll(copy, () => `= resolvePointer(${JSON.stringify(pointer)});`)
  }, code)
}

/** All declarations are an eighth of the package, and nobody can import those without an entry. */
function copyDeclarations(entry: string): void {
  const reached = new Set([entry])
  for (const file of reached) {
    const text = readFileSync(join(modules, file), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g)) {
      reached.add(join(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts')))
    }
    cpSync(join(modules, file), join(dist, file))
  }
}
