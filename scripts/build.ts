/**
 * npm run build
 *
 * Compiles src to dist. Replaces two modules by their results: the validators that ajv generates
 * from the schemas (https://ajv.js.org/standalone.html), and the script and style of the HTML
 * report. Parses the shipped recipes. Keeps only the declarations that the library needs.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseFile } from '../src/config/parse.ts'
import { packedRecipe } from '../src/config/parsed-recipes.ts'
import { recipeNames, shippedRecipes } from '../src/config/recipes.ts'
import { resolvePointer } from '../src/config/schema.ts'
import { createAjv, VALIDATED } from '../src/config/validators.ts'
import { Redactor } from '../src/diagnostics/redactor.ts'
import { pageAssets } from '../src/reporting/html/page.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const standalone: typeof import('ajv/dist/standalone/index.js').default = createRequire(import.meta.url)(
  'ajv/dist/standalone/index.js',
).default

rmSync(join(root, 'dist'), { recursive: true, force: true })
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
removeOtherDeclarations(join(root, 'dist'), 'index.d.ts')

// The code of ajv loads its helpers by `require`, even in an ES module.
const prelude = `import { createRequire } from 'node:module'
import { resolvePointer } from './schema.js'
const require = createRequire(import.meta.url)
`
writeFileSync(
  join(root, 'dist/config/validators.js'),
  prelude + quotingSchema(standalone(createAjv({ source: true, esm: true }), VALIDATED)),
)

mkdirSync(join(root, 'dist/config/recipes'))
for (const name of recipeNames(shippedRecipes)) {
  const recipe = packedRecipe(parseFile(join(shippedRecipes, `${name}.yaml`), new Redactor()))
  writeFileSync(join(root, 'dist/config/recipes', recipe.name), recipe.json)
}

const assets = JSON.stringify(await pageAssets())
writeFileSync(
  join(root, 'dist/reporting/html/page.js'),
  `const assets = ${assets}\n\nexport async function pageAssets() {\n  return assets\n}\n`,
)

/** Refers to the schema for the parts that errors quote, in place of copies. */
function quotingSchema(code: string): string {
  const pointers = ['#', ...Object.keys(resolvePointer('#/$defs')).map((name) => `#/$defs/${name}`)]
  return pointers.reduce((text, pointer) => {
    const copy = `= ${JSON.stringify(resolvePointer(pointer))};`
    return text.replaceAll(copy, () => `= resolvePointer(${JSON.stringify(pointer)});`)
  }, code)
}

/** Declarations without an entry are an eighth of the package, and nobody can import them. */
function removeOtherDeclarations(folder: string, entry: string): void {
  const reached = new Set([join(folder, entry)])
  for (const file of reached) {
    const specifiers = readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g)
    for (const [, specifier = ''] of specifiers) {
      reached.add(join(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts')))
    }
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name)
    if (name.endsWith('.d.ts') && !reached.has(file)) rmSync(file)
  }
}
