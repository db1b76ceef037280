/**
 * What `doctor` looks at, and what it finds. In: the options of the command. Out: a Patient, the
 * manifest as far as it can be read; the looks in manifest.ts, machine.ts and target.ts take it,
 * and each yields findings in the form given here.
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

/**
 * What the manifest refers to: variables, and files as `file:path`. @param isWanted by the place in
 * the manifest
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

/** Where the state is kept; undefined where the manifest does not tell. */
export function stateLocationOf(patient: Patient): StateLocation | undefined {
  const loaded = soundIn(patient, 'state')
  if (loaded === undefined || unsetIn(loaded, 'state').length > 0) return undefined
  return stateLocation(loaded)
}

/** A path as people know it: from where they are, if it is in there. */
export function shownPath(path: string, { context: { cwd } }: Patient): string {
  const within = relative(cwd, path)
  if (within === '') return '.'
  return isAbsolute(within) || within.startsWith('..') ? path : within
}

/** `skipped`: it could not be looked at, or was not to be. */
export type Status = 'ok' | 'warning' | 'problem' | 'skipped'

/** What one look came to. */
export interface Finding {
  /** Stable name of what was looked at: `node`, `manifest`, `clock` … */
  check: string
  status: Status
  /** One sentence without a trailing stop. */
  message: string
  /** What to do. Every warning and every problem has one. */
  hint?: string
  /** Stable name of what is wrong. */
  code?: string
  /** The exit code that other commands end with because of it. Default: failure. */
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

/** What other commands would end with, as a finding. */
export function ofProblem(check: string, { message, hint, code, severity }: Problem, exit: ExitCode): Finding {
  const status = severity === 'warning' ? 'warning' : 'problem'
  return { check, status, message, hint: hint ?? 'workos-migrate validate shows where it is', code, exit }
}

/** What a look that failed came to. */
export function ofError(check: string, error: unknown): Finding[] {
  if (error instanceof NotRegularFile)
    return [problem(check, error.message, 'move it away: nothing but a regular file may have this name')]
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
