import type { JsonObject } from '../../json.ts'
import type { LiveResource } from '../../resource.ts'
import type { Api } from '../../workos/api.ts'
import { keyed, namedWithPlaces } from '../collisions.ts'
import type { NormaliseResult, ValueProblem, ValueRules } from '../draft.ts'
import type { KindDefinition } from '../kind.ts'
import { rolesOf } from '../role/roles.ts'
import { belongs, OF_CHOSEN_ORGANIZATION } from '../scope.ts'
import { boundedText, optionalText, type TextBound, take } from '../values/check.ts'
import { createBody, pages, pick, requiredText, type Spelling, textOf, updateBody } from '../wire.ts'
import { groupPath, groupsPath, isJoinedOf, joinedId } from './group-id.ts'
import { refuseSharedGroupNames } from './lifecycle.ts'
import { groupRemarks, groupRemedies } from './wording.ts'

/**
 * Groups: the mapped fields of records, the requests and the responses. The members of a group are
 * a separate kind (group-membership.ts), and so are its roles (group-role.ts).
 */

const SPELLING: Spelling = { name: 'name', description: 'description' }

/** https://workos.com/docs/reference/groups/create */
const NAME: TextBound = { what: "the group's name", limit: 256, code: 'group_text_too_long' }
const DESCRIPTION: TextBound = { what: "the group's description", limit: 150, code: 'group_text_too_long' }

/**
 * A group of an organization's members. It has no external ID: its name within the organization
 * identifies it. For its ID see group-id.ts.
 */
export const group: KindDefinition = {
  name: 'group',
  plural: 'groups',
  remarks: groupRemarks,
  remedies: groupRemedies,
  rule: 'group',
  refs: { organization: 'organization' },
  within: 'organization',
  listedOnly: true,
  fields: {
    name: { compare: 'value', merge: 'first' },
    description: { compare: 'value', merge: 'first' },
    // They become separate resources: see group-role.ts.
    roles: { compare: 'set', merge: 'union', compared: false },
  },
  rateClass: 'other',
  mapped: ['key', 'organization', 'name', 'description', 'roles'],
  mootNotes: ["n.code = 'unmapped_role'"],
  normalise,
  lifecycle: { merged: refuseSharedGroupNames },
  names: {
    of: 'group',
    wording: (key, names) => ({
      message: `the names ${namedWithPlaces(names)} result in the same key, ${key}: two groups would become one`,
      hint: 'make the keys differ in map.group.key and map.groupMember.group; if the names mean one group, make them equal before $slug with $lowercase or $replace',
    }),
  },
  collisions: [keyed('group', 'group_key_collision')],
  scope: {
    desired: `${OF_CHOSEN_ORGANIZATION} OR EXISTS (SELECT 1 FROM desired m
      WHERE m.kind = 'group-membership' AND m.refs ->> '$.group' = d.key)`,
    index: "CREATE INDEX desired_by_group ON desired (refs ->> '$.group') WHERE kind = 'group-membership'",
    refused: ({ refs: { organization } }, { hasOrganization }) =>
      organization === undefined ? 'unknown' : belongs(hasOrganization(organization)),
  },
  keyRefs: [null, 'organization'],
  whyNotCreatable: () => undefined,
  naturalKey: ({ attributes }, { organization }) =>
    organization === undefined ? null : naturalOf(organization, textOf(attributes, 'name') ?? ''),
  list,
  // Only the list contains names. Of several groups the newest counts, since this lookup follows a
  // write. Planning reads all of them.
  find: async (api, { attributes }, { organization }) => {
    let found: LiveResource | undefined
    if (organization === undefined) return undefined
    for await (const page of list(api, [organization])) {
      found = page.findLast((live) => live.attributes.name === attributes.name) ?? found
    }
    return found
  },
  get: async (api, id) => {
    const body = isJoinedOf(2, id) ? await api.read(groupPath(id)) : undefined
    return body === undefined ? undefined : parse(body)
  },
  create: ({ key, attributes }, { organization }) => {
    if (organization === undefined) throw new TypeError(`group ${key} cannot be created before its organization`)
    return { method: 'POST', path: groupsPath(organization), body: createBody(attributes, SPELLING) }
  },
  update: (id, changes) => [{ method: 'PATCH', path: groupPath(id), body: updateBody(changes, SPELLING) }],
  remove: (id) => ({ method: 'DELETE', path: groupPath(id) }),
  parse,
  // WorkOS documents no rule for names. If a name is taken, the lookup by name finds the group.
  exists: (_codes, status) => status === 409,
  label: ({ attributes, refs }) => `${textOf(attributes, 'name')} in ${refs.organization}`,
  planned: {
    plain: {
      label: "(d.attributes ->> '$.name') || ' in ' || (d.refs ->> '$.organization')",
      where: () => "d.attributes ->> '$.name' IS NOT NULL",
    },
  },
  stateScope: { is: 'hanging', on: 'organization', of: ['organization'] },
  deletion: { keptBy: 'group-membership' },
  review: { mapsFields: { except: ['roles'] } },
}

/**
 * The key of a group: its mapped key, unique within the organization, and the organization's key.
 */
export function groupKey(key: string, organization: string): string {
  return `${key}@${organization}`
}

function normalise(fields: Record<string, unknown>, rules: ValueRules): NormaliseResult {
  const problems: ValueProblem[] = []
  const organization = take('organization', optionalText(fields.organization), problems)
  const name = take('name', boundedText(fields.name, NAME), problems)
  const description = take('description', boundedText(fields.description, DESCRIPTION), problems)
  // Without a mapped key the name is the key, even if it is rejected: members refer to it.
  const own = take('key', optionalText(fields.key), problems) ?? name ?? textIn(fields.name)
  const key = own === undefined || organization === undefined ? null : groupKey(own, organization)
  for (const [field, value] of Object.entries({ organization, name })) {
    if (value !== undefined || problems.some((problem) => problem.field === field)) continue
    problems.push({
      code: 'group_incomplete',
      field,
      message: `the group has no ${field}`,
      hint: field === 'name' ? 'map the name, or skip the item with map.group.when' : 'map the key of the organization',
    })
  }
  const { slugs, notes } = rolesOf(fields.roles, { rules, organization, problems })
  if (problems.length > 0 || key === null || organization === undefined) return { ok: false, key, problems }
  const attributes: JsonObject = { name: name ?? '' }
  if (description !== undefined) attributes.description = description
  if (slugs.length > 0) attributes.roles = slugs
  return { ok: true, value: { key, attributes, secrets: null, refs: { organization }, notes } }
}

function textIn(value: unknown): string | undefined {
  const text = optionalText(value)
  return text.ok ? text.value : undefined
}

async function* list(
  api: Api,
  organizationIds: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<LiveResource[]> {
  for await (const id of organizationIds) yield* pages(api, groupsPath(id), {}, parse, true)
}

function parse(body: JsonObject): LiveResource {
  const organization = requiredText(body, 'organization_id')
  const name = requiredText(body, 'name')
  return {
    id: joinedId(organization, requiredText(body, 'id')),
    externalId: null,
    naturalKey: naturalOf(organization, name),
    attributes: { name, ...pick(body, 'description', 'description') },
  }
}

/** IDs contain no `/`: everything after the first one is the name. */
function naturalOf(organization: string, name: string): string {
  return `${organization}/${name}`
}
