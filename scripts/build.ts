/**
 * npm run build
 *
 * Compiles src to dist. Two modules that make something when the program runs from source are
 * replaced by what they make: the code that ajv makes of the manifest's schema
 * (https://ajv.js.org/standalone.html), and the script and style of the HTML report. The shipped
 * recipes are parsed. Of the declarations those are kept that the library's own lead to.
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

// What ajv writes loads its own helpers by `require`, in an ES module too.
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

/**
 * Takes the parts of the schema that errors quote from the schema itself, which is read anyway, in
 * place of a copy of each.
 */
function quotingSchema(code: string): string {
  const pointers = ['#', ...Object.keys(resolvePointer('#/$defs')).map((name) => `#/$defs/${name}`)]
  return pointers.reduce((text, pointer) => {
    const copy = `= ${JSON.stringify(resolvePointer(pointer))};`
    return text.replaceAll(copy, () => `= resolvePointer(${JSON.stringify(pointer)});`)
  }, code)
}

/** Nobody can import what no entry exports, and its declarations are an eighth of the package. */
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
