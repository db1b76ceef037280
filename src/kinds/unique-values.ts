import { someOf } from '../diagnostics/printable.ts'
import { type RejectReason, rejectDesired } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** A value that only one resource of a kind can have and several claim, with their keys in order. */
export interface RepeatedValue {
  value: string
  keys: string[]
}

/** The values that several resources claim. @param values a query that yields `value` and `key` */
export function* repeatedValues(rundb: RunDatabase, values: string): Generator<RepeatedValue> {
  const rows = rundb.iterate(
    `SELECT value, json_group_array(key ORDER BY key) AS keys FROM (${values})
       GROUP BY value HAVING count(*) > 1 ORDER BY value`,
  )
  for (const { value, keys } of rows) yield { value: String(value), keys: JSON.parse(String(keys)).map(String) }
}

/**
 * Refuses every claimant: which of them is right cannot be told here.
 * @param onRefused told of each, before it goes
 */
export function rejectRepeated(
  rundb: RunDatabase,
  kind: string,
  claimed: Iterable<RepeatedValue>,
  refusal: (value: string, others: string) => RejectReason,
  onRefused: (key: string, claim: RepeatedValue) => void = () => {},
): void {
  const refused = new Set<string>()
  for (const claim of claimed) {
    const { value, keys } = claim
    for (const key of keys) {
      // Who claims two such values is one reject, and counts as a claimant of both.
      if (refused.has(key)) continue
      refused.add(key)
      onRefused(key, claim)
      rejectDesired(rundb, { kind, key }, refusal(value, named(kind, keys, key)))
    }
  }
}

/** The other claimants, as a message names them. */
function named(kind: string, keys: readonly string[], key: string): string {
  return someOf(keys.filter((other) => other !== key).map((other) => `${kind}:${other}`))
}
