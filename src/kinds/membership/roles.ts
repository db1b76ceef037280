import type { RoleConfig } from '../../config/manifest.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { rejectAll } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { FieldFilling, WarningContext } from '../kind.ts'
import { nameOrganizationRoles } from '../role/lifecycle.ts'
import { rankedSlugs } from '../role/role-definition.ts'

/**
 * What the manifest says of the roles of memberships. In: memberships with all roles that records give them. Out: the same with the roles
 * that WorkOS gets, remarks on those they lose, rejects of those that have several; a warning where all have one.
 */

const ROLES = "desired.attributes -> '$.roles'"

/**
 * Decides the roles of the memberships, once all that give some have been united: `roles.default` for those without any, the slugs of their
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
  rundb.exec('CREATE TABLE role_defaults (organization TEXT PRIMARY KEY, role TEXT NOT NULL) WITHOUT ROWID, STRICT')
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
  rundb.exec('CREATE TABLE role_ranks (role TEXT PRIMARY KEY, rank INTEGER NOT NULL) WITHOUT ROWID, STRICT')
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
function refuse(rundb: RunDatabase, where: string, code: string, message: string, hint: string): void {
  rejectAll(rundb, { from: 'desired', where, reason: { code, field: 'roles', message: { sql: message }, hint } })
}

/** From so many memberships on, one role for all of them is worth a look. */
const SAME_ROLE = 10
/** The share of the memberships that have a role at all: ten administrators among a thousand members are no slip. */
const WITH_ROLE = 0.9
/** What everybody may well be. */
const ORDINARY: ReadonlySet<string> = new Set(['member', 'user', 'basic-member'])

/** A warning where nearly all memberships have a role, and all of these the same one. */
export function oneRoleForAll({
  loaded: { manifest, locate },
  partial,
  filling,
}: WarningContext & { filling: FieldFilling | undefined }): Problem[] {
  const roles = filling?.fields.find(({ field }) => field === 'roles')
  if (partial || filling === undefined || roles === undefined) return []
  if (roles.filled < SAME_ROLE || roles.distinct !== 1) return []
  const slugs = Array.isArray(roles.example) ? roles.example.map(String) : []
  if (slugs.length !== 1 || roles.filled < filling.resources * WITH_ROLE) return []
  const [slug = ''] = slugs
  if (ORDINARY.has(slug) || slug === manifest.roles.default) return []
  const path = manifest.map.membership?.roles !== undefined ? ['map', 'membership', 'roles'] : ['map', 'roleAssignment']
  const whom = roles.filled === filling.resources ? 'all' : `${figure(roles.filled)} of`
  return [
    {
      code: 'one_role_for_all',
      severity: 'warning',
      message: `${whom} ${figure(filling.resources)} memberships get the same role: ${slug}`,
      hint: 'if that is right, do nothing; else look at the column that says the role, and at roles.map',
      at: locate(path),
      path: path.join('.'),
    },
  ]
}
