import type { RoleConfig } from '../../config/manifest.ts'
import { rejectAll } from '../../rundb/rejects.ts'
import { originOf, type RunDatabase } from '../../rundb/run-database.ts'
import { nameOrganizationRoles } from '../role/derived-roles.ts'
import { rankedSlugs } from '../role/role-definition.ts'

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

/** A role of the source that no map knows, and how many memberships or role assignments were rejected by it. */
interface UnmappedRole {
  kind: string
  role: string
  count: number
}

/** A membership that keeps one of its roles. */
interface LostRoles {
  key: string
  kept: string
  lost: string[]
  /** `users.csv:12`. */
  origin: string
}

/** Most first. */
export function unmappedRoles({ rundb }: { rundb: RunDatabase }): UnmappedRole[] {
  return rundb
    .statement(
      `SELECT kind, detail, count(*) AS n FROM notes WHERE code = 'unmapped_role' GROUP BY kind, detail
       ORDER BY n DESC, kind, detail`,
    )
    .all()
    .map(({ kind, detail, n }) => ({ kind: String(kind), role: String(detail), count: Number(n) }))
}

/** How many memberships lose roles by `roles.multiple: first`. */
export function lostRolesCount({ rundb }: { rundb: RunDatabase }): number {
  return rundb.count("SELECT count(DISTINCT key) FROM notes WHERE code = 'role_lost'")
}

/** The memberships that lose roles by `roles.multiple: first`, by key. */
export function* lostRoles({ rundb }: { rundb: RunDatabase }, limit = Number.MAX_SAFE_INTEGER): Generator<LostRoles> {
  const rows = rundb.iterate(
    `SELECT d.key, d.attributes ->> '$.roles[0]' AS kept, json_group_array(n.detail ORDER BY n.detail) AS lost,
         ${originOf('d')}
       FROM notes n JOIN desired d ON d.kind = n.kind AND d.key = n.key JOIN files f ON f.id = d.file
       WHERE n.code = 'role_lost' GROUP BY d.key ORDER BY d.key LIMIT ?`,
    limit,
  )
  for (const { key, kept, lost, origin } of rows) {
    yield {
      key: String(key),
      kept: String(kept),
      lost: JSON.parse(String(lost)).map(String),
      origin: String(origin),
    }
  }
}
