import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The folder of the shipped recipes; `src` and `dist` both lie one level below the package's root.
 */
export const shippedRecipes = fileURLToPath(new URL('../../recipes', import.meta.url))

/** Names of the recipes in a folder, sorted. */
export function recipeNames(folder: string): string[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  return files.map((file) => file.slice(0, -'.yaml'.length)).sort()
}

/** The name of the shipped recipe that a place is in; undefined for a place in any other file. */
export function recipeAt(place: { file: string } | undefined): string | undefined {
  return place !== undefined && dirname(place.file) === shippedRecipes ? basename(place.file, '.yaml') : undefined
}

/** Databases are read as files are: streams of any shape, of which nothing is known. */
const OF_ANY_SHAPE = ['postgres', 'mysql']

/**
 * The file of the recipe that lies beneath every manifest with a type of source; undefined when
 * there is none.
 */
export function defaultRecipe(folder: string, type: string): string | undefined {
  return recipeFile(folder, OF_ANY_SHAPE.includes(type) ? 'file' : type)
}

/** The file of a recipe; undefined when there is none of that name. */
export function recipeFile(folder: string, name: string): string | undefined {
  return recipeNames(folder).includes(name) ? join(folder, `${name}.yaml`) : undefined
}
