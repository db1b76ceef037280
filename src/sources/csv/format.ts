import type { Reason } from '../../diagnostics/problem.ts'

/**
 * How the records of a cut are written, where a look at the bytes tells one from another: plain
 * data.
 */
export interface Layout {
  /** One ASCII character. */
  delimiter: string
  /** The same; undefined: nothing quotes. */
  quote: string | undefined
  /** Backslashes escape anywhere. */
  hasBackslashes?: boolean
}

/** What rows become records by, but for the rule of their format: plain data. */
export interface RowFormat {
  columns: readonly string[]
  /** Whether a header names the columns. */
  isHeaded: boolean
  /** Columns whose values keep the blanks around them; `all` of them do. */
  verbatim: readonly string[] | 'all'
  /** Values that stand for nothing. */
  nulls: readonly string[]
  /** Whether rows with too few cells are filled up. */
  isPadded?: boolean
}

/** How the cuts of a file become records, but for the rule. */
export interface CutFormat extends RowFormat, Layout {}

/** One row of a table. */
export interface Row {
  /** Line on which the row begins, from 1. */
  line: number
  fields: string[]
}

/** What some rows of a file came to. */
export interface RowsFound {
  /** Rows that are records, good or bad. */
  read: number
  /** Rows of nothing but empty fields. */
  blank: number
  /** Rows with too few or too many cells that were made to fit. */
  padded?: number
  /** NUL characters that were left out. */
  nuls?: number
  refused: Refused[]
}

/** A record that is refused. */
export interface Refused {
  line: number
  problem: Reason
}
