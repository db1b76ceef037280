/**
 * What is wrong, in one form for the whole program. A Problem goes in, from whoever finds it;
 * OperatorError (errors.ts) carries it to the command, render.ts writes it for people and machines,
 * and Redactor and Mask keep secrets and persons out of what is written.
 */

/** A place in a file. Lines and columns count from 1. */
export interface Location {
  file: string
  line?: number
  column?: number
  /** Which record of the file it is, from 1, where many of them may be on one line. */
  record?: number
}

/** One thing that is wrong, said so that its reader can correct it. */
export interface Problem {
  /** Stable, machine-readable name: `unknown_key`, `ragged_row` … */
  code: string
  /** What is wrong, one sentence without a trailing stop. */
  message: string
  /** What would be right. */
  hint?: string
  at?: Location
  /** Path inside the manifest or record, e.g. `run.limits.writes`. */
  path?: string
  /** Warnings are shown and do not fail the command. Default: error. */
  severity?: 'error' | 'warning'
}

/**
 * Why something is refused, wherever it stands. What is refused adds which field, key or record it
 * is.
 */
export type Reason = Pick<Problem, 'code' | 'message' | 'hint'>

/** `file:line:column`, as far as it is known. */
export function formatLocation(at: Location): string {
  return [at.file, at.line, at.line === undefined ? undefined : at.column]
    .filter((part) => part !== undefined)
    .join(':')
}
