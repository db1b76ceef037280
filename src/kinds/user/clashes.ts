import type { RunDatabase } from '../../rundb/run-database.ts'

/** A user that could not become one with whom it clashes with. */
interface Clash {
  /** The named case where there is one, else the code. */
  case: string
  fate: 'rejected' | 'blocked'
  code: string
  key: string | null
  message: string
  /** Where it was read: number of the file in the run's database, and line. */
  place: { file: number; line: number | null }
}

/** Users that were refused, then those that the plan blocks, for whom they clash with. */
export function* clashingUsers(rundb: RunDatabase): Generator<Clash> {
  for (const { name, code, ...row } of rundb.iterate(REFUSED)) {
    yield { case: String(name ?? code), fate: 'rejected', code: String(code), ...clashOf(row) }
  }
  for (const { code, ...row } of rundb.iterate(BLOCKED)) {
    yield { case: String(code), fate: 'blocked', code: String(code), ...clashOf(row) }
  }
}

function clashOf({ key, message, file, line }: Record<string, unknown>): Pick<Clash, 'key' | 'message' | 'place'> {
  return {
    key: key === null ? null : String(key),
    message: String(message),
    place: { file: Number(file), line: line === null ? null : Number(line) },
  }
}

const REFUSED = `
  SELECT r.key, r.code, r.message, r.file, r.line,
    (SELECT min(c.code) FROM cases c WHERE c.key = r.key AND c.fate = 'rejected') AS name
  FROM rejects r WHERE r.kind = 'user' AND r.code IN ('key_contradiction', 'shared_external_id')
  ORDER BY r.key, r.file, r.line`

const BLOCKED = `
  SELECT a.key, a.action ->> 'code' AS code, a.action ->> 'message' AS message, d.file, d.line FROM actions a
  JOIN desired d ON d.kind = a.kind AND d.key = a.key WHERE a.kind = 'user' AND a.type = 'blocked'
    AND a.action ->> 'code' IN ('external_id_clash', 'identity_clash', 'exists_already', 'unverified_account') ORDER BY a.key`
