import { changeDesired, type Derivation, deriveAll } from '../../rundb/desired.ts'
import { leaveOut } from '../../rundb/left-out.ts'
import { rejectAll } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/**
 * Turns merged definitions of roles into roles of the environment and of organizations, adds their
 * permissions, and gives memberships the slugs of these roles.
 */

/** Definitions of roles. In SQL, an `@` in `key` marks a role of organizations. */
const DEFINED = "kind = 'role-definition'"

/**
 * Rejects role definitions for organizations that are not desired. If the organization is left out,
 * so is the definition.
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
        sql: "'its organization ' || (attributes ->> '$.organization') || ' is not in the source'",
      },
      hint: 'identify the organization by the same of ID, external ID and name as memberships do',
    },
  })
}

/**
 * Gives memberships the slugs of organization roles: `billing` becomes `org-billing` in an
 * organization that has such a definition. A definition without an organization applies everywhere,
 * unless the environment has a role `billing`.
 */
export function nameOrganizationRoles(rundb: RunDatabase): void {
  if (rundb.count(`SELECT count(*) FROM desired WHERE ${DEFINED} AND instr(key, '@') > 0`) === 0) return
  const organization = "(m.refs ->> '$.organization')"
  changeDesired(
    rundb,
    'membership',
    `UPDATE desired AS m SET attributes = json_set(m.attributes, '$.roles', (
       SELECT json_group_array(slug ORDER BY slug) FROM (
         SELECT DISTINCT ${organizationSlug('role.value', organization)} AS slug
         FROM json_each(m.attributes, '$.roles') role)))
     WHERE m.kind = 'membership' AND EXISTS (
       SELECT 1 FROM json_each(m.attributes, '$.roles') role WHERE ${isOwnRole('role.value', organization)})`,
  )
}

/** SQL for the slug of a role in an organization: see `nameOrganizationRoles`. */
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
 * Makes roles from definitions: one of the environment, one of the named organization, or one for
 * each organization in which a membership has it. Adds permissions that nothing defines.
 */
export function deriveRoles(rundb: RunDatabase): void {
  deriveAll(rundb, OF_ENVIRONMENT)
  deriveAll(rundb, OF_NAMED_ORGANIZATION)
  deriveUsed(rundb, USED_BY_MEMBERSHIPS)
}

/**
 * The same for roles of groups, which are resources by now: organization roles that no membership
 * has.
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

/** The fields that a role takes from its definition. */
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

/** Slugs of organization roles, with each organization that uses them. */
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
