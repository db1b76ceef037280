/**
 * The form of all problems. An OperatorError (errors.ts) carries problems to the command, and
 * render.ts writes them as text or JSON, without secrets (Redactor) and personal data (Mask).
 */

/** A place in a file. Lines and columns count from 1. */
export interface Location {
  file: string
  line?: number
  column?: number
  /** The number of the record in the file, from 1, if a line can contain several. */
  record?: number
}

export interface Problem {
  /** The stable code: `unknown_key`, `ragged_row` … */
  code: string
  /** What is wrong, in one sentence without a full stop. */
  message: string
  /** What to do. */
  hint?: string
  at?: Location
  /** The path inside the manifest or record: `run.limits.writes`. */
  path?: string
  /** A warning does not fail the command. Default: error. */
  severity?: 'error' | 'warning'
}

/** Why something is rejected. The caller adds the field, the key or the record. */
export type Reason = Pick<Problem, 'code' | 'message' | 'hint'>

/** `file:line:column`, as far as known. */
export function formatLocation(at: Location): string {
  return [at.file, at.line, at.line === undefined ? undefined : at.column]
    .filter((part) => part !== undefined)
    .join(':')
}
