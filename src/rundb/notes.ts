import type { RunDatabase } from './run-database.ts'

/** A remark on an accepted resource, counted in the plan. */
export interface NoteRow {
  kind: string
  key: string
  code: string
  detail: string
  /** Position of the record it is about. Default 0: none in particular. */
  seq?: number
}

export function insertNote(rundb: RunDatabase, { kind, key, code, detail, seq = 0 }: NoteRow): void {
  rundb.run('INSERT INTO notes VALUES (?, ?, ?, ?, ?)', seq, kind, key, code, detail)
}

export function countNotes(rundb: RunDatabase, code: string): number {
  return rundb.count('SELECT count(*) FROM notes WHERE code = ?', code)
}
