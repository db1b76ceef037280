import type { JsonObject } from '../../json.ts'
import type { LiveResource } from '../../resource.ts'
import { desiredFromRow } from '../../rundb/desired.ts'
import { noteAll, type Remark } from '../../rundb/notes.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { Api } from '../../workos/api.ts'
import type { NormaliseResult, ValueProblem, ValueRules } from '../draft.ts'
import type { KindDefinition, ReadContext } from '../kind.ts'
import { membershipKey } from '../membership/membership.ts'
import { memberScope } from '../scope.ts'
import { optionalText, take } from '../values/check.ts'
import { eachOf, pages, requiredText, textOf } from '../wire.ts'
import { group, groupKey } from './group.ts'
import { isJoinedOf, joinedId, memberOf, membersPath } from './group-id.ts'
import { describeGiven, rolesOfGroup, whereEnabled } from './group-roles.ts'
import { refuseStrangers } from './lifecycle.ts'
/**
 * A member of a group: the membership of a user in the group's organization. WorkOS gives it
 * neither an ID nor a time; for the ID used here see group-id.ts.
 */
export const groupMembership: KindDefinition = {
  name: 'group-membership',
  plural: 'group memberships',
  rule: 'groupMember',
  // The user and the organization determine the membership: see `withMembership`.
  refs: { group: 'group', organization: 'organization', user: 'user', membership: 'membership' },
  within: 'group',
  fields: {},
  rateClass: 'other',
  mapped: ['group', 'organization', 'user'],
  normalise,
  lifecycle: { merged: refuseStrangers },
  scope: memberScope,
  keyFromRefs: keyOf,
  keyRefs: ['user', 'group'],
  derivedRefs: withMembership,
  whyNotCreatable: () => undefined,
  naturalKey: (_desired, { group, membership }) =>
    group === undefined || membership === undefined ? null : joinedId(group, membership),
  natural: (ref) => `${ref('group')} || '/' || ${ref('membership')}`,
  list: async function* (api, groupIds) {
    for await (const id of groupIds) {
      yield* pages(api, membersPath(id), {}, (body) => live(joinedId(id, requiredText(body, 'id'))), true)
    }
  },
  find: (api, _desired, { group, membership }) =>
    group === undefined || membership === undefined
      ? Promise.resolve(undefined)
      : get(api, joinedId(group, membership)),
  get,
  create: ({ key }, { group, membership }) => {
    if (group === undefined || membership === undefined) {
      throw new TypeError(`group-membership ${key} cannot be created before its group and its membership`)
    }
    return { method: 'POST', path: membersPath(group), body: { organization_membership_id: membership } }
  },
  update: () => [],
  remove: (id) => {
    const { group, membership } = memberOf(id)
    return { method: 'DELETE', path: `${membersPath(group)}/${encodeURIComponent(membership)}` }
  },
  parse: (body, { group = '', membership = '' }) => parse(body, group, membership),
  exists: (_codes, status) => status === 409,
  label: ({ refs }) => `${refs.user} in ${refs.group}`,
  planned: { plain: { label: "(d.refs ->> '$.user') || ' in ' || (d.refs ->> '$.group')" }, decided: noteGivingGroups },
  stateScope: { is: 'hanging', on: 'membership', of: ['user', 'organization'] },
}

/**
 * `group` is the group's key within its organization, unless it refers to the record's own group:
 * that key is complete.
 * @param own fields that refer to resources of the same record
 */
function normalise(fields: Record<string, unknown>, _rules: ValueRules, own?: ReadonlySet<string>): NormaliseResult {
  const problems: ValueProblem[] = []
  const found: Record<string, string> = {}
  for (const field of ['group', 'organization', 'user'] as const) {
    const before = problems.length
    const key = take(field, optionalText(fields[field]), problems)
    if (key !== undefined) found[field] = key
    else if (problems.length === before) {
      problems.push({
        code: 'group_member_incomplete',
        field,
        message: `the member of a group has no ${field}`,
        hint: `map the key of the ${field}, or skip the item with map.groupMember.when`,
      })
    }
  }
  const { group: name, organization, user } = found
  if (problems.length > 0 || name === undefined || organization === undefined || user === undefined) {
    return { ok: false, key: null, problems }
  }
  const key = own?.has('group') ? name : groupKey(name, organization)
  const refs = withMembership({ organization, group: key, user })
  return { ok: true, value: { key: keyOf(refs), attributes: {}, secrets: null, refs, notes: [] } }
}

function keyOf({ user, group }: Record<string, string>): string {
  return `${user}@${group}`
}

/**
 * The user and the organization determine the membership, also after a user merges into another.
 */
function withMembership({ user = '', organization = '', ...more }: Record<string, string>): Record<string, string> {
  return { ...more, organization, user, membership: membershipKey({ user, organization }) }
}

/**
 * No request returns a single member of a group. The list of a membership's groups is shorter than
 * the list of a group's members.
 */
async function get(api: Api, id: string): Promise<LiveResource | undefined> {
  if (!isJoinedOf(3, id)) return undefined
  const member = memberOf(id)
  const path = `/user_management/organization_memberships/${encodeURIComponent(member.membership)}/groups`
  for await (const page of pages(api, path, {}, (body) => group.parse(body, {}), true)) {
    if (page.some((found) => found.id === member.group)) return live(id)
  }
  return undefined
}

/** WorkOS returns the group, which must be the requested one. */
function parse(body: JsonObject, groupId: string, membership: string): LiveResource {
  const answered = textOf(body, 'id')
  const organization = groupId.split('/')[0] ?? ''
  const natural = answered === null ? groupId : joinedId(textOf(body, 'organization_id') ?? organization, answered)
  return { ...live(joinedId(groupId, membership)), naturalKey: joinedId(natural, membership) }
}

function live(id: string): LiveResource {
  return { id, externalId: null, naturalKey: id, attributes: {} }
}

/** Notes users who are about to get a role because the group that they join has it in WorkOS. */
async function noteGivingGroups({ rundb, api, refIds }: ReadContext): Promise<void> {
  const joined = rundb
    .statement(
      `SELECT d.*, g.attributes ->> '$.name' AS name FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key
       JOIN desired g ON g.kind = ? AND g.key = d.refs ->> '$.group'
       WHERE a.kind = ? AND a.type = 'create' GROUP BY g.key`,
    )
    .all(group.name, groupMembership.name)
  await whereEnabled(() =>
    eachOf(joined, async (row) => {
      const desired = desiredFromRow(row)
      // A group that is not created yet has no role.
      const id = refIds(desired)?.group
      const roles = id === undefined ? [] : await rolesOfGroup(api, id)
      for (const role of roles) {
        const detail = describeGiven({ role, group: String(row.name), groupId: id ?? '' })
        noteGiving(rundb, desired.refs.group ?? '', detail)
      }
    }),
  )
}

function noteGiving(rundb: RunDatabase, groupKey: string, detail: string): void {
  const created: Remark = {
    from: 'actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key',
    where: "a.kind = ?1 AND a.type = 'create' AND d.refs ->> '$.group' = ?2",
    on: 'a',
    note: { code: 'group_gives_role', detail },
  }
  noteAll(rundb, created, groupMembership.name, groupKey)
}
