import type { Json, JsonObject } from './json.ts'

/**
 * Non-secret attributes by field name, in our camelCase spelling. A field that is absent is not
 * managed.
 */
export type Attributes = JsonObject
/** A resource as it should be, with duplicates merged. */
export interface DesiredResource {
  kind: string
  key: string
  attributes: Attributes
  secrets: JsonObject | null
  refs: Record<string, string>
}

/** A resource as WorkOS holds it, in our spelling. */
export interface LiveResource {
  /** WorkOS's id; for roles the slug. */
  id: string
  externalId: string | null
  /**
   * What makes it unique in WorkOS besides its ids: the lowercased e-mail of a user, the slug of a
   * role, `userId@organizationId` of a membership; null for organizations, whose names need not be
   * unique.
   */
  naturalKey: string | null
  /**
   * A field that is empty in WorkOS is null; a field that the answer does not tell about is absent.
   */
  attributes: Attributes
}

/**
 * The changed fields of an update: for `map` fields only the changed members, null meaning removal.
 * For a secret field the name alone counts: what is sent comes from the secrets of the desired
 * resource.
 */
export type Changes = Record<string, Json>

/** WorkOS ids of the resources that `refs` names, by role. */
export type RefIds = Record<string, string>
