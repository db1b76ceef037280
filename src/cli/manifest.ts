import type { LoadOptions } from '../config/load.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import type { Context } from './context.ts'

/** What a command line says of the manifest to load. */
interface ManifestOptions {
  /** The manifest file. */
  config?: string
  /** The environment to merge over it. */
  env?: string
  /** Take unset references as unknown instead of as problems. */
  offline?: boolean
}

/** How to load the manifest that a command line names. */
export function loadOptions(
  { config, env: environment, offline }: ManifestOptions,
  { cwd, env, mask }: Context,
  redactor: Redactor,
): LoadOptions {
  return { path: config, environment, offline, cwd, env, mask, redactor }
}
