import { dirname, resolve } from 'node:path'
import { type LoadedManifest, loadManifest } from '../config/load.ts'
import { nearest } from '../config/nearest.ts'
import { ExitCode, ManifestError, UsageError } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { removeAbandonedScratch } from '../files/scratch.ts'
import { removeAbandonedFiles } from '../files/temporary-file.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { stateLocation } from '../state/location.ts'
import { checkState, findState, placeOf } from '../state/open.ts'
import { nearKeys } from '../state/related.ts'
import type { Address, OpenState, StateStore } from '../state/store.ts'
import type { Context } from './context.ts'

interface StateOptions {
  config?: string
  env?: string
}

export interface OpenedState {
  state: OpenState
  statePath: string
  manifestDigest: string
  loaded: LoadedManifest
}

/**
 * Works with the state only, so that references can be unset.
 * @param lock the command that takes the lock, if it writes
 * @throws UsageError if there is no state, LockedError
 */
export async function withState(
  options: StateOptions,
  context: Context,
  work: (opened: OpenedState) => Promise<void>,
  lock?: string,
): Promise<ExitCode> {
  const loaded = await loadForState(options, context)
  const statePath = resolve(loaded.directory, loaded.manifest.state.path)
  removeAbandonedScratch(dirname(statePath))
  removeAbandonedFiles(dirname(statePath))
  const location = stateLocation(loaded)
  checkState(location)
  const taking = lock === undefined ? {} : { lock: { command: lock, now: new Date(context.now()) } }
  const state = await findState(location, { ...taking, interrupted: context.interrupted })
  if (state === undefined) {
    throw new UsageError({
      code: 'no_state',
      message: `there is no state at ${await placeOf(location)}`,
      hint: 'run workos-migrate apply first, or choose another environment with -e',
    })
  }
  try {
    await work({ state, loaded, statePath, manifestDigest: loaded.digest })
    return ExitCode.done
  } finally {
    await state.close()
  }
}

/**
 * Loads the manifest for a command that needs only the state: other references can be unset.
 * @throws ManifestError
 */
export async function loadForState(options: StateOptions, context: Context): Promise<LoadedManifest> {
  const { config: path, env: environment } = options
  const { cwd, env, redactor = new Redactor() } = context
  const loaded = await loadManifest({ path, environment, cwd, env, offline: true, mask: context.mask, redactor })
  const unset = loaded.unresolved.find(([section]) => section === 'state')
  if (unset === undefined) return loaded
  throw new ManifestError({
    code: 'unset_reference',
    message: `${unset.join('.')} refers to an environment variable that is not set, or to a missing file`,
    hint: 'set the variable, or create the file, where the command runs',
    path: unset.join('.'),
    at: loaded.locate(unset),
  })
}

/** The kind and the key of `kind:key`; a key can contain colons. @throws UsageError */
export function parseAddress(text: string): Address {
  const separator = text.indexOf(':')
  const kind = text.slice(0, Math.max(separator, 0))
  const key = text.slice(separator + 1)
  if (separator > 0 && key !== '') {
    checkKind(kind)
    return { kind, key }
  }
  throw new UsageError({
    code: 'bad_address',
    message: `${text} is not an address`,
    hint: 'use an address such as user:auth0|123; workos-migrate state list shows all',
  })
}

/** @throws UsageError for an unknown kind */
export function checkKind(kind: string): void {
  const names = kindDefinitions.map(({ name }) => name)
  if (names.includes(kind)) return
  const close = nearest(kind, names)
  throw new UsageError({
    code: 'unknown_kind',
    message: `unknown kind ${kind}`,
    hint: `${close === undefined ? '' : `did you mean ${close}? `}the kinds are ${names.join(', ')}`,
  })
}

/** The error for an address that is not in the state. */
export async function unknownAddress(state: StateStore, address: Address): Promise<UsageError> {
  const { kind, key } = address
  const near = await nearKeys(state, address)
  const meant = near.map((found) => `${kind}:${found}`).join(' or ')
  return new UsageError({
    code: 'unknown_address',
    message: `the state has no resource ${kind}:${key}`,
    hint: `${near.length === 0 ? 'use an address such as user:auth0|123' : `did you mean ${meant}?`}; workos-migrate state list shows all`,
  })
}
