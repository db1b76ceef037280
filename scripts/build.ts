/**
 * npm run build
 *
 * Compiles src to build. Replaces two modules by their results: the validators that ajv generates
 * from the schemas (https://ajv.js.org/standalone.html), and the script and style of the HTML
 * report. Parses the shipped recipes. Bundles all this to dist, because each thread takes long to
 * load hundreds of modules. Adds the declarations that the library needs.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { parseFile } from '../src/config/parse.ts'
import { packedRecipe } from '../src/config/parsed-recipes.ts'
import { recipeNames, shippedRecipes } from '../src/config/recipes.ts'
import { resolvePointer } from '../src/config/schema.ts'
import { createAjv, VALIDATED } from '../src/config/validators.ts'
import { Redactor } from '../src/diagnostics/redactor.ts'
import { pageAssets } from '../src/reporting/html/page.ts'

/** The modules that are started or imported by their names. All others become chunks. */
const ENTRIES = ['cli/main', 'cli/github', 'index', 'planning/survey-worker', 'rundb/known-worker']

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

bundle(ENTRIES, { splitting: true })
bundle(WHOLE, { splitting: false, minifyWhitespace: true })
cpSync(join(modules, 'config/recipes'), join(dist, 'config/recipes'), { recursive: true })
copyDeclarations('index.d.ts')

/** Imports at run time stay imports of chunks: nothing is loaded before it is needed. */
function bundle(entries: readonly string[], options: { splitting: boolean; minifyWhitespace?: boolean }): void {
  buildSync({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => join(modules, `${entry}.js`)),
    outbase: modules,
    outdir: dist,
    // See src/files/package.ts.
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    ...options,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    charset: 'utf8',
    logLevel: 'warning',
  })
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
