import type { DesiredResource, KindDefinition, LiveResource, RefIds } from '../resources/kind.ts'

/**
 * Whether a live resource that bears the external id of a desired one is the same thing. External ids of two systems may
 * collide: where the kind has a natural identity too (a user's e-mail), both must agree before anything is adopted, or one
 * person would be given another's memberships.
 */
export function sameIdentity(
  definition: KindDefinition,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
): boolean {
  const natural = definition.natural(desired, refIds)
  return natural === null || live.natural === null || natural === live.natural
}
