import type { KindDefinition } from './kind.ts'
import { membership } from './membership.ts'
import { organization } from './organization.ts'
import { role } from './role.ts'
import { user } from './user.ts'

/** Every kind, in the order of dependencies: what stands later may refer to what stands before. */
export const kindDefinitions: readonly KindDefinition[] = [role, organization, user, membership]

const byName: ReadonlyMap<string, KindDefinition> = new Map(kindDefinitions.map((kind) => [kind.name, kind]))

/** The definition of a kind. A name that is not registered is a defect of the caller. */
export function kindDefinition(name: string): KindDefinition {
  const found = byName.get(name)
  if (found === undefined) throw new RangeError(`no kind is called ${name}`)
  return found
}
