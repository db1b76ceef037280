/**
 * The input and output of the checks of `doctor`. In: the options of the command. Out: a Patient,
 * the manifest as far as it can be read. The checks in manifest.ts, machine.ts and target.ts take
 * it and return findings.
 */

import { isAbsolute, relative, resolve } from 'node:path'
import { compose } from '../../config/compose.ts'
import { inspectManifest, type LoadedManifest } from '../../config/load.ts'
import type { Manifest } from '../../config/manifest.ts'
import { shippedRecipes } from '../../config/recipes.ts'
import { referencesOf } from '../../config/references.ts'
import { without } from '../../config/tree.ts'
import { ExitCode, ManifestError, OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { NotRegularFile } from '../../files/regular-file.ts'
import { isObject } from '../../json.ts'
import { unexpectedProblem } from '../../running/failure.ts'
import { type StateLocation, stateLocation } from '../../state/location.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineDoctor } from '../definitions/tools.ts'

export type DoctorOptions = OptionsOf<typeof defineDoctor>

export interface Patient {
  options: DoctorOptions
  context: Context
  redactor: Redactor
  /** Undefined if there is no manifest, or its files could not be composed. */
  loaded: LoadedManifest | undefined
  /** Problems of the manifest, without unset references, which are in `loaded.deferred`. */
  problems: readonly Problem[]
}

/** Reads the manifest once, for all checks. */
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

/** The manifest, if these sections have no problems. */
export function soundIn({ loaded, problems }: Patient, ...sections: (keyof Manifest)[]): LoadedManifest | undefined {
  const isBroken = (section: keyof Manifest) =>
    !isObject(loaded?.manifest[section]) || problems.some(({ path }) => path?.split('.')[0] === section)
  return sections.some(isBroken) ? undefined : loaded
}

/**
 * The references of the manifest: variables, and files as `file:path`. @param isWanted filters by
 * the path in the manifest
 */
export function referencesIn(
  { loaded, redactor, context: { env } }: Patient,
  isWanted?: (path: readonly string[]) => boolean,
): string[] {
  if (loaded === undefined) return []
  const context = { env, redactor, offline: true, recipes: shippedRecipes }
  const tree = without(compose(loaded.file, loaded.environment, context), ['environments', '$schema'])
  return referencesOf(tree, isWanted)
}

/** The unset references of this section. */
export function unsetIn({ deferred }: LoadedManifest, section: keyof Manifest): Problem[] {
  return deferred.filter(({ path }) => path?.split('.')[0] === section)
}

/** The absolute path of the state; undefined if the manifest does not set it. */
export function statePathOf(patient: Patient): string | undefined {
  const loaded = soundIn(patient, 'state')
  if (loaded === undefined || unsetIn(loaded, 'state').length > 0) return undefined
  return resolve(loaded.directory, loaded.manifest.state.path)
}

/** The location of the state; undefined if the manifest does not set it. */
export function stateLocationOf(patient: Patient): StateLocation | undefined {
  const loaded = soundIn(patient, 'state')
  if (loaded === undefined || unsetIn(loaded, 'state').length > 0) return undefined
  return stateLocation(loaded)
}

/** The path, relative if it is inside the working directory. */
export function shownPath(path: string, { context: { cwd } }: Patient): string {
  const within = relative(cwd, path)
  if (within === '') return '.'
  return isAbsolute(within) || within.startsWith('..') ? path : within
}

/** `skipped`: the check could not run, or an option turned it off. */
export type Status = 'ok' | 'warning' | 'problem' | 'skipped'

export interface Finding {
  /** The stable name of the check: `node`, `manifest`, `clock` … */
  check: string
  status: Status
  /** One sentence without a full stop. */
  message: string
  /** What to do. Set for every warning and problem. */
  hint?: string
  /** The stable code of the problem. */
  code?: string
  /** The exit code of other commands for this problem. Default: failure. */
  exit?: ExitCode
}

export function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message }
}

export function skipped(check: string, message: string): Finding {
  return { check, status: 'skipped', message }
}

export function warning(check: string, message: string, hint: string): Finding {
  return { check, status: 'warning', message, hint }
}

export function problem(check: string, message: string, hint: string, exit: ExitCode = ExitCode.failure): Finding {
  return { check, status: 'problem', message, hint, exit }
}

/** A problem of another command as a finding. */
export function ofProblem(check: string, { message, hint, code, severity }: Problem, exit: ExitCode): Finding {
  const status = severity === 'warning' ? 'warning' : 'problem'
  return { check, status, message, hint: hint ?? 'run workos-migrate validate to see where it is', code, exit }
}

/** The findings for a check that failed with an error. */
export function ofError(check: string, error: unknown): Finding[] {
  if (error instanceof NotRegularFile)
    return [problem(check, error.message, 'move it: only a regular file can have this name')]
  if (!(error instanceof OperatorError)) return [ofProblem(check, unexpectedProblem(error), ExitCode.failure)]
  return error.problems.map((one) => ofProblem(check, one, error.exitCode))
}

export const MB = 1024 * 1024

/** `812 bytes`, `12 KB`, `3.4 MB`, `120 GB`. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`
  const units = ['KB', 'MB', 'GB', 'TB']
  let value = count / 1024
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[unit]}`
}
