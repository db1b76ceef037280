import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { DesiredResource } from '../resources/kind.ts'

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
  { staging, scope }: DesiredSet,
  manifest: Pick<Manifest, 'dedupe'>,
  { kind, key, attributes: { email } }: DesiredResource,
): string | undefined {
  if (scope === undefined || kind !== 'user' || typeof email !== 'string' || addressIsIdentity(manifest))
    return undefined
  const row = staging
    .statement(
      `SELECT key FROM out_of_scope WHERE kind = 'user' AND attributes ->> '$.email' = ? AND key < ? ORDER BY key LIMIT 1`,
    )
    .get(email, key)
  return row && String(row.key)
}
