import { isAbsolute, relative, resolve } from 'node:path'
import { compose } from '../../config/compose.ts'
import { inspectManifest } from '../../config/load.ts'
import type { LoadedManifest } from '../../config/loaded-manifest.ts'
import type { Manifest } from '../../config/manifest.ts'
import { shippedRecipes } from '../../config/recipes.ts'
import { referencesOf } from '../../config/references.ts'
import { without } from '../../config/tree.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { isObject } from '../../json.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineDoctor } from '../definitions/tools.ts'

export type DoctorOptions = OptionsOf<typeof defineDoctor>

/** What is looked at. */
export interface Patient {
  options: DoctorOptions
  context: Context
  redactor: Redactor
  /** Undefined: no manifest was found, or its files could not be composed. */
  loaded: LoadedManifest | undefined
  /** What is wrong with the manifest. References that are unset are in `loaded.deferred`. */
  problems: readonly Problem[]
}

/** A section of the manifest that can be worked with. */
export interface Sound {
  loaded: LoadedManifest
}

/** Reads the manifest once, for all that is looked at. */
export async function admit(options: DoctorOptions, context: Context): Promise<Patient> {
  const { redactor = new Redactor(), cwd, env } = context
  const base = { options, context, redactor }
  try {
    const inspected = await inspectManifest({
      path: options.config,
      environment: options.env,
      cwd,
      env,
      redactor,
      mask: context.mask,
      defer: () => true,
    })
    return { ...base, ...inspected }
  } catch (error) {
    if (error instanceof ManifestError) return { ...base, loaded: undefined, problems: error.problems }
    throw error
  }
}

/** The manifest, if nothing is wrong with these sections of it. */
export function soundIn({ loaded, problems }: Patient, ...sections: (keyof Manifest)[]): LoadedManifest | undefined {
  const isBroken = (section: keyof Manifest) =>
    !isObject(loaded?.manifest[section]) || problems.some(({ path }) => path?.split('.')[0] === section)
  return sections.some(isBroken) ? undefined : loaded
}

/** What the manifest refers to: variables, and files as `file:path`. @param isWanted by the place in the manifest */
export function referencesIn(
  { loaded, redactor, context: { env } }: Patient,
  isWanted?: (path: readonly string[]) => boolean,
): string[] {
  if (loaded === undefined) return []
  const context = { env, redactor, offline: true, recipes: shippedRecipes }
  const tree = without(compose(loaded.file, loaded.environment, context), ['environments', '$schema'])
  return referencesOf(tree, isWanted)
}

/** References of these sections that are unset. */
export function unsetIn({ deferred }: LoadedManifest, section: keyof Manifest): Problem[] {
  return deferred.filter(({ path }) => path?.split('.')[0] === section)
}

/** Where the state is, absolute; undefined where the manifest does not tell. */
export function statePathOf(patient: Patient): string | undefined {
  const loaded = soundIn(patient, 'state')
  if (loaded === undefined || unsetIn(loaded, 'state').length > 0) return undefined
  return resolve(loaded.directory, loaded.manifest.state.path)
}

/** A path as people know it: from where they are, if it is in there. */
export function shownPath(path: string, { context: { cwd } }: Patient): string {
  const within = relative(cwd, path)
  if (within === '') return '.'
  return isAbsolute(within) || within.startsWith('..') ? path : within
}
