import { isObject, type Json, type JsonObject } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes, Changes } from '../resource.ts'
import { asObject } from './field-differences.ts'

/** A field that an action changes. Secret fields are named, but their values are never shown. */
export type FieldChange =
  | { field: string; before: Json | undefined; after: Json | undefined }
  | { field: string; secret: true }

/** A value in WorkOS that differs from the source and is kept. */
export interface KeptDifference {
  field: string
  live: Json | undefined
  desired: Json | undefined
  /**
   * Why it is kept: changed in WorkOS since it was applied, different at adoption, returned by
   * WorkOS when it was applied, not updatable, or provable only by the account's owner.
   */
  reason:
    | 'changed in WorkOS'
    | 'different when adopted'
    | 'cannot be updated'
    | 'only its owner can verify it'
    | 'answered otherwise'
  /** The manifest's policy is `fail`: a guard refuses the plan. */
  refused?: true
}

export interface Comparison {
  changes: FieldChange[]
  send: Changes
  kept: KeptDifference[]
  /** The source changed, and WorkOS already has the new value: only the state needs an update. */
  caughtUp: boolean
  /**
   * The base of the next comparison after this one is applied: the values of the source, except
   * changes that were not sent.
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
 * Whether sending a value would confirm an address in an account that another person opened. The
 * source speaks for its own account; only the owner of this one can verify the address.
 * @param held the value in WorkOS
 */
export function vouchesForOther(
  { provenBy }: KindDefinition,
  field: string,
  wanted: Json | undefined,
  held: Json | undefined,
): boolean {
  return field === provenBy && wanted === true && held !== true
}
