import type { RunDatabase } from './run-database.ts'

/** Keys per range: small next to a chunk of records, and large enough for a low overhead. */
const KEYS_IN_RANGE = 10_000

/**
 * The keys of a kind in ranges, in order. Run a statement range by range if it calls a JavaScript
 * function for every row: Node.js keeps the arguments until the statement ends.
 * @param table with the columns `kind` and `key`, and an index on them
 * @returns the first and the last key of each range
 */
export function* keyRanges(rundb: RunDatabase, table: string, kind: string): Generator<[first: string, last: string]> {
  const range = (sign: '>=' | '>') =>
    rundb.statement(
      `SELECT min(key) AS first, max(key) AS last FROM (
         SELECT key FROM ${table} WHERE kind = ? AND key ${sign} ? ORDER BY key LIMIT ${KEYS_IN_RANGE})`,
    )
  for (let row = range('>=').get(kind, ''); row !== undefined && row.last !== null; ) {
    const last = String(row.last)
    yield [String(row.first), last]
    row = range('>').get(kind, last)
  }
}
