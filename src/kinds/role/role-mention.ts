import type { Mention } from '../kind.ts'
import { naturalOf, organizationRole, organizationRoleKey } from './organization-role.ts'
import { role } from './role.ts'
import { definitionKeys, ORGANIZATION_PREFIX, roleDefinition } from './role-definition.ts'

/**
 * An environment role, or else an organization's own. The prefix does not decide: WorkOS has
 * organization roles without it.
 */
export function roleMention(slug: string, organization: string): Mention {
  return {
    candidates: [
      { kind: role.name, key: slug, naturalKey: () => slug },
      {
        kind: organizationRole.name,
        key: organizationRoleKey(slug, organization),
        naturalKey: ({ organization: id }) => (id === undefined ? null : naturalOf(slug, id)),
      },
    ],
    kind: slug.startsWith(ORGANIZATION_PREFIX) ? organizationRole.name : role.name,
    madeFrom: { kind: roleDefinition.name, keys: definitionKeys(slug, organization) },
    label: slug,
  }
}
