import type { Manifest } from '../config/manifest.ts'
import { draftDefinitions } from '../resources/registry.ts'
import { refuseContradictions } from './contradictions.ts'
import { assignGrants } from './grants.ts'
import { refuseGrantsForTwo } from './grants-for-two.ts'
import { mergeGroups } from './groups.ts'
import { refuseNameCollisions } from './name-collisions.ts'
import { followAliases, refuseDependents } from './references.ts'
import { settlements } from './settlements.ts'
import { noteSimilarNames } from './similar-names.ts'
import type { Staging } from './staging.ts'
import { assignUserGrants } from './user-grants.ts'

/**
 * Makes the desired set out of the staged drafts: references follow merged users, duplicates become one, what depends on
 * something refused is refused with it. What they describe is taken in order of dependency.
 * @returns how many of the staged role grants found their membership
 */
export function assembleDesired(staging: Staging, manifest: Manifest): number {
  staging.db.exec(`
    CREATE INDEX drafts_by_group ON drafts (kind, grp, seq);
    CREATE INDEX drafts_by_key ON drafts (kind, key, grp);
    CREATE INDEX notes_by_key ON notes (kind, key);
  `)
  staging.transaction(() => refuseNameCollisions(staging))
  let assigned = 0
  for (const definition of draftDefinitions) {
    const takesRoles = definition.name === 'membership'
    const settlement = settlements[definition.name]
    staging.transaction(() => {
      if (takesRoles) refuseGrantsForTwo(staging)
      if (takesRoles) assigned += assignUserGrants(staging, manifest.roles)
      followAliases(staging, definition)
      if (takesRoles) assigned += assignGrants(staging, definition)
      refuseContradictions(staging, definition, manifest)
      mergeGroups(staging, definition, manifest)
      settlement?.merged?.(staging, manifest)
      refuseDependents(staging, definition)
      settlement?.settled?.(staging, manifest)
    })
  }
  staging.transaction(() => noteSimilarNames(staging))
  return assigned
}
