import { IS_BLOCKED } from './actions.ts'
import { addressIn } from './desired.ts'
import { IN_GROUP_OF } from './drafts.ts'
import { unpackRepeats } from './repeats.ts'
import type { RunDatabase } from './run-database.ts'

/** What a plan rejects or blocks. In: rejects and blocked actions. Out: each at its place. */

/** A rejected or blocked resource at the place of one of its records. */
export interface MisfitRow {
  outcome: 'rejected' | 'blocked'
  kind: string
  /** Null if its key could not be computed. */
  key: string | null
  code: string
  field: string | null
  message: string
  /** Null: the manifest itself declares it. */
  file: string | null
  line: number | null
  seq: number | null
  /** The email address of its user, if known. */
  email: string | null
}

/** Rejected and blocked resources, with the same columns. */
const MISFITS = `
  SELECT 'rejected' AS outcome, r.kind, r.key, r.code, r.field, r.message, r.file, r.line, r.seq, r.records, r.email,
    r.rowid AS position FROM rejects r
  UNION ALL
  SELECT 'blocked', a.kind, a.key, a.action ->> 'code', NULL, a.action ->> 'message', d.file, d.line, d.seq, d.records, ${addressIn('d')},
    a.position
  FROM decided_actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key WHERE ${IS_BLOCKED}`

/**
 * Everything that a plan rejects or blocks, at the place of each record concerned: all records that
 * merge into one user, the first of those that name one organization. Sorted by record; findings
 * about one record keep their order.
 */
export function* misfitRows(rundb: RunDatabase): Generator<MisfitRow> {
  const concerned = `SELECT d.id FROM repeated r CROSS JOIN drafts d ON d.id = r.draft
    WHERE EXISTS (SELECT 1 FROM (${MISFITS}) m WHERE m.kind = d.kind AND m.key = d.key)`
  rundb.transaction(() => unpackRepeats(rundb, concerned))
  const names = fileNames(rundb)
  const named = (file: unknown) => (file === null ? null : (names.get(Number(file)) ?? null))
  const others = rundb.statement(
    `SELECT file, line, seq FROM drafts WHERE id IN (${IN_GROUP_OF}) AND seq <> ?3 ORDER BY seq, dedupe_group, id`,
  )
  // Threads find them in any order.
  const inOrder = `${MISFITS} ORDER BY file, line, seq, outcome DESC, position`
  for (const row of rundb.iterate(inOrder)) {
    const misfit: MisfitRow = {
      outcome: row.outcome === 'blocked' ? 'blocked' : 'rejected',
      kind: String(row.kind),
      key: textOrNull(row.key),
      code: String(row.code),
      field: textOrNull(row.field),
      message: String(row.message),
      file: named(row.file),
      line: numberOrNull(row.line),
      seq: numberOrNull(row.seq),
      email: textOrNull(row.email),
    }
    yield misfit
    if (Number(row.records) <= 1 || misfit.key === null || misfit.seq === null) continue
    for (const other of others.all(misfit.kind, misfit.key, misfit.seq)) {
      yield { ...misfit, file: named(other.file), line: numberOrNull(other.line), seq: numberOrNull(other.seq) }
    }
  }
}

function fileNames(rundb: RunDatabase): Map<number, string> {
  const rows = rundb.statement('SELECT id, name FROM files').all()
  return new Map(rows.map(({ id, name }) => [Number(id), String(name)]))
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
