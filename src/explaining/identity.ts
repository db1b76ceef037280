import { definitionKeys } from '../kinds/role/role-definition.ts'
import { formerKeys, mergedKeys, positions } from '../rundb/questions.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Address } from '../state/store.ts'

/** What records a resource is made from: their kind, and the keys that they have. */
export interface Origins {
  kind: string
  keys: string[]
}

/** The keys of the records that became a resource, the one that stands for them first. */
export function originsOf(rundb: RunDatabase, { kind, key }: Address): Origins {
  if (kind === 'role') return { kind: 'role-definition', keys: [key] }
  if (kind === 'organization-role') {
    const [slug = '', organization = ''] = key.split('@')
    return { kind: 'role-definition', keys: definitionKeys(slug, organization).slice(1) }
  }
  if (kind === 'membership' || kind === 'group-membership')
    return { kind, keys: [key, ...formerKeys(rundb, key, 'user')] }
  const of = kind === 'totp-factor' ? 'user' : kind
  return { kind: of, keys: [key, ...mergedKeys(rundb, of, key)] }
}

/** Positions of the records that a resource is made from, or that were refused for it, in order. */
export function positionsOf(rundb: RunDatabase, { kind, keys }: Origins): number[] {
  return positions(rundb, kind, keys, kind === 'user' ? 'roleAssignment' : null)
}
