import type { RunDatabase } from '../rundb/run-database.ts'
import type { Plan } from './plan.ts'

/** What keeps a record, or a part of it, out of WorkOS. */
export interface Misfit {
  outcome: 'failed' | 'blocked' | 'reduced' | 'rejected'
  kind: string
  /** Null when not even its key could be computed. */
  key: string | null
  code: string
  field: string | null
  message: string
  /** `users.csv:12`. */
  origin: string
}

/** A misfit at the place of one of its records. */
export interface PlacedMisfit {
  misfit: Misfit
  /** Null: the manifest itself declares it. */
  file: string | null
  line: number | null
  seq: number | null
}

/** What is rejected and what is blocked, with the columns that both queries yield. */
const MISFITS = `
  SELECT 'rejected' AS outcome, r.kind, r.key, r.code, r.field, r.message, r.file, r.line, r.seq, r.records FROM rejects r
  UNION ALL
  SELECT 'blocked', a.kind, a.key, a.action ->> 'code', NULL, a.action ->> 'message', d.file, d.line, d.seq, d.records
  FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key WHERE a.type = 'blocked'`

/**
 * Everything that a plan rejects or blocks, at the place of each record that is known to be concerned: all of those that merge
 * into one user, the first of those that name one organization.
 */
export function* planMisfits({ set: { rundb } }: Pick<Plan, 'set'>): Generator<PlacedMisfit> {
  const names = fileNames(rundb)
  const named = (file: unknown) => (file === null ? null : (names.get(Number(file)) ?? null))
  const others = rundb.db.prepare(
    `SELECT file, line, seq FROM drafts WHERE kind = ?1 AND seq <> ?3
       AND dedupe_group IN (SELECT dedupe_group FROM drafts WHERE kind = ?1 AND key = ?2 AND seq = ?3) ORDER BY seq`,
  )
  for (const row of rundb.db.prepare(MISFITS).iterate()) {
    const [file, line] = [named(row.file), numberOrNull(row.line)]
    const misfit: Misfit = {
      outcome: row.outcome === 'blocked' ? 'blocked' : 'rejected',
      kind: String(row.kind),
      key: textOrNull(row.key),
      code: String(row.code),
      field: textOrNull(row.field),
      message: String(row.message),
      origin: originOf(file, line),
    }
    const seq = numberOrNull(row.seq)
    yield { misfit, file, line, seq }
    if (Number(row.records) <= 1 || misfit.key === null || seq === null) continue
    for (const other of others.all(misfit.kind, misfit.key, seq)) {
      const place = { file: named(other.file), line: numberOrNull(other.line) }
      yield { misfit: { ...misfit, origin: originOf(place.file, place.line) }, ...place, seq: numberOrNull(other.seq) }
    }
  }
}

/** The place that a text names: `users.csv:12`. */
export function placeOf(origin: string): { file: string | null; line: number | null } {
  if (origin === MANIFEST) return { file: null, line: null }
  const [, file, line] = /^(.*):(\d+)$/s.exec(origin) ?? []
  return file === undefined ? { file: origin, line: null } : { file, line: Number(line) }
}

/** As DesiredSet.origin names what no record says. */
const MANIFEST = 'the manifest'

function originOf(file: string | null, line: number | null): string {
  if (file === null) return MANIFEST
  return line === null ? file : `${file}:${line}`
}

function fileNames(rundb: RunDatabase): Map<number, string> {
  const rows = rundb.db.prepare('SELECT id, name FROM files').all()
  return new Map(rows.map(({ id, name }) => [Number(id), String(name)]))
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
