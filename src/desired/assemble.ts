import type { Manifest } from '../config/manifest.ts'
import type { DraftDefinition } from '../resources/kind.ts'
import { draftDefinitions } from '../resources/registry.ts'
import { settleCases } from './cases.ts'
import { refuseContradictions } from './contradictions.ts'
import { assignGrants } from './grants.ts'
import { mergeGroups } from './groups.ts'
import { settleRoles } from './membership-roles.ts'
import { reportNameConflicts } from './organization-names.ts'
import { addDefined, deriveRoles, refuseStrayDefinitions } from './role-resources.ts'
import { refuseSharedClaims } from './shared-claims.ts'
import { refuseSharedUsers } from './shared-users.ts'
import { noteSimilarNames } from './similar-names.ts'
import type { Staging } from './staging.ts'
import { assignUserGrants } from './user-grants.ts'

/** References that are turned in one go: as many may merge as there are users. */
const ALIASES_AT_ONCE = 5_000

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
      refuseContradictions(staging, definition, manifest)
      mergeGroups(staging, definition, manifest)
      if (definition.name === 'organization') {
        reportNameConflicts(staging, manifest.organizations.onNameConflict)
        refuseSharedClaims(staging, manifest.organizations)
      }
      if (definition.name === 'user') {
        refuseSharedUsers(staging)
        settleCases(staging)
      }
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

/** References to a key that merged into another one are turned to that one, and so are remarks on what bears them. */
function followAliases(staging: Staging, definition: DraftDefinition): void {
  const { keyFromRefs } = definition
  for (const [role, kind] of Object.entries(definition.refs)) {
    if (staging.count('SELECT EXISTS (SELECT 1 FROM aliases WHERE kind = ?)', kind) === 0) continue
    const update = staging.statement('UPDATE drafts SET refs = ?, key = ?, grp = ? WHERE id = ?')
    const updateNotes = staging.statement('UPDATE notes SET key = ? WHERE kind = ? AND key = ?')
    const page = staging.statement(
      // The + keeps SQLite from going through the index by kind, in which a row changes its place while it is turned.
      `SELECT d.id, d.key, d.refs, a.canonical FROM drafts d
       JOIN aliases a ON a.kind = ?1 AND a.key = json_extract(d.refs, '$.' || ?2)
       WHERE +d.kind = ?3 AND d.id > ?4 ORDER BY d.id LIMIT ${ALIASES_AT_ONCE}`,
    )
    let last = 0
    for (;;) {
      const rows = page.all(kind, role, definition.name, last)
      for (const row of rows) {
        const refs = { ...JSON.parse(String(row.refs)), [role]: String(row.canonical) }
        const key = keyFromRefs ? keyFromRefs(refs) : String(row.key)
        last = Number(row.id)
        update.run(JSON.stringify(refs), key, `k${key}`, last)
        if (key !== row.key) updateNotes.run(key, definition.name, String(row.key))
      }
      if (rows.length < ALIASES_AT_ONCE) break
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
