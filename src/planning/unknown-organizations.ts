import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Problem } from '../diagnostics/problem.ts'

/** A warning for each key under `roles.organizations` that no organization of the source has: its rules apply to nobody. */
export function unknownOrganizations(set: DesiredSet, { manifest, locate }: LoadedManifest): Problem[] {
  if (set.reading.partial) return []
  return Object.keys(manifest.roles.organizations ?? {})
    .filter((key) => set.get('organization', key) === undefined)
    .map((key) => ({
      code: 'unknown_organization_rules',
      severity: 'warning' as const,
      message: `no organization of the source has the key "${key}": its rules under roles.organizations apply to nobody`,
      hint: "write the organization's key as map.membership.organization yields it",
      at: locate(['roles', 'organizations', key]),
      path: `roles.organizations.${key}`,
    }))
}
