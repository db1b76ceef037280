import type { RoleConfig } from '../../config/manifest.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { changeDesired } from '../../rundb/desired.ts'
import { noteAll } from '../../rundb/notes.ts'
import { rejectAll } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { FieldFilling, WarningContext } from '../kind.ts'
import { nameOrganizationRoles } from '../role/lifecycle.ts'
import { rankedSlugs } from '../role/role-definition.ts'

/**
 * Applies the manifest's rules to the roles of memberships: default roles, roles of organizations,
 * and one or several roles. Warns if all memberships get the same role.
 */

/**
 * Decides the roles of memberships once all sources of roles are combined: `roles.default` for
 * those without any, slugs of organization roles, `roles.multiple` for those with several. Notes
 * each role that a membership loses.
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
  stageDefaults(rundb, organizations)
  noteDefaults(rundb, general)
  setDefaults(rundb, general)
}

function refuseSeveral(rundb: RunDatabase): void {
  refuse(rundb, {
    where: SEVERAL,
    code: 'several_roles',
    message: `'the membership has several roles: ' || ${NAMED}`,
    hint: 'assign one role, or set roles.multiple to first (with roles.priority) or allow',
  })
}

function keepFirst(rundb: RunDatabase, priority: readonly string[]): void {
  stageRanks(rundb, priority)
  refuse(rundb, {
    where: `${SEVERAL} AND ${FIRST} IS NULL`,
    code: 'roles_without_priority',
    message: `'roles.priority contains none of its roles: ' || ${NAMED}`,
    hint: 'add the role to keep to roles.priority',
  })
  noteLost(rundb)
  setFirst(rundb)
}

/** From this many memberships on, one role for all of them is worth a warning. */
const SAME_ROLE = 10
/**
 * The share of memberships that have a role: ten administrators among a thousand members are not
 * suspicious.
 */
const WITH_ROLE = 0.9
/** Roles that all members may well have. */
const ORDINARY: ReadonlySet<string> = new Set(['member', 'user', 'basic-member'])

/** Warns if nearly all memberships have a role and it is always the same one. */
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
      hint: 'if this is right, do nothing; otherwise check the column of roles and roles.map',
      at: locate(path),
      path: path.join('.'),
    },
  ]
}

/** The default role of each organization that sets one. */
function stageDefaults(rundb: RunDatabase, organizations: NonNullable<RoleConfig['organizations']>): void {
  rundb.exec('CREATE TABLE role_defaults (organization TEXT PRIMARY KEY, role TEXT NOT NULL) WITHOUT ROWID, STRICT')
  for (const [organization, { default: own }] of Object.entries(organizations)) {
    if (own !== undefined) rundb.run('INSERT INTO role_defaults VALUES (?, ?)', organization, own)
  }
}

/** The default role of a membership: that of its organization, otherwise the general one, `?1`. */
const DEFAULT = "coalesce((SELECT role FROM role_defaults WHERE organization = desired.refs ->> '$.organization'), ?1)"

/** Memberships without a role that get the default. */
const WITHOUT = `kind = 'membership' AND desired.attributes -> '$.roles' IS NULL AND ${DEFAULT} IS NOT NULL`

function noteDefaults(rundb: RunDatabase, general: string | null): void {
  const note = { code: 'role_default', detail: { sql: DEFAULT } }
  noteAll(rundb, { from: 'desired', where: WITHOUT, on: 'desired', seq: 'seq', note }, general)
}

function setDefaults(rundb: RunDatabase, general: string | null): void {
  changeDesired(
    rundb,
    'membership',
    `UPDATE desired SET attributes = json_set(attributes, '$.roles', json_array(${DEFAULT})) WHERE ${WITHOUT}`,
    general,
  )
}

const SEVERAL = `kind = 'membership' AND json_array_length(desired.attributes, '$.roles') > 1`

/** The roles of a membership for a message. */
const NAMED = "(SELECT group_concat(value, ', ' ORDER BY value) FROM json_each(desired.attributes, '$.roles'))"

/** The role of a membership that comes first in `roles.priority`. */
const FIRST = `(SELECT value FROM json_each(desired.attributes, '$.roles') JOIN role_ranks ON role = value
  ORDER BY rank LIMIT 1)`

/** @param message an SQL expression */
function refuse(
  rundb: RunDatabase,
  { where, code, message, hint }: { where: string; code: string; message: string; hint: string },
): void {
  rejectAll(rundb, { from: 'desired', where, reason: { code, field: 'roles', message: { sql: message }, hint } })
}

function stageRanks(rundb: RunDatabase, priority: readonly string[]): void {
  rundb.exec('CREATE TABLE role_ranks (role TEXT PRIMARY KEY, rank INTEGER NOT NULL) WITHOUT ROWID, STRICT')
  for (const [rank, slug] of rankedSlugs(priority).entries()) {
    rundb.run('INSERT INTO role_ranks VALUES (?, ?)', slug, rank)
  }
}

/** Notes each role that a membership with several loses. */
function noteLost(rundb: RunDatabase): void {
  noteAll(rundb, {
    from: "desired, json_each(desired.attributes, '$.roles') lost",
    where: `${SEVERAL} AND lost.value <> ${FIRST}`,
    on: 'desired',
    seq: 'desired.seq',
    note: { code: 'role_lost', detail: { sql: 'lost.value' } },
  })
}

function setFirst(rundb: RunDatabase): void {
  const set = `UPDATE desired SET attributes = json_set(attributes, '$.roles', json_array(${FIRST})) WHERE ${SEVERAL}`
  changeDesired(rundb, 'membership', set)
}
