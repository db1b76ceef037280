import type { RunDatabase } from './run-database.ts'

/**
 * What HTML reports read row by row. In: the run's database with the plan's actions, or a verification's findings. Out: their documents
 * one after the other, so that a report of a million rows is written in the memory of one.
 */

/** The first actions of one kind and type, each as the JSON that the plan made of it. */
export function* actionsOfType(rundb: RunDatabase, kind: string, type: string, limit: number): Generator<string> {
  const rows = rundb.iterate(
    'SELECT action FROM actions WHERE kind = ? AND type = ? ORDER BY position LIMIT ?',
    kind,
    type,
    limit,
  )
  for (const { action } of rows) yield String(action)
}

/** Everything that is blocked, in the order of the plan, as JSON. */
export function* blockedActions(rundb: RunDatabase): Generator<string> {
  const rows = rundb.iterate("SELECT action FROM actions WHERE type = 'blocked' ORDER BY phase, position")
  for (const { action } of rows) yield String(action)
}

/** The fields that differ most often between the source and WorkOS, as `user.email`, and in how many resources. */
export function differencesByField(rundb: RunDatabase, limit: number): { field: string; count: number }[] {
  return rundb
    .statement(
      `SELECT (finding ->> 'kind') || '.' || (finding ->> 'field') AS field, count(*) AS n FROM findings WHERE type = 'different'
       GROUP BY 1 ORDER BY n DESC, field LIMIT ?`,
    )
    .all(limit)
    .map(({ field, n }) => ({ field: String(field), count: Number(n) }))
}
