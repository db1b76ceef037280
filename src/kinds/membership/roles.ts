import type { RoleConfig } from '../../config/manifest.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { noteAll } from '../../rundb/notes.ts'
import { rejectAll } from '../../rundb/rejects.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { FieldFilling, WarningContext } from '../kind.ts'
import { nameOrganizationRoles } from '../role/lifecycle.ts'
import { rankedSlugs } from '../role/role-definition.ts'

/**
 * What the manifest says of the roles of memberships. In: memberships with all roles that records
 * give them. Out: the same with the roles that WorkOS gets, remarks on those they lose, rejects of
 * those that have several; a warning where all have one.
 */

/**
 * Decides the roles of the memberships, once all that give some have been united: `roles.default`
 * for those without any, the slugs of their organizations' own roles, `roles.multiple` for those
 * with several. What a membership loses by it is remarked, role by role.
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
    hint: 'give it one role, or set roles.multiple to first (with roles.priority) or allow',
  })
}

function keepFirst(rundb: RunDatabase, priority: readonly string[]): void {
  stageRanks(rundb, priority)
  refuse(rundb, {
    where: `${SEVERAL} AND ${FIRST} IS NULL`,
    code: 'roles_without_priority',
    message: `'roles.priority has none of its roles: ' || ${NAMED}`,
    hint: 'add the role to keep to roles.priority',
  })
  noteLost(rundb)
  setFirst(rundb)
}

/** From so many memberships on, one role for all of them is worth a look. */
const SAME_ROLE = 10
/**
 * The share of the memberships that have a role at all: ten administrators among a thousand members
 * are no slip.
 */
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

/** The default role of each organization that has one of its own. */
function stageDefaults(rundb: RunDatabase, organizations: NonNullable<RoleConfig['organizations']>): void {
  rundb.exec('CREATE TABLE role_defaults (organization TEXT PRIMARY KEY, role TEXT NOT NULL) WITHOUT ROWID, STRICT')
  for (const [organization, { default: own }] of Object.entries(organizations)) {
    if (own !== undefined) rundb.run('INSERT INTO role_defaults VALUES (?, ?)', organization, own)
  }
}

/** The default role of a membership: that of its organization, else the general one, `?1`. */
const DEFAULT = "coalesce((SELECT role FROM role_defaults WHERE organization = desired.refs ->> '$.organization'), ?1)"

/** Memberships without a role that get the default one. */
const WITHOUT = `kind = 'membership' AND desired.attributes -> '$.roles' IS NULL AND ${DEFAULT} IS NOT NULL`

function noteDefaults(rundb: RunDatabase, general: string | null): void {
  const note = { code: 'role_default', detail: { sql: DEFAULT } }
  noteAll(rundb, { from: 'desired', where: WITHOUT, on: 'desired', seq: 'seq', note }, general)
}

function setDefaults(rundb: RunDatabase, general: string | null): void {
  rundb.run(
    `UPDATE desired SET attributes = json_set(attributes, '$.roles', json_array(${DEFAULT})) WHERE ${WITHOUT}`,
    general,
  )
}

/** Memberships with several roles. */
const SEVERAL = `kind = 'membership' AND json_array_length(desired.attributes, '$.roles') > 1`

/** The roles of a membership, as a message names them. */
const NAMED = "(SELECT group_concat(value, ', ' ORDER BY value) FROM json_each(desired.attributes, '$.roles'))"

/** The role of a membership that `roles.priority` ranks first. */
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

/** Notes each role but the first of the memberships with several. */
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
  rundb.run(`UPDATE desired SET attributes = json_set(attributes, '$.roles', json_array(${FIRST})) WHERE ${SEVERAL}`)
}
