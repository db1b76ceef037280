import { preferences } from '../config/dedupe.ts'
import type { Manifest, MergeRule, MergeStrategy } from '../config/manifest.ts'

/** How the drafts of one kind become resources. */
export interface MergePolicy {
  strategy: MergeStrategy
  rules: Record<string, MergeRule>
  /** The order of the drafts of one resource, as SQL: the first stands for all. */
  order: string
}

/** Where two records are preferred alike, what they say decides, and not where they stand: files may come in any order. */
const BY_CONTENT = ['key', 'attributes', 'secrets']
const BY_PLACE = ['seq', 'id']

/** What the manifest says of duplicates of a kind. */
export function policyFor({ dedupe, organizations }: Manifest, kind: string): MergePolicy {
  if (kind === 'organization') {
    const { onNameConflict } = organizations
    const name = onNameConflict === 'error' ? 'first' : onNameConflict
    // Who asks for a name that no order of rows decides gets other fields by none either.
    const isPlaced = onNameConflict === 'first' || onNameConflict === 'last'
    return { strategy: 'merge', rules: { name }, order: [...(isPlaced ? [] : BY_CONTENT), ...BY_PLACE].join(', ') }
  }
  if (kind !== 'user') {
    // Of memberships nothing is in conflict: what they are called after is their first record.
    const columns = kind === 'membership' ? BY_PLACE : [...BY_CONTENT, ...BY_PLACE]
    return { strategy: 'merge', rules: {}, order: columns.join(', ') }
  }
  const { strategy, fields } = dedupe.user
  const ranked = [
    ...(strategy === 'newest' ? ['updated DESC'] : []),
    ...(preferences(dedupe.user).length > 0 ? ['rank DESC'] : []),
  ]
  const columns = [...ranked, ...(ranked.length > 0 ? BY_CONTENT : []), ...BY_PLACE]
  return { strategy, rules: fields, order: (strategy === 'last' ? columns.map(turned) : columns).join(', ') }
}

function turned(column: string): string {
  return column.endsWith(' DESC') ? column.slice(0, -' DESC'.length) : `${column} DESC`
}
