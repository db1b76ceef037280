import type { ChangedBy } from '../comparing/field-differences.ts'
import type { Accounting } from '../desired/accounting.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Json } from '../json.ts'
import type { Where } from '../planning/binding.ts'
import type { PlanWarning } from '../planning/plan.ts'
import { countFindingsOf, findingRows } from '../rundb/findings.ts'

/** The resource that a finding is about. */
export interface Found {
  kind: string
  key: string
}

/** A difference from the source or the state. */
export type Finding =
  /** Desired, but neither in the state nor in WorkOS. */
  | (Found & { type: 'not_applied' })
  /** In the state, but deleted in WorkOS. */
  | (Found & { type: 'deleted'; id: string })
  /** WorkOS has something else in its place, or an object that belongs to another resource. */
  | (Found & { type: 'clash'; id: string; message: string })
  /** Under a different ID than in the state: someone deleted and recreated it. */
  | (Found & { type: 'other_id'; id: string; liveId: string })
  | (Found & { type: 'different'; field: string; live: Json | null; desired: Json | null; changed: ChangedBy })
  /** In WorkOS, but not adopted by any apply. */
  | (Found & { type: 'not_in_state'; id: string })
  /** Created by this state, still in WorkOS, and no longer desired. */
  | (Found & { type: 'extra'; id: string })
  /** A role from a group. Not a difference. */
  | (Found & { type: 'role_of_group'; role: string; group: string; groupId: string })

export type FindingType = Finding['type']

/** Resources of one kind: `desired` = `verified` + `different` + `missing`. */
export interface KindVerification {
  kind: string
  plural: string
  desired: number
  /** Present under the right ID, with the desired value in every managed field. */
  verified: number
  /** Present, with a different value in some field or a different ID. */
  different: number
  /** Not present: `notApplied` + `deleted` + `clashes`. */
  missing: number
  notApplied: number
  deleted: number
  clashes: number
  /** Number of `different` resources with a different ID. */
  otherId: number
  /** Number of present resources that are not in the state. */
  notInState: number
  /** Created by this state and no longer desired. */
  extra: number
  /**
   * In WorkOS, but neither in the source nor in the state. For memberships, only in the
   * organizations that were read.
   */
  others: number
}

/** Passwords, which WorkOS never shows. Counts of users. */
export interface SecretCounts {
  inSource: number
  /** Sent when this state created the resource, according to its digests. */
  sent: number
  /** Users who were already in WorkOS; their passwords are unchanged. */
  leftAlone: number
}

export type VerificationOutcome = 'verified' | 'different' | 'lost'

/**
 * Result of comparing WorkOS with the source and the state. Findings stay in the run's database.
 */
export interface Verification {
  /** Name of the migration, from the manifest. */
  name: string
  target: { type: string; baseUrl: string }
  where: Where
  /** Warnings about the source, target or state; review them. */
  warnings: PlanWarning[]
  accounting: Accounting
  kinds: KindVerification[]
  secrets: SecretCounts
  /** Rejected records, which are therefore not desired. */
  rejected: number
  /** Writes of an interrupted run with an unknown result. */
  openWrites: number
  /**
   * `lost`: a desired resource is missing or has a different ID. `different`: something else
   * differs.
   */
  outcome: VerificationOutcome
  set: DesiredSet
}

export function countFindings({ set }: Verification, type: FindingType): number {
  return countFindingsOf(set.rundb, type)
}

/** The findings of one type, ordered by kind and key. */
export function* findingsOf({ set }: Verification, type: FindingType, limit: number): Generator<Finding> {
  for (const finding of findingRows(set.rundb, type, limit)) yield JSON.parse(finding)
}
