import type { Problem } from '../../diagnostics/problem.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { WarningContext } from '../kind.ts'

/** A warning for each key under `roles.organizations` that no organization of the source has: its rules apply to nobody. */
export function unknownOrganizations({ rundb, loaded, partial }: WarningContext): Problem[] {
  if (partial) return []
  const { manifest, locate } = loaded
  return Object.keys(manifest.roles.organizations ?? {})
    .filter((key) => !isDesired(rundb, key))
    .map((key) => ({
      code: 'unknown_organization_rules',
      severity: 'warning' as const,
      message: `no organization of the source has the key "${key}": its rules under roles.organizations apply to nobody`,
      hint: "write the organization's key as map.membership.organization yields it",
      at: locate(['roles', 'organizations', key]),
      path: `roles.organizations.${key}`,
    }))
}

function isDesired(rundb: RunDatabase, key: string): boolean {
  return rundb.statement("SELECT 1 FROM desired WHERE kind = 'organization' AND key = ?").get(key) !== undefined
}
