import { nearest } from '../../config/nearest.ts'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'

/** The columns that a format knows. Others are passed on under their own name, so that mappings may use them. */
export interface ColumnSpec {
  known: readonly string[]
  /** Each entry names columns of which one must be there. */
  required: readonly (readonly string[])[]
  /** Columns whose values keep the blanks around them; `all` of them do. */
  verbatim?: readonly string[] | 'all'
  /** Any other column is as good as a known one. */
  open?: boolean
}

/**
 * Checks the names in a header.
 * @param line of the header; undefined when the names are given in its place
 * @returns warnings
 * @throws SourceError when a name stands twice or a required column is missing
 */
export function checkColumns(
  columns: readonly string[],
  columnSpec: ColumnSpec,
  file: string,
  line: number | undefined,
): Problem[] {
  const at = line === undefined ? { file } : { file, line }
  const problems = [...repeated(columns), ...reserved(columns), ...missing(columns, columnSpec)]
  if (problems.length > 0) throw new SourceError(problems.map((problem) => ({ ...problem, at })))
  const warnings: Problem[] = []
  const unknown = columns.filter((column) => column !== '' && !columnSpec.known.includes(column))
  if (unknown.length > 0 && !columnSpec.open) warnings.push(unknownColumns(unknown, columns, columnSpec))
  const nameless = columns.flatMap((column, index) => (column === '' ? [index + 1] : []))
  if (nameless.length > 0 && line !== undefined) {
    warnings.push({
      code: 'nameless_column',
      message: `the header gives no name for column ${nameless.join(', ')}; what stands there is left out`,
      hint: 'name the column, or remove it',
    })
  }
  return warnings.map((warning) => ({ ...warning, severity: 'warning', at }))
}

function repeated(columns: readonly string[]): Problem[] {
  const twice = new Set(columns.filter((column, index) => column !== '' && columns.indexOf(column) !== index))
  return [...twice].map((column) => ({
    code: 'duplicate_column',
    message: `the header names the column "${shown(column)}" twice`,
    hint: 'rename or remove one of them',
  }))
}

/** A member of this name would not become a member of a record. */
function reserved(columns: readonly string[]): Problem[] {
  if (!columns.includes('__proto__')) return []
  return [{ code: 'reserved_column', message: 'a column may not be named "__proto__"', hint: 'rename it' }]
}

function missing(columns: readonly string[], columnSpec: ColumnSpec): Problem[] {
  return columnSpec.required
    .filter((choice) => !choice.some((column) => columns.includes(column)))
    .map((choice) => ({
      code: 'missing_column',
      message: `the header lacks the column ${choice.map((column) => `"${column}"`).join(' or ')}`,
      hint: missingHint(columns, choice, columnSpec),
    }))
}

function missingHint(columns: readonly string[], choice: readonly string[], columnSpec: ColumnSpec): string {
  // A row of data in place of a header may hold hashes: nothing of it is shown.
  if (columns.some((column) => /[@$]/.test(column))) return 'the first line must name the columns; this looks like data'
  const similar = columns.find((column) => choice.some((wanted) => nearest(column, [wanted]) === wanted))
  if (similar !== undefined) return `did you mean that by "${shown(similar)}"?`
  if (columns.length === 1) return 'only one column was found: is this the right file, and the right delimiter?'
  return `known columns: ${columnSpec.known.join(', ')}`
}

function unknownColumns(unknown: readonly string[], columns: readonly string[], columnSpec: ColumnSpec): Problem {
  const free = columnSpec.known.filter((known) => !columns.includes(known))
  const listed = unknown.map((column) => {
    const near = nearest(column, free)
    return near === undefined ? `"${shown(column)}"` : `"${shown(column)}" (did you mean "${near}"?)`
  })
  return {
    code: 'unknown_column',
    message: `${unknown.length === 1 ? 'unknown column' : 'unknown columns'}: ${listed.join(', ')}`,
    hint: 'a mapping may use them under these names; unless one does, they are left out',
  }
}

function shown(column: string): string {
  return column.length > 60 ? `${column.slice(0, 60)}…` : column
}
