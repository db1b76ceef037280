import type { LoadOptions } from '../config/load.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import type { Context } from './context.ts'

interface ManifestOptions {
  /** The manifest file. */
  config?: string
  /** The environment to merge over it. */
  env?: string
  /** Accept references that are not set. */
  offline?: boolean
}

export function loadOptions(
  { config, env: environment, offline }: ManifestOptions,
  { cwd, env, mask }: Context,
  redactor: Redactor,
): LoadOptions {
  return { path: config, environment, offline, cwd, env, mask, redactor }
}
