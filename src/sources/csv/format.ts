import type { Reason } from '../../diagnostics/problem.ts'

/** How to split the records of a cut by looking at bytes: plain data. */
export interface Layout {
  /** One ASCII character. */
  delimiter: string
  /** One ASCII character. Undefined: nothing quotes. */
  quote: string | undefined
  /** Whether backslashes escape anywhere. */
  hasBackslashes?: boolean
}

/** How rows become records, without the rule of their format: plain data. */
export interface RowFormat {
  columns: readonly string[]
  /** Whether a header names the columns. */
  isHeaded: boolean
  /** Columns whose values keep surrounding spaces. */
  verbatim: readonly string[] | 'all'
  /** Texts that mean "no value". */
  nulls: readonly string[]
  /** Whether missing cells at the end of a row are added. */
  isPadded?: boolean
}

/** How the cuts of a file become records, without the rule of their format. */
export interface CutFormat extends RowFormat, Layout {}

export interface Row {
  /** Line on which the row begins, from 1. */
  line: number
  fields: string[]
}

/** The findings in some rows of a file. */
export interface RowsFound {
  /** Rows that are records, good or bad. */
  read: number
  /** Rows with only empty fields. */
  blank: number
  /** Rows with too few or too many cells that were made to fit. */
  padded?: number
  /** NUL characters that were left out. */
  nuls?: number
  refused: Refused[]
}

/** A rejected record. */
export interface Refused {
  line: number
  problem: Reason
}
