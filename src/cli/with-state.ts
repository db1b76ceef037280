import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadManifest } from '../config/load.ts'
import { ExitCode, UsageError } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { openState, type SqliteStateStore } from '../state/sqlite-store.ts'
import type { Context } from './context.ts'

export interface StateLocation {
  config?: string
  env?: string
}

/** The path of the state that the manifest names. Needs no secret: references may be unset. */
export async function locateState(options: StateLocation, context: Context): Promise<string> {
  const { config: path, env: environment } = options
  const { cwd, env } = context
  const loaded = await loadManifest({ path, environment, cwd, env, offline: true, redactor: new Redactor() })
  return resolve(loaded.directory, loaded.manifest.state.path)
}

/**
 * Works with the state alone, without the target.
 * @throws UsageError when there is none
 */
export async function withState(
  options: StateLocation & { locked?: boolean },
  context: Context,
  work: (state: SqliteStateStore) => Promise<void>,
): Promise<ExitCode> {
  const location = await locateState(options, context)
  if (!existsSync(location)) {
    throw new UsageError({
      code: 'no_state',
      message: `there is no state at ${location}`,
      hint: 'nothing has been applied with this manifest and environment yet',
    })
  }
  const state = openState(location, { locked: options.locked })
  try {
    await work(state)
    return ExitCode.done
  } finally {
    await state.close()
  }
}
