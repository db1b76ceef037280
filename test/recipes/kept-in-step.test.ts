import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { recipeNames, shippedRecipes } from '../../src/config/recipes.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const samples = readdirSync(join(ROOT, 'examples')).toSorted()
/** A sample can have several manifests: for files, and for the database they come from. */
const manifests = [
  'migrate.config.yaml',
  ...samples.flatMap((name) =>
    readdirSync(join(ROOT, 'examples', name))
      .filter((file) => file.endsWith('.config.yaml'))
      .map((file) => `examples/${name}/${file}`),
  ),
]
const guides = readdirSync(join(ROOT, 'docs/how-to/sources')).filter((name) => name !== 'README.md')
const index = read('docs/how-to/sources/README.md') + read('docs/how-to/sources/situations.md')

/** Recipes that a sample's manifest extends. */
function recipesOf(manifest: string): string[] {
  const { extends: bases = [], source = {} } = parse(read(manifest))
  return [bases, source.type ?? []].flat()
}

test('every recipe has a sample', () => {
  const shown = new Set(manifests.flatMap(recipesOf))
  expect(recipeNames(shippedRecipes).filter((name) => !shown.has(name))).toEqual([])
})

test('every sample and every guide is in the index of the sources', () => {
  expect(samples.filter((name) => !index.includes(`examples/${name})`))).toEqual([])
  expect(guides.filter((name) => !index.includes(`](${name})`) && !index.includes(`](${name}#`))).toEqual([])
})

test('every recipe names its guide, and every link of a guide works', () => {
  for (const name of recipeNames(shippedRecipes)) {
    const [guide] = read(`recipes/${name}.yaml`).match(/docs\/how-to\/sources\/[\w-]+\.md/) ?? []
    expect(guide && existsSync(join(ROOT, guide)), name).toBe(true)
  }
  for (const guide of ['README.md', ...guides]) {
    const links = [...read(`docs/how-to/sources/${guide}`).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, link = '']) => link,
    )
    expect(
      links.filter((link) => !existsSync(join(ROOT, 'docs/how-to/sources', link))),
      guide,
    ).toEqual([])
  }
})

test('recipes for databases have no mapping, only the recipes that they extend', () => {
  const databases = recipeNames(shippedRecipes).filter((name) => /.-(postgres|mysql)$/.test(name))
  expect(databases.length).toBeGreaterThan(5)
  for (const name of databases) {
    const [, origin, type] = /^(.*)-(\w+)$/.exec(name) ?? []
    const recipe = parse(read(`recipes/${name}.yaml`))
    expect(Object.keys(recipe), name).toEqual(['extends', 'source', 'tests'])
    expect(recipe, name).toMatchObject({ extends: origin, source: { type } })
  }
})
