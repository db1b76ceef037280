import { type AnswerDifference, compareAnswer, sentBeside } from '../comparing/answer.ts'
import { kindDefinition } from '../kinds/registry.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

const CODE = 'still_reduced'
const ANSWERED = 'still_answered'

/** A resource that an earlier run was answered otherwise than it is wanted, and that this plan leaves so. */
export interface StillAnswered {
  kind: string
  key: string
  differences: AnswerDifference[]
}

/**
 * Those resources: nobody has looked at them, or they are so still. One whose source says by now what was answered is none: of what cannot
 * be updated, such as domains, no action tells that.
 */
export function* stillAnswered(rundb: RunDatabase): Generator<StillAnswered> {
  const rows = rundb.db
    .prepare(
      `SELECT k.kind, k.key, d.attributes, k.answered FROM known k JOIN desired d ON d.kind = k.kind AND d.key = k.key
       WHERE k.answered IS NOT NULL AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.key = k.key)
       ORDER BY k.kind, k.key`,
    )
    .iterate()
  for (const row of rows) {
    const [kind, key] = [String(row.kind), String(row.key)]
    const definition = kindDefinition(kind)
    const answered = JSON.parse(String(row.answered))
    const wanted = sentBeside(answered, { ...definition.inForce, ...JSON.parse(String(row.attributes)) })
    const differences = compareAnswer(definition, wanted, answered)
    if (differences.length > 0) yield { kind, key, differences }
  }
}

/** Remarks on what WorkOS answered otherwise than it was sent, when an earlier run applied it. */
export function noteStillAnswered(rundb: RunDatabase): void {
  rundb.transaction(() => {
    for (const { kind, key, differences } of stillAnswered(rundb)) {
      const fields = [...new Set(differences.map(({ field }) => field))].join(', ')
      rundb.run('INSERT INTO notes VALUES (0, ?, ?, ?, ?)', kind, key, ANSWERED, fields)
    }
  })
}

/** How many there are. */
export function countStillAnswered(rundb: RunDatabase): number {
  return rundb.count('SELECT count(*) FROM notes WHERE code = ?', ANSWERED)
}

/** Remarks on what an earlier run applied without a part that WorkOS did not take, and what this plan leaves so. */
export function noteStillReduced(rundb: RunDatabase): void {
  rundb.run(
    `INSERT INTO notes SELECT 0, k.kind, k.key, ?, k.reduced FROM known k
     JOIN desired d ON d.kind = k.kind AND d.key = k.key
     WHERE k.reduced IS NOT NULL AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.key = k.key)`,
    CODE,
  )
}

/** How many there are. */
export function countStillReduced(rundb: RunDatabase): number {
  return rundb.count('SELECT count(*) FROM notes WHERE code = ?', CODE)
}
