import type { Manifest } from '../../config/manifest.ts'
import type { Reason } from '../../diagnostics/problem.ts'
import type { Changes, DesiredResource } from '../../resource.ts'
import { IS_BLOCKED } from '../../rundb/actions.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { CompareContext } from '../kind.ts'

/**
 * Users who would share a WorkOS account with another user: why such a user cannot get its address,
 * and all of them for reports.
 */

/** Whether the address identifies users: then no two users in the source share one. */
function addressIsIdentity({ dedupe }: Pick<Manifest, 'dedupe'>): boolean {
  const { by } = dedupe.user
  return by.length === 1 && by[0] === 'email'
}

/**
 * A user out of scope with the same address that comes first. Without a scope that user would get
 * the account, so this one must not get it now.
 */
export function rivalOutOfScope(
  { rundb, scoped, manifest }: CompareContext,
  { key, attributes: { email } }: DesiredResource,
): Reason | undefined {
  if (!scoped || typeof email !== 'string' || addressIsIdentity(manifest)) return undefined
  const row = rundb
    .statement(
      `SELECT key FROM out_of_scope WHERE kind = 'user' AND attributes ->> '$.email' = ? AND key < ? ORDER BY key LIMIT 1`,
    )
    .get(email, key)
  return row && twoOfOneAddress(String(row.key), ', out of scope,')
}

/**
 * Another user with the same address that is created first. Only possible if `dedupe.user.by` does
 * not merge the two.
 */
export function rivalToCreate({ rundb, manifest }: CompareContext, desired: DesiredResource): Reason | undefined {
  const { email } = desired.attributes
  if (addressIsIdentity(manifest) || typeof email !== 'string') return undefined
  const holder = claim(rundb, email, desired.key)
  return holder === desired.key ? undefined : twoOfOneAddress(holder, '')
}

/**
 * SQL condition that neither `rivalOutOfScope` nor `rivalToCreate` applies to user `d`: the address
 * is unique in the source.
 */
export function hasAddressAlone({ rundb, manifest }: Pick<CompareContext, 'rundb' | 'manifest'>): string {
  if (addressIsIdentity(manifest)) return '1'
  rundb.exec(`CREATE TEMP TABLE IF NOT EXISTS shared_addresses AS SELECT email FROM (
      SELECT attributes ->> '$.email' AS email FROM desired WHERE kind = 'user'
      UNION ALL SELECT attributes ->> '$.email' FROM out_of_scope WHERE kind = 'user')
    WHERE email IS NOT NULL GROUP BY email HAVING count(*) > 1;
    CREATE INDEX IF NOT EXISTS shared_addresses_by_email ON shared_addresses (email)`)
  return "NOT EXISTS (SELECT 1 FROM shared_addresses s WHERE s.email = d.attributes ->> '$.email')"
}

/** The owner of the address: the first user to claim it. */
function claim(rundb: RunDatabase, email: string, key: string): string {
  rundb.run("INSERT OR IGNORE INTO claimed VALUES ('user', ?, ?)", email, key)
  const holder = rundb.statement("SELECT key FROM claimed WHERE kind = 'user' AND natural_key = ?").get(email)
  return holder === undefined ? key : String(holder.key)
}

function twoOfOneAddress(rival: string, where: string): Reason {
  const message = `user:${rival} in the source${where} has the same email address: two users would share one WorkOS account`
  return { code: 'identity_clash', message }
}

/**
 * A user out of scope who has the new address of this one, by the state. WorkOS does not give it to
 * both, and only a run with the other user in scope can change that one.
 */
export function holderOutOfScope(
  { rundb, scoped }: CompareContext,
  { key }: DesiredResource,
  { email }: Changes,
): Reason | undefined {
  if (!scoped || typeof email !== 'string') return undefined
  rundb.exec("CREATE INDEX IF NOT EXISTS known_by_address ON known (attributes ->> '$.email') WHERE kind = 'user'")
  const row = rundb
    .statement(
      `SELECT k.key FROM known k INDEXED BY known_by_address
       JOIN out_of_scope o ON o.kind = k.kind AND o.key = k.key
       WHERE k.kind = 'user' AND k.attributes ->> '$.email' = ? AND k.key <> ? ORDER BY k.key LIMIT 1`,
    )
    .get(email, key)
  if (row === undefined) return undefined
  const holder = String(row.key)
  return {
    code: 'address_out_of_scope',
    message: `user:${holder}, out of scope, has the new email address of this user`,
    hint: `add --only user:${holder}, so that one run has both; if two users swap their addresses, first give one of them another address in WorkOS`,
  }
}

/** A user that was rejected or blocked because of another user. */
interface Clash {
  /** The named case if there is one, otherwise the code. */
  case: string
  fate: 'rejected' | 'blocked'
  code: string
  key: string | null
  message: string
  /** Where it was read: the number of the file in the run's database, and the line. */
  place: { file: number; line: number | null }
}

/** Rejected users first, then blocked ones. */
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
  SELECT a.key, a.action ->> 'code' AS code, a.action ->> 'message' AS message, d.file, d.line FROM decided_actions a
  JOIN desired d ON d.kind = a.kind AND d.key = a.key WHERE a.kind = 'user' AND ${IS_BLOCKED}
    AND a.action ->> 'code' IN ('external_id_clash', 'identity_clash', 'exists_already', 'unverified_account') ORDER BY a.key`
