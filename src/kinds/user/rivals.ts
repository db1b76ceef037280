import type { Manifest } from '../../config/manifest.ts'
import type { Changes, DesiredResource } from '../../resource.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { CompareContext, Refusal } from '../kind.ts'

/**
 * Two users of the source that would be one in WorkOS, since they have one e-mail address. In: a user about to be planned. Out: why it cannot
 * have the address.
 */

/** Whether users with one address are one: then no other user of the source has it. */
function addressIsIdentity({ dedupe }: Pick<Manifest, 'dedupe'>): boolean {
  const { by } = dedupe.user
  return by.length === 1 && by[0] === 'email'
}

/**
 * The user out of scope that has the same address and whose turn comes before, where the source may have two of one address. Without a scope that
 * one would get the account: if this one got it now, applying everything later would come out differently.
 */
export function rivalOutOfScope(
  { rundb, scoped, manifest }: CompareContext,
  { key, attributes: { email } }: DesiredResource,
): Refusal | undefined {
  if (!scoped || typeof email !== 'string' || addressIsIdentity(manifest)) return undefined
  const row = rundb
    .statement(
      `SELECT key FROM out_of_scope WHERE kind = 'user' AND attributes ->> '$.email' = ? AND key < ? ORDER BY key LIMIT 1`,
    )
    .get(email, key)
  return row && twoOfOneAddress(String(row.key), ', out of scope,')
}

/** Another user that is to be created with the same address: only where `dedupe.user.by` does not make the two one. */
export function rivalToCreate({ rundb, manifest }: CompareContext, desired: DesiredResource): Refusal | undefined {
  const { email } = desired.attributes
  if (addressIsIdentity(manifest) || typeof email !== 'string') return undefined
  const holder = claim(rundb, email, desired.key)
  return holder === desired.key ? undefined : twoOfOneAddress(holder, '')
}

/** Whose the address is from now on: the first to ask for it. */
function claim(rundb: RunDatabase, email: string, key: string): string {
  rundb.run("INSERT OR IGNORE INTO claimed VALUES ('user', ?, ?)", email, key)
  const holder = rundb.statement("SELECT key FROM claimed WHERE kind = 'user' AND natural_key = ?").get(email)
  return holder === undefined ? key : String(holder.key)
}

function twoOfOneAddress(rival: string, where: string): Refusal {
  const message = `user:${rival} of the source${where} has the e-mail address too: two users would be one in WorkOS`
  return { code: 'identity_clash', message }
}

/**
 * The user out of scope who has the address by the state that this one is to get. WorkOS refuses to give it to both, and only a run that speaks
 * of the other one takes it from there.
 */
export function holderOutOfScope(
  { rundb, scoped }: CompareContext,
  { key }: DesiredResource,
  { email }: Changes,
): Refusal | undefined {
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
    message: `user:${holder}, out of scope, has the e-mail address that this one is to get`,
    hint: `take both into one run, with --only user:${holder} besides; if two users exchange their addresses, give one of them another address in WorkOS first`,
  }
}
