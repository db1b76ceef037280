import type { RoleConfig } from '../../config/manifest.ts'
import { emailOfDesired } from '../../rundb/desired.ts'
import { addToDrafts, ROLE_ASSIGNMENT } from '../../rundb/drafts.ts'
import { insertLeftOutWith, leftOutBy } from '../../rundb/left-out.ts'
import { insertNote } from '../../rundb/notes.ts'
import { insertReject, type RejectReason, rejectGrant } from '../../rundb/rejects.ts'
import { placeIn, type RunDatabase, textIn } from '../../rundb/run-database.ts'
import type { Row } from '../../sqlite/open.ts'
import { type MappedRole, mapRoleSlug, rolesIn } from '../role/roles.ts'
import type { Check } from '../values/check.ts'

/**
 * Assigns role grants of records to memberships. Each grant becomes a further draft of its
 * membership, and merging combines them. A grant without a membership is rejected, never dropped.
 */

const HINT = 'add the membership, or remove the role'

/** For a role without an organization. */
const HINT_WITHOUT = 'add the membership, or ignore such roles with roles.withoutOrganization: drop'

/**
 * Assigns the staged roles of records to memberships. A role without an organization goes only to
 * the memberships of its own record, not to those of records that later merge with it.
 * @returns how many found a membership
 */
export function assignGrants(
  rundb: RunDatabase,
  keyOf: (refs: { user: string; organization: string }) => string,
  roles: RoleConfig,
): number {
  if (countGrants(rundb, OF_RECORDS) === 0) return 0
  indexDraftsWithRefs(rundb)
  let assigned = 0
  for (const grant of grantsOfRecords(rundb)) {
    const [user, organization] = [String(grant.canonical), textIn(grant.organization)]
    const given = { seq: Number(grant.seq), attributes: JSON.stringify({ roles: [String(grant.role)] }) }
    const found =
      organization === null
        ? addToDrafts(rundb, given, OF_OWN_RECORD, user)
        : addToDrafts(rundb, given, OF_ORGANIZATION, keyOf({ user, organization }))
    if (found > 0) assigned += 1
    else if (!leaveOutWith(rundb, grant, user, organization) && !isDropped(rundb, grant, user, organization, roles)) {
      rejectUnplaced(rundb, grant, user, {
        code: 'role_without_membership',
        field: 'role',
        message: whyUnplaced(rundb, String(grant.role), user, organization),
        hint: organization === null ? HINT_WITHOUT : HINT,
      })
    }
  }
  return assigned
}

function whyUnplaced(rundb: RunDatabase, role: string, user: string, organization: string | null): string {
  if (organization === null) {
    return `the role ${role} of ${user} has no membership: the record does not name an organization`
  }
  return isInSource(rundb, user)
    ? `the role ${role} of ${user} is for the organization ${organization}, but the user is not a member of it`
    : `the role ${role} is assigned to ${user}, but no user in the source has that key`
}

/** Leaves a grant out together with its user or its organization. */
function leaveOutWith(rundb: RunDatabase, grant: Row, user: string, organization: string | null): boolean {
  const path =
    leftOutBy(rundb, 'user', user) ??
    (organization === null ? undefined : leftOutBy(rundb, 'organization', organization))
  if (path === undefined) return false
  const refs = { user, ...(organization !== null && { organization }) }
  insertLeftOutWith(rundb, { kind: ROLE_ASSIGNMENT, key: user, path, refs, origin: placeIn(grant) })
  return true
}

/** Drops a role of a user without an organization, if the manifest sets this. */
function isDropped(
  rundb: RunDatabase,
  grant: Row,
  user: string,
  organization: string | null,
  { withoutOrganization }: RoleConfig,
): boolean {
  if (organization !== null || withoutOrganization !== 'drop') return false
  if (!isInSource(rundb, user) && !isStaged(rundb, user)) return false
  const path = 'roles.withoutOrganization'
  insertLeftOutWith(rundb, { kind: ROLE_ASSIGNMENT, key: user, path, refs: { user }, origin: placeIn(grant) })
  return true
}

/** Rejects a grant and keeps it for `explain`. */
function rejectUnplaced(rundb: RunDatabase, grant: Row, user: string, reason: RejectReason): void {
  insertReject(rundb, {
    kind: ROLE_ASSIGNMENT,
    key: user,
    ...reason,
    seq: Number(grant.seq),
    origin: placeIn(grant),
    refs: { user },
    email: textIn(grant.email) ?? emailOfDesired(rundb, 'user', user),
  })
}

/**
 * Assigns roles that a user has in every organization to each membership. Each organization can
 * translate the role in its own way; if one rejects it, it is assigned in none. Runs before users
 * merge, so that a role of one account does not reach the memberships of another.
 * @returns how many found a membership
 */
export function assignUserGrants(rundb: RunDatabase, roles: RoleConfig): number {
  if (countGrants(rundb, OF_USERS) === 0) return 0
  indexMembershipsByUser(rundb)
  const meaning = meanings(roles)
  let assigned = 0
  for (const grant of grantsOfUsers(rundb)) {
    const [name, key] = [String(grant.role), String(grant.user)]
    const places = membershipsOf(rundb, key).map((place) => ({ ...place, meant: meaning(name, place.organization) }))
    const meant = places.map((place) => place.meant)
    const fault = meant.find((each) => !each.ok)
    if (fault !== undefined && !fault.ok) {
      const { code, message, hint = null, role } = fault.fault
      rejectUnplaced(rundb, grant, key, { code, field: 'role', message, hint })
      if (role !== undefined) {
        insertNote(rundb, { seq: Number(grant.seq), kind: ROLE_ASSIGNMENT, key, code: 'unmapped_role', detail: role })
      }
    } else if (places.length === 0) {
      if (leaveOutWith(rundb, grant, key, null) || isDropped(rundb, grant, key, null, roles)) continue
      rejectUnplaced(rundb, grant, key, {
        code: 'role_without_membership',
        field: 'role',
        message: `the role ${name} of ${key} has no membership: the source has no membership of this user`,
        hint: HINT_WITHOUT,
      })
    } else {
      assigned += 1
      for (const place of places) if (place.meant.ok) give(rundb, grant, place, place.meant.value)
    }
  }
  return assigned
}

function give(rundb: RunDatabase, grant: Row, { id, organization }: MembershipPlace, role: MappedRole): void {
  const seq = Number(grant.seq)
  if (role.kind === 'role') {
    addToDrafts(rundb, { seq, attributes: JSON.stringify({ roles: [role.slug] }) }, 'id = ?3', id)
    return
  }
  const key = `${grant.user}@${organization}`
  insertNote(rundb, { seq, kind: 'membership', key, code: 'role_dropped', detail: String(grant.role) })
}

/**
 * Translates a role for an organization; computed once, and once for each organization with its own
 * rules.
 */
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

/**
 * Rejects roles whose record names one user by key and another by address. An address that no user
 * in the source has is no contradiction. Runs after users merge, so that any name of a merged user
 * counts.
 */
export function refuseGrantsForTwo(rundb: RunDatabase): void {
  if (!hasGrantsByAddress(rundb)) return
  indexUsersByAddress(rundb)
  for (const { id, user, canonical, email, role } of grantsByAddress(rundb)) {
    const found = ownersOfAddress(rundb, String(email))
    const [other] = found
    if (other === undefined || found.some((owner) => owner.canonical === canonical)) continue
    rejectGrant(rundb, Number(id), {
      code: 'role_for_two_users',
      field: 'email',
      message: `the role ${role} is assigned to ${user}, but the address ${email} in the same record belongs to ${other.key}`,
      hint: 'correct one of the two, or leave one empty',
    })
  }
}

/** Grants for the memberships of their own record, or for one organization. */
const OF_RECORDS = "scope <> 'user'"

/** Grants for all memberships of a user. */
const OF_USERS = "scope = 'user'"

function countGrants(rundb: RunDatabase, which: string): number {
  return rundb.count(`SELECT count(*) FROM grants WHERE ${which}`)
}

function grantsOfRecords(rundb: RunDatabase): Iterable<Row> {
  return rundb.iterate(
    `SELECT g.*, coalesce(a.canonical, g.user) AS canonical FROM grants g
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = g.user WHERE g.${OF_RECORDS}`,
  )
}

function grantsOfUsers(rundb: RunDatabase): Iterable<Row> {
  return rundb.iterate(`SELECT * FROM grants WHERE ${OF_USERS}`)
}

function hasGrantsByAddress(rundb: RunDatabase): boolean {
  return rundb.count('SELECT EXISTS (SELECT 1 FROM grants WHERE email IS NOT NULL)') !== 0
}

/** Spooled, because some are rejected during the loop. */
function grantsByAddress(rundb: RunDatabase): Iterable<Row> {
  return rundb.spool(
    `SELECT g.rowid AS id, g.*, coalesce(a.canonical, g.user) AS canonical FROM grants g
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = g.user WHERE g.email IS NOT NULL ORDER BY g.seq, g.rowid`,
  )
}

/** The index for OF_OWN_RECORD. */
function indexDraftsWithRefs(rundb: RunDatabase): void {
  rundb.exec("CREATE INDEX drafts_with_refs ON drafts (seq) WHERE refs <> '{}'")
}

/** The index for membershipsOf. */
function indexMembershipsByUser(rundb: RunDatabase): void {
  rundb.exec("CREATE INDEX drafts_by_user ON drafts (refs ->> '$.user') WHERE kind = 'membership'")
}

/** The index for ownersOfAddress. */
function indexUsersByAddress(rundb: RunDatabase): void {
  rundb.exec("CREATE INDEX drafts_by_address ON drafts (attributes ->> '$.email') WHERE kind = 'user'")
}

/** Drafts of the memberships of user `?3` that the record itself describes. */
const OF_OWN_RECORD =
  "seq = ?1 AND refs <> '{}' AND kind = 'membership' AND records > 0 AND json_extract(refs, '$.user') = ?3"

/** The first draft of membership `?3`. */
const OF_ORGANIZATION = "kind = 'membership' AND key = ?3 AND records > 0 ORDER BY seq, id LIMIT 1"

interface MembershipPlace {
  /** The first draft of the membership. */
  id: number
  organization: string
}

function membershipsOf(rundb: RunDatabase, user: string): MembershipPlace[] {
  return rundb
    .statement(
      `SELECT min(id) AS id, refs ->> '$.organization' AS organization FROM drafts INDEXED BY drafts_by_user
       WHERE kind = 'membership' AND refs ->> '$.user' = ? AND records > 0 GROUP BY key ORDER BY key`,
    )
    .all(user)
    .map(({ id, organization }) => ({ id: Number(id), organization: String(organization) }))
}

/** The keys of the users with an address, after merges. */
function ownersOfAddress(rundb: RunDatabase, email: string): Row[] {
  return rundb
    .statement(
      `SELECT DISTINCT d.key, coalesce(a.canonical, d.key) AS canonical FROM drafts d INDEXED BY drafts_by_address
       LEFT JOIN aliases a ON a.kind = 'user' AND a.key = d.key
       WHERE d.kind = 'user' AND d.attributes ->> '$.email' = ? ORDER BY d.key`,
    )
    .all(email)
}

/** The same before users merge. */
function isStaged(rundb: RunDatabase, user: string): boolean {
  rundb.exec("CREATE INDEX IF NOT EXISTS drafts_of_users ON drafts (key) WHERE kind = 'user'")
  return rundb.statement("SELECT 1 FROM drafts WHERE kind = 'user' AND key = ? LIMIT 1").get(user) !== undefined
}

function isInSource(rundb: RunDatabase, user: string): boolean {
  const found = rundb.statement(
    "SELECT 1 FROM desired WHERE kind = 'user' AND key = ?1 UNION ALL SELECT 1 FROM rejects WHERE kind = 'user' AND key = ?1 LIMIT 1",
  )
  return found.get(user) !== undefined
}
