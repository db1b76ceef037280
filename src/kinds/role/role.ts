import type { JsonObject } from '../../json.ts'
import type { Attributes, Changes } from '../../resource.ts'
import type { WriteRequest } from '../../workos/api.ts'
import type { FieldDefinition } from '../draft.ts'
import type { KindDefinition } from '../kind.ts'
import { bySlug, createBody, pick, rolePages, type Spelling, textOf, updateBody } from '../wire.ts'
import { rankOf, roleDefinition } from './role-definition.ts'
import { roleRemedies } from './wording.ts'

/**
 * Roles: the requests and the responses. role-definition.ts reads definitions, roles.ts translates
 * names by roles.map, lifecycle.ts makes roles of the environment and of organizations
 * (organization-role.ts).
 */

const PATH = '/authorization/roles'

const SPELLING: Spelling = { name: 'name', description: 'description' }

/** The fields of environment roles and organization roles. */
export const roleFields: Record<string, FieldDefinition> = {
  name: { compare: 'value', merge: 'first' },
  description: { compare: 'value', merge: 'first' },
  permissions: { compare: 'set', merge: 'union', separate: 'alone' },
}

const { pathOf, get, parse } = bySlug(PATH, roleAttributes)

/**
 * A role of the environment, made from its definition: see role-definition.ts. Its key is its slug.
 */
export const role: KindDefinition = {
  name: 'role',
  plural: 'roles',
  remedies: roleRemedies,
  refs: {},
  fields: roleFields,
  mapped: [],
  normalise: () => {
    throw new TypeError('roles are made from their definitions')
  },
  rateClass: 'other',
  provenByContent: true,
  slugsInBody: ['permissions'],
  turn: ({ key }, { roles }) => ({ lane: '', rank: rankOf(key, roles) }),
  onConflict: ({ roles }) => roles.onConflict ?? 'keep',
  whyNotCreatable: () => undefined,
  naturalKey: (desired) => desired.key,
  list: async function* (api) {
    for await (const page of rolePages(api, PATH, false)) yield page.map(parse)
  },
  find: (api, desired) => get(api, desired.key),
  get,
  create: ({ key, attributes }) => roleCreation(PATH, key, attributes),
  update: (id, changes) => roleUpdates(pathOf(id), changes),
  remove: () => undefined,
  parse,
  exists: (codes) => codes.includes('role_slug_conflict'),
  label: ({ attributes, key }) => textOf(attributes, 'name') ?? key,
  deletion: { madeFrom: roleDefinition.name, called: 'environment roles' },
}

/** The request that creates a role, without its permissions. */
export function roleCreation(path: string, slug: string, attributes: Attributes): WriteRequest {
  return { method: 'POST', path, body: { slug, name: slug, ...createBody(attributes, SPELLING) } }
}

/** The requests that change a role: its texts, and its permissions as a whole. */
export function roleUpdates(path: string, { permissions, ...labels }: Changes): WriteRequest[] {
  const requests: WriteRequest[] = []
  if (Object.keys(labels).length > 0) requests.push({ method: 'PATCH', path, body: updateBody(labels, SPELLING) })
  if (permissions !== undefined) requests.push({ method: 'PUT', path: `${path}/permissions`, body: { permissions } })
  return requests
}

export function roleAttributes(body: JsonObject): Attributes {
  return {
    ...pick(body, 'name', 'name'),
    ...pick(body, 'description', 'description'),
    ...pick(body, 'permissions', 'permissions'),
  }
}
