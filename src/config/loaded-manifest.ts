import type { Location, Problem } from '../diagnostics/problem.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import type { Manifest } from './manifest.ts'

/** A manifest together with where it came from. */
export interface LoadedManifest {
  manifest: Manifest
  /** The manifest file, absolute. */
  file: string
  /** Its folder, absolute: relative paths in the manifest start here. */
  directory: string
  environment?: string
  redactor: Redactor
  /** JSON-pointer-like paths of scalars whose reference is unset (only with `offline` and `defer`). */
  unresolved: string[][]
  /** What is wrong with references that were let be, for whoever comes to need one of them. */
  deferred: Problem[]
  /**
   * SHA-256 (hex) of the effective manifest with its secrets left out, and without `run`, whose default depends on the
   * machine: how hard a run pushes does not change what it does.
   */
  digest: string
  /**
   * Where the value at a path of the effective manifest was written; `offset` counts characters into a scalar.
   * Falls back to the nearest parent that has a place, and to the file alone.
   */
  locate(path: readonly (string | number)[], offset?: number): Location
  /** Where exactly this path was written; undefined for a value that was filled in as a default. */
  originOf(path: readonly (string | number)[]): Location | undefined
  /** What is accepted and worth a word: an API key written out in the file, … */
  warnings: Problem[]
}
