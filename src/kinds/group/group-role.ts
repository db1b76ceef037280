import { isObject, type JsonObject } from '../../json.ts'
import type { LiveResource, RefIds } from '../../resource.ts'
import { changeDesired, type Derivation, deriveAll } from '../../rundb/desired.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { Api } from '../../workos/api.ts'
import type { KindDefinition } from '../kind.ts'
import { deriveRolesOfGroups, organizationSlug } from '../role/lifecycle.ts'
import { roleMention } from '../role/role-mention.ts'
import { OF_CHOSEN_ORGANIZATION } from '../scope.ts'
import { objectPages, requiredText, textOf } from '../wire.ts'
import { joinedId, memberOf } from './group-id.ts'

/**
 * A role that a group assigns to its members in its organization:
 * https://workos.com/docs/reference/authorization/group-role-assignments One resource for each role
 * of a merged group. Its key is `slug@group`; its ID here is `org_…/group_…/gra_…`.
 */
export const groupRole: KindDefinition = {
  name: 'group-role',
  plural: 'group roles',
  refs: { group: 'group', organization: 'organization' },
  within: 'group',
  fields: {},
  rateClass: 'other',
  mapped: [],
  normalise: () => {
    throw new TypeError('group roles are made from their groups')
  },
  lifecycle: { accepted: deriveGroupRoles },
  keyRefs: [null, 'group'],
  // A group is in scope with any member. Without its roles the member would have fewer roles than
  // in the source.
  scope: {
    desired: `${OF_CHOSEN_ORGANIZATION} OR EXISTS (SELECT 1 FROM desired m
      WHERE m.kind = 'group-membership' AND m.refs ->> '$.group' = d.refs ->> '$.group')`,
  },
  mentions: ({ key, refs }) => [roleMention(slugOf(key), refs.organization ?? '')],
  slugsInBody: ['role_slug'],
  whyNotCreatable: () => undefined,
  naturalKey: ({ key }, { group }) => (group === undefined ? null : naturalOf(slugOf(key), group)),
  list,
  find: async (api, { key }, { group }) => {
    if (group === undefined) return undefined
    const natural = naturalOf(slugOf(key), group)
    for await (const page of list(api, [group])) {
      const found = page.find(({ naturalKey }) => naturalKey === natural)
      if (found !== undefined) return found
    }
    return undefined
  },
  get: async (api, id) => {
    const body = await api.read(pathOfId(id))
    return body !== undefined && isOfOrganization(body) ? parse(body, { group: memberOf(id).group }) : undefined
  },
  create: ({ key }, { group }) => {
    if (group === undefined) throw new TypeError(`group-role ${key} cannot be created before its group`)
    return { method: 'POST', path: assignmentsPath(group), body: { role_slug: slugOf(key) } }
  },
  update: () => [],
  remove: (id) => ({ method: 'DELETE', path: pathOfId(id) }),
  parse,
  exists: (codes) => codes.includes('duplicate_group_role_assignment'),
  label: ({ key, refs }) => `${slugOf(key)} for ${refs.group}`,
  stateScope: { is: 'hanging', on: 'group', of: ['organization'] },
}

/**
 * Turns each role of a group into a resource and removes the roles from the group, as WorkOS stores
 * them separately.
 */
function deriveGroupRoles(rundb: RunDatabase): void {
  if (rundb.count(`SELECT EXISTS (SELECT 1 FROM desired WHERE ${WITH_ROLES})`) === 0) return
  deriveAll(rundb, OF_GROUPS)
  deriveRolesOfGroups(rundb)
  changeDesired(
    rundb,
    'group',
    `UPDATE desired SET attributes = json_remove(attributes, '$.roles') WHERE ${WITH_ROLES}`,
  )
}

const WITH_ROLES = "kind = 'group' AND attributes -> '$.roles' IS NOT NULL"

const OF_GROUPS: Derivation = {
  kind: 'group-role',
  // A role map can translate one name to the slug of another.
  from: `(SELECT DISTINCT g.key, g.refs, g.seq, g.file, g.line,
      ${organizationSlug('role.value', "(g.refs ->> '$.organization')")} AS slug
    FROM desired g, json_each(g.attributes, '$.roles') role WHERE g.kind = 'group') g`,
  where: 'true',
  key: "g.slug || '@' || g.key",
  refs: "json_object('group', g.key, 'organization', g.refs ->> '$.organization')",
  at: 'g',
}

/** A slug never contains `@`. */
function slugOf(key: string): string {
  return key.slice(0, key.indexOf('@'))
}

function naturalOf(slug: string, groupId: string): string {
  return `${slug}@${groupId}`
}

async function* list(api: Api, groupIds: AsyncIterable<string> | Iterable<string>): AsyncGenerator<LiveResource[]> {
  for await (const group of groupIds) {
    for await (const page of objectPages(api, assignmentsPath(group))) {
      yield page.filter(isOfOrganization).map((body) => parse(body, { group }))
    }
  }
}

/**
 * A group can also assign roles on a resource below the organization. This program does not manage
 * those.
 */
function isOfOrganization({ resource }: JsonObject): boolean {
  return isObject(resource) && resource.resource_type_slug === 'organization'
}

function parse({ role, ...body }: JsonObject, { group = '' }: RefIds): LiveResource {
  const slug = isObject(role) ? textOf(role, 'slug') : null
  return {
    id: joinedId(group, requiredText(body, 'id')),
    externalId: null,
    naturalKey: naturalOf(slug ?? '', group),
    attributes: {},
  }
}

/** @param id `org_…/group_…`; this path needs the group's own ID only */
export function assignmentsPath(id: string): string {
  return `/authorization/groups/${encodeURIComponent(memberOf(id).membership)}/role_assignments`
}

function pathOfId(id: string): string {
  const { group, membership: assignment } = memberOf(id)
  return `${assignmentsPath(group)}/${encodeURIComponent(assignment)}`
}
