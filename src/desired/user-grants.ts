import type { RoleConfig } from '../config/manifest.ts'
import { type MappedRole, mapRoleSlug, rolesIn } from '../kinds/role/roles.ts'
import type { Check } from '../kinds/values/check.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { insertLeftOutWith, leftOutBy } from './left-out-with.ts'

/**
 * Gives roles that are a user's wherever it is a member to its memberships, as further drafts of those. What a role means may depend on the
 * organization; if it is refused in one of them it is given in none. Runs before users are united: a role of one account does not reach the
 * memberships of another that merges with it.
 * @returns how many found a membership
 */
export function assignUserGrants(rundb: RunDatabase, roles: RoleConfig): number {
  if (rundb.count("SELECT count(*) FROM grants WHERE scope = 'user'") === 0) return 0
  rundb.db.exec("CREATE INDEX drafts_by_user ON drafts (refs ->> '$.user') WHERE kind = 'membership'")
  const members = rundb.statement(
    `SELECT min(id) AS id, refs ->> '$.organization' AS organization FROM drafts
     WHERE kind = 'membership' AND refs ->> '$.user' = ? AND records > 0 GROUP BY key ORDER BY key`,
  )
  const give = rundb.statement(
    `INSERT INTO drafts (seq, kind, key, dedupe_group, refs, attributes, secrets, file, line, records)
     SELECT ?1, kind, key, dedupe_group, refs, ?2, NULL, file, line, 0 FROM drafts WHERE id = ?3`,
  )
  const reject = rundb.statement(
    "INSERT INTO rejects VALUES ('roleAssignment', ?, ?, 'role', ?, ?, ?, ?, ?, json_object('user', ?1), 1)",
  )
  const note = rundb.statement('INSERT INTO notes VALUES (?, ?, ?, ?, ?)')
  const meaning = meanings(roles)
  let assigned = 0
  for (const { seq, user, role, file, line } of rundb.db
    .prepare("SELECT * FROM grants WHERE scope = 'user'")
    .iterate()) {
    const name = String(role)
    const key = String(user)
    const places = members.all(key).map(({ id, organization }) => ({
      id: Number(id),
      organization: String(organization),
      meant: meaning(name, String(organization)),
    }))
    const fault = places.find(({ meant }) => !meant.ok)?.meant
    if (fault !== undefined && !fault.ok) {
      const { code, message, hint } = fault.fault
      reject.run(key, code, message, hint ?? null, seq ?? null, file ?? null, line ?? null)
      if (fault.fault.role !== undefined)
        note.run(Number(seq), 'roleAssignment', key, 'unmapped_role', fault.fault.role)
      continue
    }
    const left = places.length === 0 ? leftOutBy(rundb, 'user', key) : undefined
    if (left !== undefined) {
      const item = { kind: 'roleAssignment', key, path: left, refs: { user: key } }
      insertLeftOutWith(rundb, item, [Number(file), line === null ? null : Number(line)])
      continue
    }
    if (places.length === 0) {
      const message = `the role ${name} of ${key} has no membership to go to: the source has none of this user`
      const hint = 'add the membership, or leave the role out'
      reject.run(key, 'role_without_membership', message, hint, seq ?? null, file ?? null, line ?? null)
      continue
    }
    assigned += 1
    for (const { id, organization, meant } of places) {
      if (!meant.ok) continue
      if (meant.value.kind === 'role') give.run(Number(seq), JSON.stringify({ roles: [meant.value.slug] }), id)
      else note.run(Number(seq), 'membership', `${key}@${organization}`, 'role_dropped', name)
    }
  }
  return assigned
}

/** What a role means in an organization; worked out once, and once more for each that has rules of its own. */
function meanings(roles: RoleConfig): (name: string, organization: string) => Check<MappedRole> {
  const known = new Map<string, Check<MappedRole>>()
  return (name, organization) => {
    const ruled = rolesIn(roles, organization) === undefined ? null : organization
    const key = JSON.stringify([name, ruled])
    const found = known.get(key) ?? mapRoleSlug(name, roles, ruled)
    known.set(key, found)
    return found
  }
}
