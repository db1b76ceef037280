import { breathe } from '../clock.ts'
import type { Manifest } from '../config/manifest.ts'
import { draftDefinitions } from '../kinds/registry.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { assignGrants } from './grants.ts'
import { refuseGrantsForTwo } from './grants-for-two.ts'
import { mergeGroups } from './groups.ts'
import { rejectKeyConflicts } from './key-conflicts.ts'
import { leaveOutDependents } from './left-out-with.ts'
import { refuseNameCollisions } from './name-collisions.ts'
import { followAliases, refuseDependents } from './references.ts'
import { settlements } from './settlements.ts'
import { noteSimilarNames } from './similar-names.ts'
import { assignUserGrants } from './user-grants.ts'

/**
 * Makes the desired set out of the staged drafts: references follow merged users, duplicates become one, what depends on
 * something refused is refused with it. What they describe is taken in order of dependency. Each step takes seconds where there are
 * hundreds of thousands of users: a signal is taken in between two of them.
 * @returns how many of the staged role grants found their membership
 */
export async function assembleDesired(rundb: RunDatabase, manifest: Manifest, signal?: AbortSignal): Promise<number> {
  const step = async (work: () => void) => {
    await breathe(signal)
    rundb.transaction(work)
  }
  await step(() => {
    rundb.db.exec(`
      CREATE INDEX drafts_by_group ON drafts (kind, dedupe_group, seq);
      CREATE INDEX drafts_by_key ON drafts (kind, key, dedupe_group);
      CREATE INDEX notes_by_key ON notes (kind, key);
      CREATE INDEX IF NOT EXISTS rejects_by_key ON rejects (kind, key);
    `)
  })
  await step(() => refuseNameCollisions(rundb))
  let assigned = 0
  const count = (more: number) => {
    assigned += more
  }
  for (const definition of draftDefinitions) {
    const takesRoles = definition.name === 'membership'
    const settlement = settlements[definition.name]
    if (takesRoles) {
      await step(() => refuseGrantsForTwo(rundb))
      await step(() => count(assignUserGrants(rundb, manifest.roles)))
    }
    await step(() => followAliases(rundb, definition))
    if (takesRoles) await step(() => count(assignGrants(rundb, definition)))
    await step(() => rejectKeyConflicts(rundb, definition, manifest))
    await step(() => mergeGroups(rundb, definition, manifest))
    await step(() => settlement?.merged?.(rundb, manifest))
    await step(() => leaveOutDependents(rundb, definition))
    await step(() => refuseDependents(rundb, definition))
    await step(() => settlement?.settled?.(rundb, manifest))
  }
  await step(() => noteSimilarNames(rundb))
  return assigned
}
