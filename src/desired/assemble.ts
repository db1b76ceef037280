import type { Manifest, MergeRule } from '../config/manifest.ts'
import type { DraftDefinition } from '../resources/kind.ts'
import { draftDefinitions } from '../resources/registry.ts'
import { refuseContradictions } from './contradictions.ts'
import { assignGrants } from './grants.ts'
import { refuseStrangers } from './group-members.ts'
import { refuseSharedGroupNames } from './group-names.ts'
import { mergeGroups } from './groups.ts'
import { settleRoles } from './membership-roles.ts'
import { reportNameConflicts } from './organization-names.ts'
import { addDefined, deriveRoles, refuseStrayDefinitions } from './role-resources.ts'
import { refuseSharedClaims } from './shared-claims.ts'
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
  let assigned = 0
  for (const definition of draftDefinitions) {
    staging.transaction(() => {
      const takesRoles = definition.name === 'membership'
      if (takesRoles) assigned += assignUserGrants(staging, manifest.roles)
      followAliases(staging, definition)
      if (takesRoles) assigned += assignGrants(staging, definition)
      refuseContradictions(staging, definition)
      mergeGroups(staging, definition, rulesFor(manifest, definition), manifest)
      if (definition.name === 'organization') {
        reportNameConflicts(staging, manifest.organizations.onNameConflict)
        refuseSharedClaims(staging, manifest.organizations)
      }
      if (definition.name === 'group') refuseSharedGroupNames(staging)
      if (definition.name === 'group-membership') refuseStrangers(staging)
      refuseDependents(staging, definition)
      if (definition.rule === 'permission' || definition.rule === 'role') addDefined(staging, manifest, definition.name)
      if (definition.rule === 'role') refuseStrayDefinitions(staging)
      if (takesRoles) {
        settleRoles(staging, manifest.roles)
        deriveRoles(staging)
      }
    })
  }
  staging.transaction(() => noteSimilarNames(staging))
  return assigned
}

function rulesFor({ dedupe, organizations }: Manifest, { name }: DraftDefinition): Record<string, MergeRule> {
  if (name === 'organization') return { name: organizations.onNameConflict === 'last' ? 'last' : 'first' }
  return name === 'user' ? dedupe.user.fields : {}
}

/** References to a key that merged into another one are turned to that one, and so are remarks on what bears them. */
function followAliases(staging: Staging, definition: DraftDefinition): void {
  const { keyFromRefs } = definition
  for (const [role, kind] of Object.entries(definition.refs)) {
    const update = staging.statement('UPDATE drafts SET refs = ?, key = ?, grp = ? WHERE id = ?')
    const updateNotes = staging.statement('UPDATE notes SET key = ? WHERE kind = ? AND key = ?')
    const rows = staging
      .statement(
        `SELECT d.id, d.key, d.refs, a.canonical FROM drafts d
         JOIN aliases a ON a.kind = ? AND a.key = json_extract(d.refs, '$.' || ?) WHERE d.kind = ?`,
      )
      .all(kind, role, definition.name)
    for (const row of rows) {
      const turned = { ...JSON.parse(String(row.refs)), [role]: String(row.canonical) }
      const refs = definition.derivedRefs?.(turned) ?? turned
      const key = keyFromRefs ? keyFromRefs(refs) : String(row.key)
      update.run(JSON.stringify(refs), key, `k${key}`, Number(row.id))
      if (key !== row.key) updateNotes.run(key, definition.name, String(row.key))
    }
  }
}

/** What refers to something that is not in the desired set is refused too, and says what it misses. */
function refuseDependents(staging: Staging, definition: DraftDefinition): void {
  for (const [role, kind] of Object.entries(definition.refs)) {
    const orphaned = `kind = ?1 AND NOT EXISTS
      (SELECT 1 FROM desired p WHERE p.kind = ?3 AND p.key = json_extract(desired.refs, '$.' || ?2))`
    staging.run(
      `INSERT INTO rejects
         SELECT kind, key, CASE WHEN r.code IS NULL THEN ?3 || '_missing' ELSE ?3 || '_rejected' END, ?2,
           'its ' || ?3 || ' ' || json_extract(refs, '$.' || ?2) ||
             coalesce(' was rejected: ' || r.message, ' is not among the ' || ?3 || 's of the source'),
           NULL, seq, file, line, refs, records
         FROM desired LEFT JOIN (SELECT key AS rejected, code, message, min(seq) FROM rejects WHERE kind = ?3 GROUP BY key) r
           ON r.rejected = json_extract(desired.refs, '$.' || ?2)
         WHERE ${orphaned}`,
      definition.name,
      role,
      kind,
    )
    staging.run(`DELETE FROM desired WHERE ${orphaned}`, definition.name, role, kind)
  }
}
