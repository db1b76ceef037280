import type { MergeRule, MergeStrategy } from '../config/manifest.ts'
import type { RejectReason } from '../rundb/rejects.ts'

/** How the drafts of one kind become resources. */
export interface MergePolicy {
  strategy: MergeStrategy
  rules: Record<string, MergeRule>
  /** The order of the drafts of one resource, as SQL: the first stands for all. */
  order: string
  /** Why records are rejected that differ although the strategy is `error`. @param others the other records, named */
  differing?(others: string): RejectReason
}

/** Where two records are preferred alike, what they say decides, and not where they stand: files may come in any order. */
export const BY_CONTENT = ['key', 'attributes', 'secrets']
export const BY_PLACE = ['seq', 'id']

/** The policy of a kind of which the manifest says nothing. */
export const ANY_ORDER: MergePolicy = { strategy: 'merge', rules: {}, order: [...BY_CONTENT, ...BY_PLACE].join(', ') }
