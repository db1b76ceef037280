import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { packagePath } from '../files/package.ts'

/** The folder of the built-in recipes. */
export const shippedRecipes = packagePath('recipes')

/** Names of the recipes in a folder, sorted. */
export function recipeNames(folder: string): string[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  return files.map((file) => file.slice(0, -'.yaml'.length)).sort()
}

/** The name of the built-in recipe that contains a place; undefined for any other file. */
export function recipeAt(place: { file: string } | undefined): string | undefined {
  return place !== undefined && dirname(place.file) === shippedRecipes ? basename(place.file, '.yaml') : undefined
}

/** Databases use the recipe of files: streams of any shape. */
const OF_ANY_SHAPE = ['postgres', 'mysql']

/** The recipe file that applies by default to manifests with this source type. */
export function defaultRecipe(folder: string, type: string): string | undefined {
  return recipeFile(folder, OF_ANY_SHAPE.includes(type) ? 'file' : type)
}

/** The file of a recipe; undefined if it does not exist. */
export function recipeFile(folder: string, name: string): string | undefined {
  return recipeNames(folder).includes(name) ? join(folder, `${name}.yaml`) : undefined
}
