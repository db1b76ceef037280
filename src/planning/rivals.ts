import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Attributes, DesiredResource } from '../resource.ts'

/** Whether users with one address are one: then no other user of the source has it. */
export function addressIsIdentity({ dedupe }: Pick<Manifest, 'dedupe'>): boolean {
  const { by } = dedupe.user
  return by.length === 1 && by[0] === 'email'
}

/**
 * The user out of scope that has the same address and whose turn comes before, where the source may have two of one address. Without a scope that
 * one would get the account: if this one got it now, applying everything later would come out differently.
 */
export function rivalOutOfScope(
  { rundb, scope }: DesiredSet,
  manifest: Pick<Manifest, 'dedupe'>,
  { kind, key, attributes: { email } }: DesiredResource,
): string | undefined {
  if (scope === undefined || kind !== 'user' || typeof email !== 'string' || addressIsIdentity(manifest))
    return undefined
  const row = rundb
    .statement(
      `SELECT key FROM out_of_scope WHERE kind = 'user' AND attributes ->> '$.email' = ? AND key < ? ORDER BY key LIMIT 1`,
    )
    .get(email, key)
  return row && String(row.key)
}

/**
 * The user out of scope who has the address by the state that this one is to get. WorkOS refuses to give it to both, and only a run that speaks
 * of the other one takes it from there.
 */
export function holderOutOfScope(
  { rundb, scope }: DesiredSet,
  { kind, key }: DesiredResource,
  { email }: Attributes,
): string | undefined {
  if (scope === undefined || kind !== 'user' || typeof email !== 'string') return undefined
  rundb.db.exec("CREATE INDEX IF NOT EXISTS known_by_address ON known (attributes ->> '$.email') WHERE kind = 'user'")
  const row = rundb
    .statement(
      `SELECT k.key FROM known k INDEXED BY known_by_address
       JOIN out_of_scope o ON o.kind = k.kind AND o.key = k.key
       WHERE k.kind = 'user' AND k.attributes ->> '$.email' = ? AND k.key <> ? ORDER BY k.key LIMIT 1`,
    )
    .get(email, key)
  return row && String(row.key)
}

/** The organization out of scope that the source gives this WorkOS id, and whose turn comes before. */
export function ownerOutOfScope(
  { rundb, scope }: DesiredSet,
  { kind, key }: DesiredResource,
  id: string,
): string | undefined {
  if (scope === undefined || kind !== 'organization') return undefined
  rundb.db.exec(
    "CREATE INDEX IF NOT EXISTS out_of_scope_by_id ON out_of_scope (attributes ->> '$.id', key) WHERE kind = 'organization'",
  )
  const row = rundb
    .statement(
      `SELECT key FROM out_of_scope INDEXED BY out_of_scope_by_id
       WHERE kind = 'organization' AND attributes ->> '$.id' = ? AND key < ? ORDER BY key LIMIT 1`,
    )
    .get(id, key)
  return row && String(row.key)
}
