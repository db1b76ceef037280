import type { ChangedBy } from '../comparing/field-differences.ts'
import type { Accounting } from '../desired/accounting.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Json } from '../json.ts'
import type { Where } from '../planning/binding.ts'
import type { PlanWarning } from '../planning/plan.ts'
import { countFindingsOf, findingRows } from '../rundb/findings.ts'

/** Which resource a finding is about. */
export interface Found {
  kind: string
  key: string
}

/** One thing that is not as the source and the state say. */
export type Finding =
  /** It is desired and neither in the state nor in WorkOS. */
  | (Found & { type: 'not_applied' })
  /** The state knows it, and it is gone from WorkOS. */
  | (Found & { type: 'deleted'; id: string })
  /** What WorkOS has in its place is something else, or stands for another resource already. */
  | (Found & { type: 'clash'; id: string; message: string })
  /** It is there under another id than the state's: deleted and created anew by somebody. */
  | (Found & { type: 'other_id'; id: string; liveId: string })
  | (Found & { type: 'different'; field: string; live: Json | null; desired: Json | null; changed: ChangedBy })
  /** It is in WorkOS, and no apply has taken it over. */
  | (Found & { type: 'not_in_state'; id: string })
  /** This state created it, it is still in WorkOS, and it is no longer desired. */
  | (Found & { type: 'extra'; id: string })
  /** A role that it has from a group: no difference. */
  | (Found & { type: 'role_of_group'; role: string; group: string; groupId: string })

export type FindingType = Finding['type']

/** The resources of one kind: `desired` = `verified` + `different` + `missing`. */
export interface KindVerification {
  kind: string
  plural: string
  desired: number
  /** There, under the right id, with every managed field as desired. */
  verified: number
  /** There, with another value in some field, or under another id. */
  different: number
  /** Not there: `notApplied` + `deleted` + `clashes`. */
  missing: number
  notApplied: number
  deleted: number
  clashes: number
  /** Of those that are different, how many are under another id. */
  otherId: number
  /** Of those that are there, how many the state does not know. */
  notInState: number
  /** Created by this state and no longer desired. */
  extra: number
  /**
   * In WorkOS and known to neither the source nor the state; of memberships, in the organizations
   * that were read.
   */
  others: number
}

/** Passwords, which WorkOS never shows. Counts of users. */
export interface SecretCounts {
  inSource: number
  /** Sent when this state created the resource, by the digests that it keeps. */
  sent: number
  /** Of resources that were in WorkOS before: theirs was left alone. */
  leftAlone: number
}

export type VerificationOutcome = 'verified' | 'different' | 'lost'

/**
 * What a comparison of WorkOS with the source and the state came to. The findings stay in the run's
 * database.
 */
export interface Verification {
  /** The manifest's. */
  name: string
  target: { type: string; baseUrl: string }
  where: Where
  /** What is odd about the source or the place: who reads the verification should look. */
  warnings: PlanWarning[]
  accounting: Accounting
  kinds: KindVerification[]
  secrets: SecretCounts
  /** Records that were rejected, and are therefore not desired. */
  rejected: number
  /** Writes of an interrupted run that may or may not have taken effect. */
  openWrites: number
  /**
   * `lost`: something desired is missing or under another id. `different`: something else is not as
   * it should be.
   */
  outcome: VerificationOutcome
  set: DesiredSet
}

export function countFindings({ set }: Verification, type: FindingType): number {
  return countFindingsOf(set.rundb, type)
}

/** The findings of one type, in the order of kinds and keys. */
export function* findingsOf({ set }: Verification, type: FindingType, limit: number): Generator<Finding> {
  for (const finding of findingRows(set.rundb, type, limit)) yield JSON.parse(finding)
}
