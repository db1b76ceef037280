import type { KindDefinition } from '../kind.ts'
import { bySlug, rolePages, textOf } from '../wire.ts'
import { rankOf, roleDefinition } from './role-definition.ts'
import { roleAttributes, roleCreation, roleFields, roleUpdates } from './role-fields.ts'
import { roleRemedies } from './wording.ts'

const PATH = '/authorization/roles'

const { pathOf, get, parse } = bySlug(PATH, roleAttributes)

/** A role of the environment, made from its definition: see role-definition.ts. Its key is its slug. */
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
