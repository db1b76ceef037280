import { isObject, type JsonObject } from '../../src/json.ts'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { OF_CHOSEN_ORGANIZATION } from '../../src/kinds/scope.ts'
import { pages, requiredText, textOf } from '../../src/kinds/wire.ts'
import type { LiveResource, RefIds } from '../../src/resource.ts'
import { deriveAll } from '../../src/rundb/desired.ts'
import { noteAll } from '../../src/rundb/notes.ts'
import type { RunDatabase } from '../../src/rundb/run-database.ts'
import type { Api } from '../../src/workos/api.ts'
/**
 * A role that a group assigns to its members:
 * https://workos.com/docs/reference/authorization/role-by-name-assignments
 */
export const roleByName: KindDefinition = {
  name: 'role-by-name',
  plural: 'roles by name',
  remarks: {
    role_by_name: ({ resources, detail }) => `${resources}: members of the group get the role ${detail}`,
  },
  refs: { group: 'group', organization: 'organization', role: 'role' },
  fields: {},
  mapped: [],
  normalise: () => {
    throw new TypeError('no record describes a group role')
  },
  lifecycle: { accepted: giveRoles },
  keyFromRefs: ({ role, group }) => `${role}@${group}`,
  scope: { desired: OF_CHOSEN_ORGANIZATION },
  rateClass: 'other',
  within: 'group',
  whyNotCreatable: () => undefined,
  naturalKey: (_desired, { group, role }) => (group === undefined || role === undefined ? null : `${role}@${group}`),
  list,
  find: async (api, desired, refIds) => {
    const natural = roleByName.naturalKey(desired, refIds)
    for await (const page of list(api, refIds.group === undefined ? [] : [refIds.group])) {
      const found = page.find(({ naturalKey }) => naturalKey === natural)
      if (found !== undefined) return found
    }
    return undefined
  },
  get: async (api, id) => {
    const body = await api.read(pathOfId(id))
    return body && parse(body, { group: groupOf(id) })
  },
  create: ({ key }, { group, role }) => {
    if (group === undefined || role === undefined) throw new TypeError(`${key} needs its group and its role`)
    return { method: 'POST', path: pathOf(group), body: { role_slug: role } }
  },
  update: () => [],
  remove: (id) => ({ method: 'DELETE', path: pathOfId(id) }),
  parse,
  exists: (codes) => codes.includes('duplicate_group_role_assignment'),
  label: ({ refs }) => `${refs.role} for ${refs.group}`,
  stateScope: { is: 'hanging', on: 'group', of: ['organization'] },
}

/** A group with the name of an environment role assigns this role. */
function giveRoles(rundb: RunDatabase): void {
  deriveAll(rundb, {
    kind: 'role-by-name',
    from: "desired g JOIN desired r ON r.kind = 'role' AND r.attributes ->> '$.name' = g.attributes ->> '$.name'",
    where: "g.kind = 'group'",
    key: "r.key || '@' || g.key",
    refs: "json_object('group', g.key, 'organization', g.refs ->> '$.organization', 'role', r.key)",
    at: 'g',
  })
  noteAll(rundb, {
    from: 'desired',
    where: "kind = 'role-by-name'",
    on: 'desired',
    seq: 'seq',
    note: { code: 'role_by_name', detail: { sql: "refs ->> '$.role'" } },
  })
}

/**
 * WorkOS finds an assignment by its group and its ID. The ID used here contains both, after that of
 * the organization: `org_…/group_…/gra_…`.
 */
function pathOfId(id: string): string {
  return `${pathOf(groupOf(id))}/${encodeURIComponent(id.slice(groupOf(id).length + 1))}`
}

function groupOf(id: string): string {
  return id.slice(0, Math.max(id.lastIndexOf('/'), 0))
}

/** The roles of a group whose ID here is `org_…/group_…`. */
function pathOf(groupId: string): string {
  return `/authorization/groups/${encodeURIComponent(groupId.slice(groupId.indexOf('/') + 1))}/role_assignments`
}

async function* list(api: Api, groupIds: AsyncIterable<string> | Iterable<string>): AsyncGenerator<LiveResource[]> {
  for await (const group of groupIds) yield* pages(api, pathOf(group), {}, (body) => parse(body, { group }), true)
}

function parse({ role, ...body }: JsonObject, { group = '' }: RefIds): LiveResource {
  const slug = isObject(role) ? textOf(role, 'slug') : null
  return {
    id: `${group}/${requiredText(body, 'id')}`,
    externalId: null,
    naturalKey: `${slug}@${group}`,
    attributes: {},
  }
}
