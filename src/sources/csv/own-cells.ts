import { isRejectColumn, rejectText, unescapeCell } from '../reject-columns.ts'

/** The columns that are data: without those of a file of rejected rows. */
export function ownColumns(columns: readonly string[]): readonly string[] {
  return columns.some(isRejectColumn) ? columns.filter((column) => !isRejectColumn(column)) : columns
}

/** The cells that are data, with their columns: of a file of rejected rows, what its cells were made from. */
export function ownCells(columns: readonly string[], fields: readonly string[]) {
  if (!columns.some(isRejectColumn)) return { columns, fields }
  return {
    columns: ownColumns(columns),
    fields: fields.filter((_, index) => !isRejectColumn(columns[index] ?? '')).map(unescapeCell),
  }
}

/**
 * Of a row of a file of rejected rows of which no cell is filled in: what is said of it.
 * @returns undefined for every other row
 */
export function unfilledRow(columns: readonly string[], fields: readonly string[]): { text?: string } | undefined {
  if (!columns.some(isRejectColumn) || fields.length !== columns.length) return undefined
  if (fields.some((field, index) => field.trim() !== '' && !isRejectColumn(columns[index] ?? ''))) return undefined
  const index = columns.indexOf('_migrate_text')
  const text = rejectText({ _migrate_text: unescapeCell(fields[index] ?? '') })
  return text === undefined ? {} : { text }
}

/** Cells as a line of CSV. */
export function csvLine(fields: readonly string[], delimiter = ','): string {
  return fields.map((field) => csvCell(field, delimiter)).join(delimiter)
}

/** What needs no quotes whatever the delimiter, and cannot be taken for a comment. */
const PLAIN = /^(?:[\p{L}\p{N}_@./'+=-](?:[\p{L}\p{N}_@./:'+= -]*[\p{L}\p{N}_@./:'+=-])?)?$/u

function csvCell(field: string, delimiter: string): string {
  return PLAIN.test(field) && !field.includes(delimiter) ? field : `"${field.replaceAll('"', '""')}"`
}
