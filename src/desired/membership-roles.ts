import type { RoleConfig } from '../config/manifest.ts'
import { rankedSlugs } from '../kinds/role/role-definition.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { nameOrganizationRoles } from './role-resources.ts'

const ROLES = "desired.attributes -> '$.roles'"

/**
 * Settles the roles of the memberships, once all that give some have been united: `roles.default` for those without any, the slugs of their
 * organizations' own roles, `roles.multiple` for those with several. What a membership loses by it is remarked, role by role.
 */
export function joinRoles(rundb: RunDatabase, roles: RoleConfig): void {
  giveDefaults(rundb, roles)
  nameOrganizationRoles(rundb)
  if (roles.multiple === 'fail') refuseSeveral(rundb)
  if (roles.multiple === 'first') keepFirst(rundb, roles.priority ?? [])
}

function giveDefaults(rundb: RunDatabase, { default: all, organizations = {} }: RoleConfig): void {
  const general = all ?? null
  if (general === null && !Object.values(organizations).some((rules) => rules.default !== undefined)) return
  rundb.db.exec('CREATE TABLE role_defaults (organization TEXT PRIMARY KEY, role TEXT NOT NULL) WITHOUT ROWID, STRICT')
  for (const [organization, { default: own }] of Object.entries(organizations)) {
    if (own !== undefined) rundb.run('INSERT INTO role_defaults VALUES (?, ?)', organization, own)
  }
  const own = "(SELECT role FROM role_defaults WHERE organization = desired.refs ->> '$.organization')"
  const without = `kind = 'membership' AND ${ROLES} IS NULL AND coalesce(${own}, ?1) IS NOT NULL`
  rundb.run(
    `INSERT INTO notes SELECT seq, kind, key, 'role_default', coalesce(${own}, ?1) FROM desired WHERE ${without}`,
    general,
  )
  rundb.run(
    `UPDATE desired SET attributes = json_set(attributes, '$.roles', json_array(coalesce(${own}, ?1))) WHERE ${without}`,
    general,
  )
}

const SEVERAL = `kind = 'membership' AND json_array_length(attributes, '$.roles') > 1`

/** The roles of a membership, as a message names them. */
const NAMED = "(SELECT group_concat(value, ', ' ORDER BY value) FROM json_each(desired.attributes, '$.roles'))"

function refuseSeveral(rundb: RunDatabase): void {
  refuse(
    rundb,
    SEVERAL,
    'several_roles',
    `'the membership has several roles: ' || ${NAMED}`,
    'give it one role, or set roles.multiple to first (with roles.priority) or allow',
  )
}

function keepFirst(rundb: RunDatabase, priority: readonly string[]): void {
  rundb.db.exec('CREATE TABLE role_ranks (role TEXT PRIMARY KEY, rank INTEGER NOT NULL) WITHOUT ROWID, STRICT')
  for (const [rank, slug] of rankedSlugs(priority).entries()) {
    rundb.run('INSERT INTO role_ranks VALUES (?, ?)', slug, rank)
  }
  const first = `(SELECT value FROM json_each(desired.attributes, '$.roles') JOIN role_ranks ON role = value
    ORDER BY rank LIMIT 1)`
  refuse(
    rundb,
    `${SEVERAL} AND ${first} IS NULL`,
    'roles_without_priority',
    `'roles.priority has none of its roles: ' || ${NAMED}`,
    'add the role to keep to roles.priority',
  )
  rundb.run(
    `INSERT INTO notes SELECT desired.seq, kind, desired.key, 'role_lost', lost.value FROM desired, json_each(desired.attributes, '$.roles') lost
     WHERE ${SEVERAL} AND lost.value <> ${first}`,
  )
  rundb.run(`UPDATE desired SET attributes = json_set(attributes, '$.roles', json_array(${first})) WHERE ${SEVERAL}`)
}

/** @param message an SQL expression */
function refuse(rundb: RunDatabase, condition: string, code: string, message: string, hint: string): void {
  rundb.run(
    `INSERT INTO rejects SELECT kind, key, ?, 'roles', ${message}, ?, seq, file, line, refs, records FROM desired
     WHERE ${condition}`,
    code,
    hint,
  )
  rundb.run(`DELETE FROM desired WHERE ${condition}`)
}
