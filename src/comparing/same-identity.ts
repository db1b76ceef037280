import type { KindDefinition } from '../kinds/kind.ts'
import type { DesiredResource, LiveResource, RefIds } from '../resource.ts'

/**
 * Whether a live resource that bears the external id of a desired one is the same thing. External ids of two systems may
 * collide: where the kind has a natural identity too (a user's e-mail), both must agree before anything is adopted, or one
 * person would be given another's memberships. A kind without a natural identity is compared by its external id alone.
 */
export function sameIdentity(
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
): boolean {
  const natural = definition.naturalKey(desired, refIds)
  if (natural !== null && live.naturalKey !== null) return natural === live.naturalKey
  return !hasOtherExternalId(desired, live)
}

/** Whether both bear an external id, and not the same one. */
export function hasOtherExternalId({ attributes: { externalId } }: DesiredResource, live: LiveResource): boolean {
  return typeof externalId === 'string' && live.externalId !== null && externalId !== live.externalId
}
