import type { Manifest, MergeRule, MergeStrategy } from '../config/manifest.ts'
import type { Attributes } from '../resource.ts'
import type { KeyedDraft, Member } from '../rundb/drafts.ts'
import type { RejectReason } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** Merged attributes, and what is noted on them. */
export interface Fitted {
  attributes: Attributes
  notes: { code: string; detail: string }[]
}

/** Records of one resource, while they are merged. */
export interface Union {
  /** In the order of the policy: the first stands for all. */
  members: readonly Member[]
  /** What the rules made of them. */
  merged: Attributes
  /** What keeps attributes within the limits of the manifest. */
  withinLimits(attributes: Attributes): Fitted
}

/** Two records of one key that are different things: one is kept, the other rejected. */
export interface KeyConflict {
  key: string
  kept: KeyedDraft
  rejected: KeyedDraft
  /** Why what belongs to the rejected one is rejected with it. */
  message: string
}

/**
 * What is done with one kind of draft between staging and the desired set, beside what is done with
 * every kind. In the order in which the steps come; the kinds are taken in order of dependency, so
 * that each hook finds complete what its kind refers to.
 */
export interface Lifecycle {
  /**
   * All drafts are staged; references still name what has merged since.
   * @returns how many role assignments found what they belong to
   */
  staged?(rundb: RunDatabase, manifest: Manifest): number

  /**
   * References name what merged resources have become.
   * @returns how many role assignments found what they belong to
   */
  referenced?(rundb: RunDatabase, manifest: Manifest): number

  /** A record was rejected since its key is that of another thing. */
  keyConflict?(rundb: RunDatabase, manifest: Manifest, conflict: KeyConflict): void

  /** No key names two things any more; nothing is merged yet. */
  grouped?(rundb: RunDatabase): void

  /** Records of one thing were rejected, since the strategy lets none of them be merged. */
  groupRejected?(rundb: RunDatabase, manifest: Manifest, members: readonly Member[]): void

  /**
   * Makes the attributes of one thing of what the rules made of its records. Undefined: they are
   * only fitted.
   */
  unite?(rundb: RunDatabase, manifest: Manifest, union: Union): Fitted

  /**
   * Records are merged: rejects what they cannot all be. What refers to that is rejected after
   * this.
   */
  merged?(rundb: RunDatabase, manifest: Manifest): void

  /**
   * Nothing more of it is rejected for what it refers to: adds what the manifest defines, makes
   * what follows from it.
   */
  accepted?(rundb: RunDatabase, manifest: Manifest): void

  /** All kinds are complete. */
  assembled?(rundb: RunDatabase): void
}

/** How the drafts of one kind become resources. */
export interface MergePolicy {
  strategy: MergeStrategy
  rules: Record<string, MergeRule>
  /** The order of the drafts of one resource, as SQL: the first stands for all. */
  order: string
  /**
   * Why records are rejected that differ although the strategy is `error`. @param others the other
   * records, named
   */
  differing?(others: string): RejectReason
}

/**
 * Where two records are preferred alike, what they say decides, and not where they stand: files may
 * come in any order.
 */
export const BY_CONTENT = ['key', 'attributes', 'secrets']
export const BY_PLACE = ['seq', 'id']

/** The policy of a kind that the manifest does not mention. */
export const ANY_ORDER: MergePolicy = { strategy: 'merge', rules: {}, order: [...BY_CONTENT, ...BY_PLACE].join(', ') }
