import type { RunDatabase } from './run-database.ts'

/**
 * Keys of a range: small next to a chunk of records, and enough that the statements cost nothing
 * beside their rows.
 */
const KEYS_IN_RANGE = 10_000

/**
 * The keys of a kind in ranges, in their order. A statement that calls a function of JavaScript for
 * every row is carried out range by range: Node.js keeps what the function was given until the
 * statement ends.
 * @param table with the columns `kind` and `key`, and an index of these
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
