import { TargetError } from '../../diagnostics/errors.ts'
import type { Attributes, LiveResource } from '../../resource.ts'
import { hasLive } from '../../rundb/live.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { type Api, ApiRefusal } from '../../workos/api.ts'
import { group } from '../group/group.ts'
import {
  describeGiven,
  membersOfGroup,
  ownRoles,
  rankedRoles,
  rolesOfGroup,
  whereEnabled,
} from '../group/group-roles.ts'
import type { GivenRole, OwnPart, ReadContext, UnknownLive } from '../kind.ts'
import { eachOf, pages } from '../wire.ts'

/**
 * Separates the roles that memberships have from groups, so that they do not count as differences.
 * During planning, the table `given_roles` contains them. After a write, only the groups of that
 * membership are read.
 */

const KIND = 'membership'

/** By organization and role. */
type HiddenRoles = Map<string, Map<string, string[]>>

/**
 * Reads the roles from groups into the run's database, only for organizations in which a membership
 * has a role that it was not given. Without groups in the environment there are none.
 */
export async function readGroupRoles({ rundb, api, unknown }: ReadContext): Promise<void> {
  const organizations = organizationsToAsk(rundb, unknown())
  if (organizations.size === 0) return
  const groups: LiveResource[] = []
  const giving: { id: string; name: string; roles: string[] }[] = []
  await whereEnabled(async () => {
    await eachOf(organizations, async (id) => {
      for await (const page of group.list(api, [id])) groups.push(...page)
    })
    await eachOf(groups, async ({ id, attributes }) => {
      const roles = await rolesOfGroup(api, id)
      if (roles.length > 0) giving.push({ id, name: String(attributes.name), roles })
    })
    const hidden: HiddenRoles = severalSeen(rundb)
      ? new Map()
      : await hiddenRoles(api, new Set(giving.map(organizationOf)))
    await eachOf(giving, async ({ id, name, roles }) => {
      for await (const members of membersOfGroup(api, id)) {
        rundb.transaction(() => {
          for (const member of members) {
            for (const role of roles) {
              const hides = hidden.get(organizationOf({ id }))?.get(role) ?? []
              const values = [member, id, role, name, JSON.stringify(hides)]
              rundb.run('INSERT OR IGNORE INTO given_roles VALUES (?, ?, ?, ?, ?)', ...values)
            }
          }
        })
      }
    })
  })
}

/**
 * SQL condition: a membership has in WorkOS exactly the roles that it was given. See
 * `LiveHooks.wholly`.
 */
export const hasItsOwnRoles = (known: string) => `l.attributes -> '$.roles' = ${known}.attributes -> '$.roles'`

/** A live membership without the roles from groups. */
export function withoutGroupRoles(
  rundb: RunDatabase,
  live: Pick<LiveResource, 'id' | 'attributes'>,
  before: Attributes,
  applied: boolean,
): OwnPart {
  const given = rundb
    .statement('SELECT * FROM given_roles WHERE membership = ? ORDER BY role, group_id')
    .all(live.id)
    .map(
      (row): GivenRole => ({
        role: String(row.role),
        group: String(row.group_name),
        groupId: String(row.group_id),
        hides: JSON.parse(String(row.hides)),
      }),
    )
  const own = ownRoles(live.attributes, before, given, applied)
  return { ...own, notes: own.from.map((role) => ({ code: 'role_of_group', detail: describeGiven(role) })) }
}

/** For each role of these organizations, the roles that it ranks above. */
async function hiddenRoles(api: Api, organizations: Iterable<string>): Promise<HiddenRoles> {
  const hidden: HiddenRoles = new Map()
  await eachOf(organizations, async (id) => {
    const ranked = await rankedRoles(api, id)
    hidden.set(id, new Map(ranked.map((slug, rank) => [slug, ranked.slice(rank + 1)])))
  })
  return hidden
}

/** The ID of a group begins with the ID of its organization. */
function organizationOf({ id }: { id: string }): string {
  return id.split('/')[0] ?? ''
}

/** WorkOS IDs of the organizations: the part after `@` in `naturalKey` of a membership. */
function organizationsToAsk(rundb: RunDatabase, unknown: Iterable<UnknownLive>): Set<string> {
  if (!hasLive(rundb, KIND)) return new Set()
  const rows = rundb
    .statement(
      `SELECT DISTINCT substr(l.natural_key, instr(l.natural_key, '@') + 1) AS organization FROM live l
       JOIN known k ON k.kind = l.kind AND k.id = l.id
       WHERE l.kind = ? AND l.attributes -> '$.roles' <> k.attributes -> '$.roles'
         AND json_type(k.attributes, '$.roles') = 'array' AND EXISTS (
         SELECT 1 FROM json_each(l.attributes, '$.roles') r
         WHERE r.value NOT IN (SELECT value FROM json_each(k.attributes, '$.roles')))`,
    )
    .all(KIND)
  const organizations = new Set(rows.map((row) => String(row.organization)))
  for (const { live, desired } of unknown) {
    const wanted = Array.isArray(desired.roles) ? desired.roles : undefined
    const held = Array.isArray(live.attributes.roles) ? live.attributes.roles : []
    if (wanted === undefined || held.every((role) => wanted.includes(role))) continue
    organizations.add(live.naturalKey?.slice(live.naturalKey.indexOf('@') + 1) ?? '')
  }
  return organizations
}

/**
 * Whether any membership has several roles, in WorkOS or in the state: then no role hides another.
 */
function severalSeen(rundb: RunDatabase): boolean {
  const sql = `SELECT 1 FROM live WHERE kind = ?1 AND json_array_length(attributes, '$.roles') > 1
    UNION ALL SELECT 1 FROM known WHERE kind = ?1 AND reduced IS NULL AND json_array_length(attributes, '$.roles') > 1 LIMIT 1`
  return rundb.statement(sql).get(KIND) !== undefined
}

/**
 * The roles in a response without those from groups, which are not differences. Groups are read
 * only if the response has a role that was not sent. If they cannot be read, every role counts as
 * the membership's own.
 */
export async function withoutRolesOfGroups(
  api: Api,
  id: string,
  sent: Attributes,
  answered: Attributes,
): Promise<Attributes> {
  const [wanted, held] = [sent.roles, answered.roles]
  if (!Array.isArray(wanted) || !Array.isArray(held)) return answered
  if (held.every((role) => wanted.includes(role))) return answered
  const given: GivenRole[] = []
  await whereReadable(async () => {
    const path = `/user_management/organization_memberships/${encodeURIComponent(id)}/groups`
    for await (const page of pages(api, path, {}, (body) => group.parse(body, {}), true)) {
      for (const { id: groupId, attributes } of page) {
        const roles = await rolesOfGroup(api, groupId)
        if (roles.length === 0) continue
        const ranked = held.length === 1 ? await rankedRoles(api, groupId.split('/')[0] ?? '') : []
        for (const role of roles) {
          const rank = ranked.indexOf(role)
          const hides = rank < 0 ? [] : ranked.slice(rank + 1)
          given.push({ role, group: String(attributes.name), groupId, hides })
        }
      }
    }
  })
  return ownRoles(answered, sent, given, true).attributes
}

/** The write succeeded: a failure to read groups does not make it fail. */
async function whereReadable(work: () => Promise<void>): Promise<void> {
  try {
    await whereEnabled(work)
  } catch (error) {
    const notWorkos = error instanceof TargetError && error.problems.some(({ code }) => code === 'not_workos')
    if (!notWorkos && !(error instanceof ApiRefusal)) throw error
  }
}
