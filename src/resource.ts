import type { Json, JsonObject } from './json.ts'

/** Non-secret attributes by field name, in camelCase. An absent field is not managed. */
export type Attributes = JsonObject
/** A resource as it should be, with duplicates merged. */
export interface DesiredResource {
  kind: string
  key: string
  attributes: Attributes
  secrets: JsonObject | null
  refs: Record<string, string>
}

/** A resource in WorkOS, with our field names. */
export interface LiveResource {
  /** WorkOS's ID; for roles the slug. */
  id: string
  externalId: string | null
  /**
   * What identifies it in WorkOS apart from its IDs: a user's lowercase email, a role's slug,
   * `userId@organizationId` of a membership; null for organizations, whose names can repeat.
   */
  naturalKey: string | null
  /** A field that is empty in WorkOS is null; a field that the response omits is absent. */
  attributes: Attributes
}

/**
 * The changed fields of an update. `map` fields have only the changed members; null removes one. A
 * secret field has only its name: its value is in the secrets of the desired resource.
 */
export type Changes = Record<string, Json>

/** WorkOS IDs of the resources in `refs`, by role. */
export type RefIds = Record<string, string>
