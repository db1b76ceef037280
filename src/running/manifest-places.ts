/**
 * Places of problems in the manifest. In: a problem of a value or of the source. Out: the same
 * problem with its line.
 */

import { resolve } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { ManifestError, SourceError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'

/**
 * Gives a problem of the source its place: the line of the manifest that names the file if the
 * whole file is concerned, else the line in the file.
 */
export function withSourceLocation(problem: Problem, loaded: LoadedManifest): Problem {
  if (problem.at === undefined) return { ...problem, at: loaded.locate(problem.path?.split('.') ?? ['source']) }
  const { type: _type, ...settings } = loaded.manifest.source
  const { file, line } = problem.at
  const absolute = resolve(loaded.directory, file)
  const option = optionNaming(settings, (value) => resolve(loaded.directory, value) === absolute)
  if (line !== undefined || option === undefined) return { ...problem, at: { ...problem.at, file: absolute } }
  const path = ['source', ...option]
  return { ...problem, at: loaded.locate(path), path: problem.path ?? path.join('.') }
}

/** Path of the first option that is, or contains, a matching value. */
function optionNaming(value: unknown, wanted: (text: string) => boolean): string[] | undefined {
  if (typeof value === 'string') return wanted(value) ? [] : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    const rest = optionNaming(member, wanted)
    if (rest !== undefined) return [key, ...rest]
  }
  return undefined
}

/** Gives a problem with a value of the manifest the line of that value. */
export function withManifestLocation(problem: Problem, loaded: LoadedManifest): Problem {
  if (problem.at !== undefined || problem.path === undefined) return problem
  const at = loaded.originOf(problem.path.split('.'))
  return at === undefined ? problem : { ...problem, at }
}

/** Runs work that uses values of the manifest and gives its errors their place. */
export async function locatingManifestErrors<T>(loaded: LoadedManifest, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error
    const located = error.problems.map((problem) => withManifestLocation(problem, loaded))
    throw new ManifestError(located, { cause: error })
  }
}

/** Runs work that reads the source and gives its errors their place. */
export async function locatingSourceErrors<T>(loaded: LoadedManifest, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const located = (problems: readonly Problem[]) =>
      problems.map((problem) => {
        const ofManifest = problem.at === undefined && problem.path !== undefined
        return ofManifest ? withManifestLocation(problem, loaded) : withSourceLocation(problem, loaded)
      })
    if (error instanceof SourceError) throw new SourceError(located(error.problems), { cause: error })
    if (error instanceof ManifestError) throw new ManifestError(located(error.problems), { cause: error })
    throw error
  }
}
