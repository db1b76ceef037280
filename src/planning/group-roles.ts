import { group } from '../kinds/group/group.ts'
import {
  type GivenRole,
  membersOfGroup,
  type OwnRoles,
  ownRoles,
  rankedRoles,
  rolesOfGroup,
  whereEnabled,
} from '../kinds/group/group-roles.ts'
import { membership } from '../kinds/membership/membership.ts'
import type { Attributes, LiveResource } from '../resource.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Api } from '../workos/api.ts'
import { eachOf } from './at-once.ts'

/** A live membership that the state does not know, and what the source gives it. */
export interface Unknown {
  live: LiveResource
  desired: Attributes
}

/** By organization and role. */
type HiddenRoles = Map<string, Map<string, string[]>>

/**
 * Reads which roles memberships have from groups, into the run's database: of organizations alone in which one of the memberships that
 * were read has a role that it was not given. Where groups are not enabled there are none.
 * @param base the table with what the state says
 */
export async function readGroupRoles(
  rundb: RunDatabase,
  api: Api,
  base: 'known' | 'applied',
  unknown: Iterable<Unknown> = [],
): Promise<void> {
  const organizations = organizationsToAsk(rundb, base, unknown)
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
    const hidden: HiddenRoles = severalSeen(rundb, base)
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

/** A live resource without the roles that groups give it. `from` is empty for what is no membership. */
export function withoutGroupRoles(
  rundb: RunDatabase,
  kind: string,
  live: Pick<LiveResource, 'id' | 'attributes'>,
  before: Attributes,
  applied: boolean,
): OwnRoles {
  if (kind !== membership.name) return { attributes: live.attributes, from: [] }
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
  return ownRoles(live.attributes, before, given, applied)
}

/** Remarks on roles that a membership has from groups, and that the plan leaves alone. */
export function noteGroupRoles(rundb: RunDatabase, key: string, from: readonly GivenRole[]): void {
  for (const given of from) {
    rundb.run('INSERT INTO notes VALUES (0, ?, ?, ?, ?)', membership.name, key, 'role_of_group', describeGiven(given))
  }
}

/** Which role, and by which group. */
export function describeGiven({ role, group, groupId }: Pick<GivenRole, 'role' | 'group' | 'groupId'>): string {
  return `${role} from the group ${JSON.stringify(group)} (${groupId})`
}

/** Of each role of these organizations, those that it ranks above. */
async function hiddenRoles(api: Api, organizations: Iterable<string>): Promise<HiddenRoles> {
  const hidden: HiddenRoles = new Map()
  await eachOf(organizations, async (id) => {
    const ranked = await rankedRoles(api, id)
    hidden.set(id, new Map(ranked.map((slug, rank) => [slug, ranked.slice(rank + 1)])))
  })
  return hidden
}

/** A group's id begins with that of its organization. */
function organizationOf({ id }: { id: string }): string {
  return id.split('/')[0] ?? ''
}

/** WorkOS ids of the organizations. `naturalKey` of a membership has it behind the `@`. */
function organizationsToAsk(rundb: RunDatabase, base: string, unknown: Iterable<Unknown>): Set<string> {
  const rows = rundb
    .statement(
      `SELECT DISTINCT substr(l.natural_key, instr(l.natural_key, '@') + 1) AS organization FROM live l
       JOIN ${base} k ON k.kind = l.kind AND k.id = l.id
       WHERE l.kind = ? AND json_type(k.attributes, '$.roles') = 'array' AND EXISTS (
         SELECT 1 FROM json_each(l.attributes, '$.roles') r
         WHERE r.value NOT IN (SELECT value FROM json_each(k.attributes, '$.roles')))`,
    )
    .all(membership.name)
  const organizations = new Set(rows.map((row) => String(row.organization)))
  for (const { live, desired } of unknown) {
    const wanted = Array.isArray(desired.roles) ? desired.roles : undefined
    const held = Array.isArray(live.attributes.roles) ? live.attributes.roles : []
    if (wanted === undefined || held.every((role) => wanted.includes(role))) continue
    organizations.add(live.naturalKey?.slice(live.naturalKey.indexOf('@') + 1) ?? '')
  }
  return organizations
}

/** Whether a membership has several roles in WorkOS, or had when it was applied: then none hides another. */
function severalSeen(rundb: RunDatabase, base: string): boolean {
  const sql = `SELECT 1 FROM live WHERE kind = ?1 AND json_array_length(attributes, '$.roles') > 1
    UNION ALL SELECT 1 FROM ${base} WHERE kind = ?1 AND reduced IS NULL AND json_array_length(attributes, '$.roles') > 1 LIMIT 1`
  return rundb.statement(sql).get(membership.name) !== undefined
}
