import type { FieldChange, KeptDifference } from '../comparing/comparison.ts'
import type { MatchedBy } from '../comparing/identify.ts'
import type { Reason } from '../diagnostics/problem.ts'
import type { Attributes, Changes } from '../resource.ts'

interface Base {
  kind: string
  key: string
  /** For people: an e-mail address, an organization's name. */
  label: string
}

export type CreateAction = Base & { type: 'create' }

export type UpdateAction = Base & {
  type: 'update'
  /** WorkOS's id. */
  id: string
  changes: FieldChange[]
  /** The non-secret part of what is sent; for `map` fields the changed members alone. */
  send: Changes
  /** What the state holds of it afterwards. */
  applied: Attributes
  /** Fields that WorkOS answered otherwise once, and holds as they were sent by now. */
  settled?: string[]
}

/** It exists in WorkOS already: it becomes ours, and fields that are empty there may be filled in. */
export type AdoptAction = Base & {
  type: 'adopt'
  id: string
  /** What it was recognised by. */
  matchedBy: MatchedBy
  changes: FieldChange[]
  send: Changes
  /** It is in the state under a key that the source no longer has: it moves to the new one. */
  former?: string
  /** With `former`: what the state holds of it afterwards. */
  applied?: Attributes
}

/** Ours, and to be deleted: it left the source, or everything is undone. */
export type DeleteAction = Base & {
  type: 'delete'
  id: string
  /** The resource whose deletion takes this one with it, so that no request of its own is needed. */
  with?: { kind: string; key: string }
}

/** It cannot be carried out. */
export type BlockedAction = Base & Reason & { type: 'blocked' }

/** What the plan says of one resource. Resources that need nothing are only counted. */
export type Action = CreateAction | UpdateAction | AdoptAction | DeleteAction | BlockedAction

/** `kind:key`, as it stands in plans, reports and commands. */
export function address(resource: { kind: string; key: string }): string {
  return `${resource.kind}:${resource.key}`
}

/** A value in WorkOS that is not what the source says, and stays as it is; field `*`: the whole resource. */
export interface Drift extends Omit<KeptDifference, 'reason'> {
  kind: string
  key: string
  reason: KeptDifference['reason'] | 'deleted in WorkOS'
}

/** Something that would be deleted by the rule, and is left alone for a reason of its own. */
export interface SkippedDeletion {
  kind: string
  key: string
  code:
    | 'adopted'
    | 'protected'
    | 'signed_in'
    | 'changed_since'
    | 'has_others'
    | 'depends'
    | 'no_deletion'
    | 'rejected'
    | 'out_of_scope'
  message: string
}
