import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { recipeFile, shippedRecipes } from '../../config/recipes.ts'
import { isObject } from '../../json.ts'
import { nullsOption } from '../../sources/source.ts'

/** The parts of a recipe that a proposal builds on. */
export interface Recipe {
  streams: Record<string, Record<string, unknown>>
  /** What stands for nothing in CSV. */
  nulls: string[]
  /** Roles it defines, and how it translates names. */
  defined: string[]
  translated: Record<string, string>
}

/** Reads a shipped recipe. One that does not exist says nothing. */
export function readRecipe(name: string): Recipe {
  const file = recipeFile(shippedRecipes, name)
  const content: unknown = file === undefined ? {} : parse(readFileSync(file, 'utf8'))
  const streams = objectAt(content, 'source', 'streams')
  const translated = Object.entries(objectAt(content, 'roles', 'map')).map(([from, to]) => [from, String(to)])
  return {
    nulls: nullsOption(objectAt(content, 'source')),
    streams: Object.fromEntries(Object.entries(streams).map(([key, value]) => [key, isObject(value) ? value : {}])),
    defined: Object.keys(objectAt(content, 'roles', 'define')),
    translated: Object.fromEntries(translated),
  }
}

function objectAt(value: unknown, ...path: string[]): Record<string, unknown> {
  const found = path.reduce<unknown>((current, key) => (isObject(current) ? current[key] : undefined), value)
  return isObject(found) ? found : {}
}
