import { type Derivation, deriveAll } from '../../rundb/desired.ts'
import { leaveOut } from '../../rundb/left-out.ts'
import { rejectAll } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/**
 * What becomes of definitions of roles. In: merged definitions and memberships. Out: roles of the
 * environment and of organizations, the permissions they have, and memberships that name the roles
 * by their slugs.
 */

/**
 * Definitions of a role, by what they are of: in SQL, `key` tells one of organizations by an `@`.
 */
const DEFINED = "kind = 'role-definition'"

/**
 * Refuses definitions of roles of organizations that are not among the desired ones; with one that
 * is left out they are left out.
 */
export function refuseStrayDefinitions(rundb: RunDatabase): void {
  leaveOut(rundb, 'role-definition', 'organization', "d.attributes ->> '$.organization'")
  const stray = `kind = 'role-definition' AND file IS NOT NULL AND attributes ->> '$.organization' IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM desired o WHERE o.kind = 'organization' AND o.key = desired.attributes ->> '$.organization')`
  rejectAll(rundb, {
    from: 'desired',
    where: stray,
    reason: {
      code: 'organization_missing',
      field: 'organization',
      message: {
        sql: "'its organization ' || (attributes ->> '$.organization') || ' is not among the organizations of the source'",
      },
      hint: 'name it by the same one of id, external id and name as the memberships do',
    },
  })
}

/**
 * Gives memberships the slugs of the roles of their own organizations: `billing` becomes
 * `org-billing` in an organization for which such a role is defined, or everywhere where one is
 * defined without an organization and no role of the environment is called `billing`.
 */
export function nameOrganizationRoles(rundb: RunDatabase): void {
  if (rundb.count(`SELECT count(*) FROM desired WHERE ${DEFINED} AND instr(key, '@') > 0`) === 0) return
  const organization = "(m.refs ->> '$.organization')"
  rundb.run(
    `UPDATE desired AS m SET attributes = json_set(m.attributes, '$.roles', (
       SELECT json_group_array(slug ORDER BY slug) FROM (
         SELECT DISTINCT ${organizationSlug('role.value', organization)} AS slug
         FROM json_each(m.attributes, '$.roles') role)))
     WHERE m.kind = 'membership' AND EXISTS (
       SELECT 1 FROM json_each(m.attributes, '$.roles') role WHERE ${isOwnRole('role.value', organization)})`,
  )
}

/** What a role of a name is called in an organization, as SQL: see `nameOrganizationRoles`. */
export function organizationSlug(role: string, organization: string): string {
  return `CASE WHEN ${isOwnRole(role, organization)} THEN 'org-' || ${role} ELSE ${role} END`
}

function isOwnRole(role: string, organization: string): string {
  const defined = (of: string) =>
    `EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'role-definition' AND d.key = 'org-' || ${role} || '@' || ${of})`
  const environment = `EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'role-definition' AND d.key = ${role})`
  return `(${defined(organization)} OR (${defined("''")} AND NOT ${environment}))`
}

/**
 * Makes roles out of their definitions: one of the environment, one of the organization that is
 * named, or one of each organization in which a membership has it; and the permissions that they
 * have and nobody defined.
 */
export function deriveRoles(rundb: RunDatabase): void {
  deriveAll(rundb, OF_ENVIRONMENT)
  deriveAll(rundb, OF_NAMED_ORGANIZATION)
  deriveUsed(rundb, USED_BY_MEMBERSHIPS)
}

/**
 * The same for what groups have, whose roles are resources by now: roles of organizations that no
 * membership there has.
 */
export function deriveRolesOfGroups(rundb: RunDatabase): void {
  deriveUsed(rundb, USED_BY_GROUPS)
}

function deriveUsed(rundb: RunDatabase, used: string): void {
  if (rundb.count(`SELECT EXISTS (SELECT 1 FROM desired WHERE ${DEFINED} AND key GLOB '*@')`) > 0) {
    deriveAll(rundb, ofOrganizations(used))
  }
  deriveAll(rundb, UNDEFINED_PERMISSIONS)
}

/** What a role has of its definition. */
const FIELDS = "json_remove(desired.attributes, '$.slug', '$.organization')"

const OF_ENVIRONMENT: Derivation = {
  kind: 'role',
  from: 'desired',
  where: `${DEFINED} AND instr(key, '@') = 0`,
  key: 'key',
  attributes: FIELDS,
  at: 'desired',
}

const OF_NAMED_ORGANIZATION: Derivation = {
  kind: 'organization-role',
  from: 'desired',
  where: `${DEFINED} AND attributes ->> '$.organization' IS NOT NULL`,
  key: 'key',
  refs: "json_object('organization', attributes ->> '$.organization')",
  attributes: FIELDS,
  at: 'desired',
}

/** Slugs of roles of organizations, with the organization in which each is used. */
const USED_BY_MEMBERSHIPS = `SELECT DISTINCT role.value AS slug, m.refs ->> '$.organization' AS organization
  FROM desired m, json_each(m.attributes, '$.roles') role WHERE m.kind = 'membership' AND role.value LIKE 'org-%'`
const USED_BY_GROUPS = `SELECT DISTINCT substr(key, 1, instr(key, '@') - 1) AS slug, refs ->> '$.organization' AS organization
  FROM desired WHERE kind = 'group-role' AND key LIKE 'org-%'`

function ofOrganizations(used: string): Derivation {
  return {
    kind: 'organization-role',
    from: `(${used}) used JOIN desired ON desired.kind = 'role-definition' AND desired.key = used.slug || '@'`,
    where: `NOT EXISTS (SELECT 1 FROM desired own
      WHERE own.kind = 'organization-role' AND own.key = used.slug || '@' || used.organization)`,
    key: "used.slug || '@' || used.organization",
    refs: "json_object('organization', used.organization)",
    attributes: FIELDS,
    at: 'desired',
  }
}

const UNDEFINED_PERMISSIONS: Derivation = {
  kind: 'permission',
  from: `(SELECT DISTINCT permission.value AS slug FROM desired r, json_each(r.attributes, '$.permissions') permission
    WHERE r.kind IN ('role', 'organization-role'))`,
  where: "NOT EXISTS (SELECT 1 FROM desired p WHERE p.kind = 'permission' AND p.key = slug)",
  key: 'slug',
}
