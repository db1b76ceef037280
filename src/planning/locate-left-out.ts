import { basename, dirname, isAbsolute, relative, sep } from 'node:path'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { shippedRecipes } from '../config/recipes.ts'
import type { LeftOut } from '../rundb/left-out.ts'

/** Says where the condition is written that left records out; nothing where none did, or where it is a default. */
export function locateLeftOut(by: LeftOut, loaded: LoadedManifest): LeftOut {
  const at = by.path === null ? undefined : loaded.originOf(by.path.split('.'))
  return at === undefined ? by : { ...by, at: { ...at, file: shownFile(at.file, loaded.directory) } }
}

/** By which condition, and where it is written: `by map.user.when (recipes/okta.yaml:24)`. */
export function describeCondition({ path, at }: Pick<LeftOut, 'path' | 'at'>): string {
  const where = at === undefined ? '' : ` (${at.file}${at.line === undefined ? '' : `:${at.line}`})`
  return `by ${path}${where}`
}

/** The same on every machine for what lies beside the manifest or is shipped. */
export function shownFile(file: string, directory: string): string {
  if (!isAbsolute(file)) return file
  if (dirname(file) === shippedRecipes) return `recipes/${basename(file)}`
  const path = relative(directory, file)
  return isAbsolute(path) || path.startsWith(`..${sep}`) ? file : path.replaceAll(sep, '/')
}
