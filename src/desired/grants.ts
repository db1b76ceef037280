import type { DraftDefinition } from '../kinds/draft.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { insertLeftOutWith, leftOutBy } from './left-out-with.ts'

/**
 * Gives the staged roles of records to the memberships they belong to, as further drafts of those memberships, which merging then
 * unites. A role without an organization goes to the memberships of its own record alone: a record that later merges
 * with it had its reasons for not having it. A role that finds no membership is refused, never dropped.
 * @returns how many found one
 */
export function assignGrants(rundb: RunDatabase, definition: DraftDefinition): number {
  if (rundb.count("SELECT count(*) FROM grants WHERE scope <> 'user'") === 0) return 0
  let assigned = 0
  rundb.db.exec("CREATE INDEX drafts_with_refs ON drafts (seq) WHERE refs <> '{}'")
  const toOwn = rundb.statement(
    `INSERT INTO drafts (seq, kind, key, dedupe_group, refs, attributes, secrets, file, line, records)
     SELECT seq, kind, key, dedupe_group, refs, ?1, NULL, file, line, 0 FROM drafts
     WHERE seq = ?2 AND refs <> '{}' AND kind = ?3 AND records > 0 AND json_extract(refs, '$.user') = ?4`,
  )
  const toOrganization = rundb.statement(
    `INSERT INTO drafts (seq, kind, key, dedupe_group, refs, attributes, secrets, file, line, records)
     SELECT ?1, kind, key, dedupe_group, refs, ?2, NULL, file, line, 0 FROM drafts WHERE kind = ?3 AND key = ?4 AND records > 0
     ORDER BY seq, id LIMIT 1`,
  )
  const isUser = rundb.statement(
    "SELECT 1 FROM desired WHERE kind = 'user' AND key = ?1 UNION ALL SELECT 1 FROM rejects WHERE kind = 'user' AND key = ?1 LIMIT 1",
  )
  const reject = rundb.statement('INSERT INTO rejects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)')
  const grants = rundb.db
    .prepare(
      `SELECT g.*, coalesce(a.canonical, g.user) AS canonical FROM grants g
       LEFT JOIN aliases a ON a.kind = 'user' AND a.key = g.user WHERE g.scope <> 'user'`,
    )
    .iterate()
  for (const grant of grants) {
    const roles = JSON.stringify({ roles: [String(grant.role)] })
    const user = String(grant.canonical)
    const organization = grant.organization === null ? null : String(grant.organization)
    const seq = Number(grant.seq)
    const found =
      organization === null
        ? toOwn.run(roles, seq, definition.name, user)
        : toOrganization.run(
            seq,
            roles,
            definition.name,
            definition.keyFromRefs?.({ user, organization: organization }) ?? '',
          )
    if (Number(found.changes) > 0) {
      assigned += 1
      continue
    }
    const left =
      leftOutBy(rundb, 'user', user) ??
      (organization === null ? undefined : leftOutBy(rundb, 'organization', organization))
    if (left !== undefined) {
      const line = grant.line === null ? null : Number(grant.line)
      const refs = { user, ...(organization !== null && { organization }) }
      insertLeftOutWith(rundb, { kind: 'roleAssignment', key: user, path: left, refs }, [Number(grant.file), line])
      continue
    }
    reject.run(
      'roleAssignment',
      user,
      'role_without_membership',
      'role',
      organization === null
        ? `the role ${grant.role} of ${user} has no membership to go to: the record names no organization`
        : isUser.get(user) === undefined
          ? `the role ${grant.role} is given to ${user}, and no user of the source has that key`
          : `the role ${grant.role} of ${user} is for the organization ${organization}, of which the user is no member`,
      'add the membership, or leave the role out',
      seq,
      Number(grant.file),
      grant.line === null ? null : Number(grant.line),
      JSON.stringify({ user }),
    )
  }
  return assigned
}
