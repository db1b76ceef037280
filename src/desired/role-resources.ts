import type { Manifest } from '../config/manifest.ts'
import { canonicalJson } from '../json.ts'
import { permissionsDefined } from '../kinds/permission/permission.ts'
import { rolesDefined } from '../kinds/role/role-definition.ts'
import type { DesiredResource } from '../resource.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { leaveOut } from './left-out-with.ts'

/** Definitions of a role, by what they are of: in SQL, `key` tells one of organizations by an `@`. */
const DEFINITIONS = "desired WHERE kind = 'role-definition'"

/** What the manifest itself defines lies over what records say of the same permission or role, field by field. */
export function addDefined(rundb: RunDatabase, manifest: Manifest, kind: string): void {
  const defined = kind === 'permission' ? permissionsDefined(manifest) : rolesDefined(manifest)
  for (const resource of defined) addOver(rundb, resource)
}

function addOver(rundb: RunDatabase, { kind, key, attributes }: DesiredResource): void {
  const found = rundb.statement('SELECT attributes FROM desired WHERE kind = ? AND key = ?').get(kind, key)
  if (found === undefined) {
    rundb.run(
      "INSERT INTO desired VALUES (?, ?, '{}', ?, NULL, -1, NULL, NULL, 0)",
      kind,
      key,
      canonicalJson(attributes),
    )
    return
  }
  const merged = { ...JSON.parse(String(found.attributes)), ...attributes }
  rundb.run('UPDATE desired SET attributes = ? WHERE kind = ? AND key = ?', canonicalJson(merged), kind, key)
}

/** Refuses definitions of roles of organizations that are not among the desired ones; with one that is left out they are left out. */
export function refuseStrayDefinitions(rundb: RunDatabase): void {
  leaveOut(rundb, 'role-definition', 'organization', "d.attributes ->> '$.organization'")
  const stray = `kind = 'role-definition' AND file IS NOT NULL AND attributes ->> '$.organization' IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM desired o WHERE o.kind = 'organization' AND o.key = desired.attributes ->> '$.organization')`
  rundb.run(
    `INSERT INTO rejects SELECT kind, key, 'organization_missing', 'organization',
       'its organization ' || (attributes ->> '$.organization') || ' is not among the organizations of the source',
       'name it by the same one of id, external id and name as the memberships do',
       seq, file, line, refs, records FROM desired WHERE ${stray}`,
  )
  rundb.run(`DELETE FROM desired WHERE ${stray}`)
}

/**
 * Gives memberships the slugs of the roles of their own organizations: `billing` becomes `org-billing` in an organization for which
 * such a role is defined, or everywhere where one is defined without an organization and no role of the environment is called `billing`.
 */
export function nameOrganizationRoles(rundb: RunDatabase): void {
  if (rundb.count(`SELECT count(*) FROM ${DEFINITIONS} AND instr(key, '@') > 0`) === 0) return
  const defined = (organization: string) =>
    `EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'role-definition' AND d.key = 'org-' || role.value || '@' || ${organization})`
  const environment = "EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'role-definition' AND d.key = role.value)"
  const isOwn = `(${defined("(m.refs ->> '$.organization')")} OR (${defined("''")} AND NOT ${environment}))`
  rundb.run(
    `UPDATE desired AS m SET attributes = json_set(m.attributes, '$.roles', (
       SELECT json_group_array(slug ORDER BY slug) FROM (
         SELECT DISTINCT CASE WHEN ${isOwn} THEN 'org-' || role.value ELSE role.value END AS slug
         FROM json_each(m.attributes, '$.roles') role)))
     WHERE m.kind = 'membership' AND EXISTS (SELECT 1 FROM json_each(m.attributes, '$.roles') role WHERE ${isOwn})`,
  )
}

/**
 * Makes roles out of their definitions: one of the environment, one of the organization that is named, or one of each organization in
 * which a membership has it; and the permissions that they have and nobody defined.
 */
export function deriveRoles(rundb: RunDatabase): void {
  const fields = "json_remove(attributes, '$.slug', '$.organization')"
  const rest = 'NULL, seq, file, line, 0'
  rundb.run(
    `INSERT INTO desired SELECT 'role', key, '{}', ${fields}, ${rest} FROM ${DEFINITIONS} AND instr(key, '@') = 0`,
  )
  rundb.run(
    `INSERT INTO desired SELECT 'organization-role', key, json_object('organization', attributes ->> '$.organization'), ${fields}, ${rest}
     FROM ${DEFINITIONS} AND attributes ->> '$.organization' IS NOT NULL`,
  )
  rundb.run(
    `INSERT INTO desired
       SELECT 'organization-role', used.slug || '@' || used.organization, json_object('organization', used.organization),
         json_remove(d.attributes, '$.slug', '$.organization'), NULL, d.seq, d.file, d.line, 0
       FROM (SELECT DISTINCT role.value AS slug, m.refs ->> '$.organization' AS organization
             FROM desired m, json_each(m.attributes, '$.roles') role WHERE m.kind = 'membership' AND role.value LIKE 'org-%') used
       JOIN desired d ON d.kind = 'role-definition' AND d.key = used.slug || '@'
       WHERE NOT EXISTS (SELECT 1 FROM desired own
         WHERE own.kind = 'organization-role' AND own.key = used.slug || '@' || used.organization)`,
  )
  rundb.run(
    `INSERT INTO desired
       SELECT 'permission', slug, '{}', '{}', NULL, -1, NULL, NULL, 0 FROM (
         SELECT DISTINCT permission.value AS slug FROM desired r, json_each(r.attributes, '$.permissions') permission
         WHERE r.kind IN ('role', 'organization-role'))
       WHERE NOT EXISTS (SELECT 1 FROM desired p WHERE p.kind = 'permission' AND p.key = slug)`,
  )
}
