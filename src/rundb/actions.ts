import type { RunDatabase } from './run-database.ts'

/** The plan: the table `actions`. An action is one row; all of it is kept as JSON, beside what it is looked up by. */

export interface ActionRow {
  /** When its turn is. */
  phase: number
  kind: string
  key: string
  type: string
  /** WorkOS's id; null where there is none yet. */
  id: string | null
  /** All of it, as JSON. */
  action: string
}

export function insertAction(rundb: RunDatabase, { phase, kind, key, type, id, action }: ActionRow): void {
  rundb.run(
    'INSERT INTO actions (phase, kind, key, type, id, action) VALUES (?, ?, ?, ?, ?, ?)',
    phase,
    kind,
    key,
    type,
    id,
    action,
  )
}

/** What the renderings and the apply read by, made once the actions are complete. */
export function indexActions(rundb: RunDatabase): void {
  rundb.exec(`CREATE INDEX actions_by_type ON actions (kind, type, position);
    CREATE INDEX actions_by_phase ON actions (phase, position)`)
}

/** What is planned for a resource, and the id that it has by the plan. */
export function plannedFor(
  rundb: RunDatabase,
  kind: string,
  key: string,
): { type: string; id: string | null } | undefined {
  const row = rundb.statement('SELECT type, id FROM actions WHERE kind = ? AND key = ?').get(kind, key)
  return row && { type: String(row.type), id: row.id === null ? null : String(row.id) }
}

/** The key of the resource for which something with this id is planned. */
export function plannedKey(rundb: RunDatabase, kind: string, id: string): string | undefined {
  const row = rundb.statement('SELECT key FROM actions WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

/** Whether another one in WorkOS is about to be adopted in the place of the one that the state has. */
export function isReplaced(rundb: RunDatabase, kind: string, key: string): boolean {
  const adopted = `SELECT 1 FROM actions a JOIN known k ON k.kind = a.kind AND k.key = a.key
     WHERE a.kind = ? AND a.key = ? AND a.type = 'adopt' AND a.id <> k.id`
  return rundb.statement(adopted).get(kind, key) !== undefined
}

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
