import type { Json } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'

/**
 * Whether sending a value would say of an account that somebody else opened that its address is theirs. The source speaks of its own
 * account: only WorkOS knows who opened this one, and its owner alone can verify the address.
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
