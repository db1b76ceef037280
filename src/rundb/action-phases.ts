import type { RunDatabase } from './run-database.ts'

/** The phases of the planned actions, in the order in which they are carried out. */
export function actionPhases(rundb: RunDatabase): number[] {
  const rows = rundb.statement('SELECT DISTINCT phase FROM actions ORDER BY phase').all()
  return rows.map((row) => Number(row.phase))
}

/** The actions of a phase as JSON, in their order; read by pages, so that they may be carried out meanwhile. */
export function* actionsOfPhase(rundb: RunDatabase, phase: number): Generator<string> {
  const page = rundb.statement(
    'SELECT position, action FROM actions WHERE phase = ? AND position > ? ORDER BY position LIMIT 1000',
  )
  for (let after = 0; ; ) {
    const rows = page.all(phase, after)
    if (rows.length === 0) return
    for (const row of rows) yield String(row.action)
    after = Number(rows.at(-1)?.position)
  }
}
