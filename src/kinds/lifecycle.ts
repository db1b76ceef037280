import type { Manifest, MergeRule, MergeStrategy } from '../config/manifest.ts'
import type { Attributes } from '../resource.ts'
import type { KeyedDraft } from '../rundb/drafts.ts'
import type { RejectReason } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Member } from '../rundb/several.ts'

export interface Fitted {
  attributes: Attributes
  notes: { code: string; detail: string }[]
}

/** Records of one resource during a merge. */
export interface Union {
  /** In the order of the policy: the first one is preferred. */
  members: readonly Member[]
  /** The result of the merge rules. */
  merged: Attributes
  /** Keeps attributes within the limits of the manifest. */
  withinLimits(attributes: Attributes): Fitted
}

/** Two records with one key that are different things: one is kept, the other rejected. */
export interface KeyConflict {
  key: string
  kept: KeyedDraft
  rejected: KeyedDraft
  /** Why the dependents of the rejected record are rejected too. */
  message: string
}

/**
 * Steps on drafts of one kind between staging and the desired set, in this order. Kinds follow the
 * order of dependency, so that a hook finds everything that its kind refers to.
 */
export interface Lifecycle {
  /**
   * All drafts are staged. References do not know of merges yet.
   * @returns how many role assignments found their memberships
   */
  staged?(rundb: RunDatabase, manifest: Manifest): number

  /**
   * References point to the merged resources.
   * @returns how many role assignments found their memberships
   */
  referenced?(rundb: RunDatabase, manifest: Manifest): number

  /** A record was rejected because its key belongs to another thing. */
  keyConflict?(rundb: RunDatabase, manifest: Manifest, conflict: KeyConflict): void

  /** Each key is one thing; nothing is merged yet. */
  grouped?(rundb: RunDatabase): void

  /** Records of one resource were rejected because the strategy does not merge them. */
  groupRejected?(rundb: RunDatabase, manifest: Manifest, members: readonly Member[]): void

  /**
   * Makes the final attributes of a resource out of the merged ones. Undefined: they are only kept
   * within limits.
   */
  unite?(rundb: RunDatabase, manifest: Manifest, union: Union): Fitted

  /**
   * Records are merged: rejects results that are not valid together. References to these are
   * rejected later.
   */
  merged?(rundb: RunDatabase, manifest: Manifest): void

  /**
   * References to rejected resources are rejected. Adds what the manifest defines, and derives
   * resources.
   */
  accepted?(rundb: RunDatabase, manifest: Manifest): void

  /** All kinds are complete. */
  assembled?(rundb: RunDatabase): void
}

/** How the drafts of one kind become resources. */
export interface MergePolicy {
  strategy: MergeStrategy
  rules: Record<string, MergeRule>
  /** SQL order of the drafts of one resource: the first one is preferred. */
  order: string
  /**
   * The reason to reject records that differ under the strategy `error`. @param others the other
   * records, named
   */
  differing?(others: string): RejectReason
}

/**
 * Between records of equal preference their content decides, not their place: files can come in any
 * order.
 */
export const BY_CONTENT = ['key', 'attributes', 'secrets']
export const BY_PLACE = ['seq', 'id']

/** The policy of a kind that the manifest does not configure. */
export const ANY_ORDER: MergePolicy = { strategy: 'merge', rules: {}, order: [...BY_CONTENT, ...BY_PLACE].join(', ') }
