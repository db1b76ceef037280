import { isObject, type Json, type JsonObject } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes, Changes } from '../resource.ts'
import { asObject } from './field-differences.ts'

/** One field that an action changes. Secret fields are named and never shown. */
export type FieldChange =
  | { field: string; before: Json | undefined; after: Json | undefined }
  | { field: string; secret: true }

/** A value in WorkOS that is not what the source says, and stays as it is. */
export interface KeptDifference {
  field: string
  live: Json | undefined
  desired: Json | undefined
  /**
   * Why it is kept: changed in WorkOS since it was applied, different when it was adopted, answered
   * so when it was applied, nothing WorkOS can update, or something that only the owner of the
   * account can prove.
   */
  reason:
    | 'changed in WorkOS'
    | 'different when adopted'
    | 'cannot be updated'
    | 'only its owner can verify it'
    | 'answered otherwise'
  /** The manifest's policy is `fail`: the plan is refused because of it. */
  refused?: true
}

/** What a comparison comes to. */
export interface Comparison {
  changes: FieldChange[]
  send: Changes
  kept: KeptDifference[]
  /**
   * The source changed, and WorkOS already holds the new value: only the state has to learn of it.
   */
  caughtUp: boolean
  /**
   * The base of the next comparison, once this one is applied: the source's values, except where a
   * change was not sent.
   */
  applied: Attributes
}

export function addMembers(result: Comparison, field: string, send: JsonObject, held: JsonObject): void {
  if (Object.keys(send).length === 0) return
  result.send[field] = send
  for (const [member, value] of Object.entries(send)) {
    result.changes.push({ field: `${field}.${member}`, before: held[member], after: value ?? undefined })
  }
}

export function addChange(
  result: Comparison,
  field: string,
  before: Json | undefined,
  after: Json | undefined,
  send: Json,
): void {
  result.send[field] = send
  if (isObject(send)) {
    const old = asObject(before)
    for (const [member, value] of Object.entries(send)) {
      result.changes.push({ field: `${field}.${member}`, before: old[member], after: (value as Json) ?? undefined })
    }
  } else {
    result.changes.push({ field, before: before ?? undefined, after })
  }
}

/**
 * Whether sending a value would say of an account that somebody else opened that its address is
 * theirs. The source speaks of its own account: only WorkOS knows who opened this one, and its
 * owner alone can verify the address.
 * @param held what WorkOS holds
 */
export function vouchesForOther(
  { provenBy }: KindDefinition,
  field: string,
  wanted: Json | undefined,
  held: Json | undefined,
): boolean {
  return field === provenBy && wanted === true && held !== true
}
