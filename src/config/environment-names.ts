import { resolve } from 'node:path'
import { OperatorError } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { compose, environmentsOf } from './compose.ts'
import { discoverManifest } from './discover.ts'
import { shippedRecipes } from './recipes.ts'

/** Where a manifest is looked for. */
export interface ManifestPlace {
  /** The manifest file, relative to `cwd`. Without one it is searched for. */
  path?: string
  cwd: string
  env: Record<string, string | undefined>
}

/** The environments of a manifest, even of an invalid one. Empty: there is no manifest. */
export async function environmentNames({ path, cwd, env }: ManifestPlace): Promise<string[]> {
  try {
    const file = path === undefined ? await discoverManifest(cwd, env.HOME) : resolve(cwd, path)
    const context = { env, redactor: new Redactor(), offline: true, recipes: shippedRecipes }
    return [...environmentsOf(compose(file, undefined, context)).keys()]
  } catch (error) {
    if (error instanceof OperatorError) return []
    throw error
  }
}
