import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseFile } from '../../src/config/parse.ts'
import type * as parsedRecipes from '../../src/config/parsed-recipes.ts'
import { recipeNames, shippedRecipes } from '../../src/config/recipes.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { built } from '../built.ts'

test('the build has every built-in recipe as parsed, with all places', async () => {
  const { parsedRecipe }: typeof parsedRecipes = await import(built('config/parsed-recipes.ts'))
  const names = recipeNames(shippedRecipes)
  for (const name of names) {
    const tree = parseFile(join(shippedRecipes, `${name}.yaml`), new Redactor())
    expect(parsedRecipe(tree.place.text), name).toStrictEqual(tree)
    const changed = { ...tree.place.text, text: `${tree.place.text.text}# changed\n` }
    expect(parsedRecipe(changed), name).toBeUndefined()
  }
  expect(readdirSync(fileURLToPath(built('config/recipes')))).toHaveLength(names.length)
})
