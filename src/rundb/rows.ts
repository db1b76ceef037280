import type { SQLOutputValue } from 'node:sqlite'
import type { Origin } from '../sources/source.ts'
import type { RunDatabase } from './run-database.ts'

/** An origin as rows hold it: the number of the file (see RunDatabase.fileId), and the line. */
export interface Place {
  fileId: number
  line: number | null
}

/** An origin as the columns `file` and `line`. */
export function placeOf(rundb: RunDatabase, origin: Origin | Place): [number, number | null] {
  if ('fileId' in origin) return [origin.fileId, origin.line]
  return [rundb.fileId(origin.file), origin.line ?? null]
}

/** The columns `file` and `line` of a row as a place. */
export function placeIn({ file, line }: Record<string, SQLOutputValue>): Place {
  return { fileId: Number(file), line: line === null || line === undefined ? null : Number(line) }
}

/** `users.csv:12`, of the row `alias` with the file `f`, as SQL. */
export const originOf = (alias: string) => `f.name || coalesce(':' || ${alias}.line, '') AS origin`

export function textIn(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}
