import type { Manifest } from '../config/manifest.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes } from '../resource.ts'
import type { Known } from './plan-tables.ts'

/**
 * What WorkOS holds, unless somebody has changed it, in place of what the state says: what it answered otherwise, and the part that was sent
 * where it did not take all.
 */
export function heldInPlace(
  definition: KindDefinition,
  { attributes, answered, reduced }: Pick<Known, 'attributes' | 'answered' | 'reduced'>,
  manifest: Pick<Manifest, 'roles'>,
): Attributes {
  const part = reduced === undefined ? undefined : definition.fallback?.(attributes, undefined, manifest)
  return { ...part?.attributes, ...answered }
}
