import type { Origin } from '../sources/source.ts'
import type { Parameter } from '../sqlite/open.ts'
import { addressIn } from './desired.ts'
import { closeReferences, countDesired, desiredChanged } from './desired-facts.ts'
import { draftsChange } from './draft-facts.ts'
import { ROLE_ASSIGNMENT } from './drafts.ts'
import { canDangle, type Reference } from './loose.ts'
import { bindWordings, originOf, type Place, placeOf, type RunDatabase, textIn, type Wording } from './run-database.ts'

/**
 * The table `rejects`. In: a reject as an object, or all matching rows by SQL; what refers to a
 * reject is rejected, too. Out: every reject with its place.
 */

/** One row of the table. */
export interface RejectRow {
  /** A kind, `record` for a record that the source rejected, or `roleAssignment`. */
  kind: string
  /** Null: the key is unknown. */
  key: string | null
  code: string
  /** The field that is the reason. */
  field?: string | null
  message: string
  hint?: string | null
  /** Position of the record. Null: it has none. */
  seq: number | null
  /** The place of the record: by name, or as in another row of the run's database. */
  origin: Origin | Place
  /** Keys of its references. */
  refs?: Readonly<Record<string, string>>
  /** The number of its records. Default 1. */
  records?: number
  /** The email address of its user, if known. */
  email?: string | null
  /** For a record that the source rejected: the only kind made from its stream. */
  wouldBe?: string | null
}

/** Why something is rejected. Null: no more details. */
export type RejectReason = Required<Pick<RejectRow, 'code' | 'field' | 'message' | 'hint'>>

/**
 * A rejected resource or record, with its place in the source. The state keeps those of a run, too.
 * Never contains a secret.
 */
export interface RejectedItem {
  kind: string
  key: string | null
  code: string
  field: string | null
  message: string
  hint: string | null
  /** `users.csv:12`. */
  origin: string
  /** The number of its records in the source. */
  records: number
  /** The email address of its user, if known. */
  email: string | null
}

const COLUMNS = 'kind, key, code, field, message, hint, seq, file, line, refs, records, email'

export function insertReject(rundb: RunDatabase, reject: RejectRow): void {
  const {
    kind,
    key,
    code,
    field,
    message,
    hint,
    seq,
    origin,
    refs = {},
    records = 1,
    email = null,
    wouldBe = null,
  } = reject
  rundb.run(
    `INSERT INTO rejects (${COLUMNS}, would_be) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    kind,
    key,
    code,
    field ?? null,
    message,
    hint ?? null,
    seq,
    ...placeOf(rundb, origin),
    JSON.stringify(refs),
    records,
    email,
    wouldBe,
  )
}

/** Keeps the email address of a rejected user, so that a selector can match it. */
export function insertRejectedAddress(
  rundb: RunDatabase,
  { seq, key, email }: { seq: number; key: string; email: string },
): void {
  rundb.run('INSERT INTO addresses VALUES (?, ?, ?)', seq, key, email)
}

const ADDRESS_OF_GRANT =
  "coalesce(grants.email, (SELECT u.attributes ->> '$.email' FROM desired u WHERE u.kind = 'user' AND u.key = grants.user))"

/** The columns that a reject copies from its row: kind, key, place, references, records, email. */
const COPIED = {
  drafts: ['kind, key', 'seq, file, line, refs, records', "attributes ->> '$.email'"],
  desired: ['kind, key', 'seq, file, line, refs, records', addressIn('desired')],
  grants: [`'${ROLE_ASSIGNMENT}', user`, "seq, file, line, json_object('user', user), 1", ADDRESS_OF_GRANT],
} as const

export interface Rejection {
  /** The table of the rows. */
  from: keyof typeof COPIED
  /** The condition on rows, as SQL. Its parameters are `?1`, `?2` … */
  where: string
  reason: { code: Wording; field: Wording; message: Wording; hint: Wording }
  /** Tables that the reason reads in addition, as SQL. */
  join?: string
  /** The email address of the user, as SQL, if one of these tables has it. */
  email?: string
}

/**
 * Moves all matching rows to the rejects.
 * @param parameters of the condition
 * @returns the number of rows
 */
export function rejectAll(rundb: RunDatabase, rejection: Rejection, ...parameters: Parameter[]): number {
  const { from, where, reason, join = '', email } = rejection
  const [identity, rest, known] = COPIED[from]
  const address = email === undefined ? known : `coalesce(${email}, ${known})`
  const { written, bound } = bindWordings([reason.code, reason.field, reason.message, reason.hint], parameters)
  const before = rundb.count('SELECT max(rowid) FROM rejects')
  const rejected = rundb.run(
    `INSERT INTO rejects (${COLUMNS}) SELECT ${identity}, ${written.join(', ')}, ${rest}, ${address} FROM ${from} ${join} WHERE ${where}`,
    ...bound,
  )
  if (rejected === 0) return 0
  if (from === 'drafts') draftsChange(rundb)
  // The condition might scan the whole table. Rows with their own key are deleted by key.
  if (from !== 'desired') rundb.run(`DELETE FROM ${from} WHERE ${where}`, ...parameters)
  else takeRejected(rundb, before)
  return rejected
}

/** Deletes the rows that were copied to the rejects after a row. */
function takeRejected(rundb: RunDatabase, before: number): void {
  const kinds = rundb.statement('SELECT DISTINCT kind FROM rejects WHERE rowid > ?').all(before)
  for (const { kind } of kinds) desiredChanged(rundb, String(kind))
  rundb.run('DELETE FROM desired WHERE (kind, key) IN (SELECT kind, key FROM rejects WHERE rowid > ?)', before)
}

/** Moves a draft to the rejects. */
export function rejectDraft(rundb: RunDatabase, id: number, reason: RejectReason): void {
  rejectAll(rundb, { from: 'drafts', where: 'id = ?1', reason }, id)
}

/** Moves a desired resource to the rejects. */
export function rejectDesired(
  rundb: RunDatabase,
  { kind, key }: { kind: string; key: string },
  reason: RejectReason,
): void {
  rejectAll(rundb, { from: 'desired', where: 'kind = ?1 AND key = ?2', reason }, kind, key)
}

/** Moves a role grant to the rejects. @param id its rowid */
export function rejectGrant(rundb: RunDatabase, id: number, reason: RejectReason): void {
  rejectAll(rundb, { from: 'grants', where: 'rowid = ?1', reason }, id)
}

/** All rejects, in the order of the records. */
export function* rejectedItems(rundb: RunDatabase): Generator<RejectedItem> {
  const rows = rundb.iterate(
    `SELECT r.*, ${originOf('r')} FROM rejects r JOIN files f ON f.id = r.file ORDER BY r.file, r.line, r.seq, r.rowid`,
  )
  for (const row of rows) {
    yield {
      kind: String(row.kind),
      key: textIn(row.key),
      code: String(row.code),
      field: textIn(row.field),
      message: String(row.message),
      hint: textIn(row.hint),
      origin: String(row.origin),
      records: Number(row.records),
      email: textIn(row.email),
    }
  }
}

/**
 * The identity and reason of each reject, sorted, without its place and message. Only for digests.
 */
export function* rejectedIdentities(rundb: RunDatabase): Generator<string> {
  const rows = rundb.iterate(
    `SELECT json_array(kind, key, code, field, sum(records)) AS rejected FROM rejects
     GROUP BY kind, key, code, field ORDER BY kind, key, code, field`,
  )
  for (const { rejected } of rows) yield String(rejected)
}

/** The number of rejected records, of one kind or of all. */
export function countRejects(rundb: RunDatabase, kind?: string): number {
  if (kind === undefined) return rundb.count('SELECT sum(records) FROM rejects')
  return rundb.count('SELECT sum(records) FROM rejects WHERE kind = ?', kind)
}

/** The number of rejected records that neither are nor would be of these kinds. */
export function countRejectsWithout(rundb: RunDatabase, kinds: readonly string[]): number {
  const named = JSON.stringify(kinds)
  return rundb.count(
    'SELECT sum(records) FROM rejects WHERE coalesce(would_be, kind) NOT IN (SELECT value FROM json_each(?))',
    named,
  )
}

/** The number of records rejected by the source that would be of this kind and no other. */
export function countUnreadOf(rundb: RunDatabase, kind: string): number {
  return rundb.count('SELECT sum(records) FROM rejects WHERE would_be = ?', kind)
}

/** Rejects by kind and code, most frequent first. */
export function rejectCounts(rundb: RunDatabase): { kind: string; code: string; count: number }[] {
  return rundb
    .statement('SELECT kind, code, sum(records) AS n FROM rejects GROUP BY kind, code ORDER BY n DESC, kind, code')
    .all()
    .map((row) => ({ kind: String(row.kind), code: String(row.code), count: Number(row.n) }))
}

/**
 * Rejects resources of a kind that refer to something that is not desired. The reason names what
 * was rejected, or is missing from the source. Nearly always nothing is missing, so that is checked
 * first.
 * @param refs roles of references, and the kinds that they lead to
 */
export function rejectDependents(
  rundb: RunDatabase,
  { kind, refs }: { kind: string; refs: Readonly<Record<string, string>> },
): void {
  const roles = Object.entries(refs)
  if (roles.length === 0) return
  const leads = (ref: Reference) => !canDangle(rundb, ref) || !leadsNowhere(rundb, ref)
  if (!roles.every(([role, target]) => leads({ kind, role, target }))) {
    // A resource without a reference in a role needs nothing there.
    const conditions = roles.map((_, at) => {
      const key = `d.refs ->> ('$.' || ?${at * 2 + 2})`
      return `(${key} IS NULL OR EXISTS (SELECT 1 FROM desired p WHERE p.kind = ?${at * 2 + 3} AND p.key = ${key}))`
    })
    rundb.exec('CREATE TABLE dangling (key TEXT PRIMARY KEY) WITHOUT ROWID, STRICT')
    rundb.run(
      `INSERT INTO dangling SELECT d.key FROM desired d WHERE d.kind = ?1 AND NOT (${conditions.join(' AND ')})`,
      kind,
      ...roles.flat(),
    )
    for (const [role, target] of roles) rejectDangling(rundb, { kind, role, target })
    rundb.exec('DROP TABLE dangling')
  }
  closeReferences(rundb, kind, refs)
}

/** Up to this many targets per resource, EXCEPT is faster than lookups. */
const FEW_TARGETS = 4

/** Whether a reference in a role leads to nothing that is desired. */
function leadsNowhere(rundb: RunDatabase, { kind, role, target }: Reference): boolean {
  const [keys, targets] = [
    `SELECT d.refs ->> ('$.' || ?2) AS named FROM desired d WHERE d.kind = ?1 AND named IS NOT NULL`,
    'SELECT p.key FROM desired p WHERE p.kind = ?3',
  ]
  const areFew = countDesired(rundb, target) <= FEW_TARGETS * countDesired(rundb, kind)
  const missing = areFew
    ? `${keys} EXCEPT ${targets}`
    : `SELECT 1 FROM (${keys}) r WHERE NOT EXISTS (${targets} AND p.key = r.named)`
  return rundb.count(`SELECT EXISTS (${missing})`, kind, role, target) > 0
}

/** Rejects those whose reference in this role leads nowhere, and names its target. */
function rejectDangling(rundb: RunDatabase, { kind, role, target }: Reference): void {
  const rejection: Rejection = {
    from: 'desired',
    where: `kind = ?1 AND key IN (SELECT key FROM dangling) AND desired.refs ->> ('$.' || ?2) IS NOT NULL AND NOT EXISTS
      (SELECT 1 FROM desired p WHERE p.kind = ?3 AND p.key = desired.refs ->> ('$.' || ?2))`,
    join: `LEFT JOIN (SELECT key AS rejected, code, message, email AS address, min(seq) FROM rejects WHERE kind = ?3 GROUP BY key) r
      ON r.rejected = json_extract(desired.refs, '$.' || ?2)`,
    email: 'r.address',
    reason: {
      code: { sql: "CASE WHEN r.code IS NULL THEN ?3 || '_missing' ELSE ?3 || '_rejected' END" },
      field: { sql: '?2' },
      message: {
        sql: `'its ' || ?3 || ' ' || json_extract(refs, '$.' || ?2) ||
          coalesce(' was rejected: ' || r.message, ' is not among the ' || ?3 || 's of the source')`,
      },
      hint: null,
    },
  }
  rejectAll(rundb, rejection, kind, role, target)
}

/** Rejects what the record `seq` says, in drafts of a kind, about a resource that was rejected. */
export function rejectFollowers(
  rundb: RunDatabase,
  { kind, role, seq, key }: { kind: string; role: string; seq: number; key: string },
  reason: RejectReason,
): void {
  const where = "seq = ?1 AND kind = ?2 AND json_extract(refs, '$.' || ?3) = ?4"
  rejectAll(rundb, { from: 'drafts', where, reason }, seq, kind, role, key)
}

/** The first reject among the records of these resources, with its place: `roles.csv:4`. */
export function firstReject(
  rundb: RunDatabase,
  kind: string,
  keys: readonly string[],
): { origin: string; message: string } | undefined {
  const row = rundb
    .statement(
      `SELECT r.message, f.name || coalesce(':' || r.line, '') AS origin FROM rejects r JOIN files f ON f.id = r.file
       WHERE r.kind = ? AND r.key IN (SELECT value FROM json_each(?)) ORDER BY r.seq, r.rowid LIMIT 1`,
    )
    .get(kind, JSON.stringify(keys))
  return row && { origin: String(row.origin), message: String(row.message) }
}
