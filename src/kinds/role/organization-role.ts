import type { JsonObject } from '../../json.ts'
import type { LiveResource } from '../../resource.ts'
import type { Api } from '../../workos/api.ts'
import type { KindDefinition } from '../kind.ts'
import { isInScope, refOf } from '../scope.ts'
import { requiredText, rolePages, textOf } from '../wire.ts'
import { roleAttributes, roleCreation, roleFields, roleUpdates } from './role.ts'
import { rankOf, roleDefinition } from './role-definition.ts'

/**
 * WorkOS's type of an organization's own role. The list of an organization contains environment
 * roles too.
 */
const OWN = 'OrganizationRole'

/**
 * A role of one organization, made from its definition: see role-definition.ts. Its key is
 * `slug@organization`. WorkOS finds it by organization and slug, so its ID here is
 * `org_…/org-slug`.
 */
export const organizationRole: KindDefinition = {
  name: 'organization-role',
  plural: 'organization roles',
  refs: { organization: 'organization' },
  fields: roleFields,
  mapped: [],
  normalise: () => {
    throw new TypeError('organization roles are made from their definitions')
  },
  keyRefs: [null, 'organization'],
  scope: { desired: isInScope('organization', refOf('organization')) },
  rateClass: 'other',
  within: 'organization',
  provenByContent: true,
  slugsInBody: ['permissions'],
  turn: ({ key, refs: { organization = '' } }, { roles }) => ({
    lane: organization,
    rank: rankOf(slugOf(key, organization), roles),
  }),
  onConflict: ({ roles }) => roles.onConflict ?? 'keep',
  whyNotCreatable: () => undefined,
  naturalKey: ({ key, refs }, { organization }) =>
    organization === undefined ? null : naturalOf(slugOf(key, refs.organization ?? ''), organization),
  list: async function* (api, parentIds) {
    for await (const organization of parentIds) {
      for await (const page of rolePages(api, rolesPath(organization), true)) {
        yield page.filter(({ type }) => type === OWN).map((role) => parse(role, { organization }))
      }
    }
  },
  find: async (api, { key, refs }, { organization }) =>
    organization === undefined ? undefined : read(api, organization, slugOf(key, refs.organization ?? '')),
  get: (api, id) => {
    const [organization = '', slug = ''] = id.split('/')
    return read(api, organization, slug)
  },
  create: ({ key, attributes, refs }, { organization }) => {
    if (organization === undefined) throw new TypeError(`${key} cannot be created before its organization`)
    return roleCreation(rolesPath(organization), slugOf(key, refs.organization ?? ''), attributes)
  },
  update: (id, changes) => roleUpdates(pathOfId(id), changes),
  remove: (id) => ({ method: 'DELETE', path: pathOfId(id) }),
  parse,
  exists: (codes) => codes.includes('organization_role_slug_conflict'),
  label: ({ attributes, key }) => textOf(attributes, 'name') ?? key,
  stateScope: { is: 'hanging', on: 'organization', of: ['organization'] },
  deletion: {
    madeFrom: roleDefinition.name,
    usedBy: { kind: 'membership', attribute: 'roles', within: 'organization' },
  },
}

export function organizationRoleKey(slug: string, organization: string): string {
  return `${slug}@${organization}`
}

/** The `naturalKey`: the slug within the WorkOS ID of the organization. */
export function naturalOf(slug: string, organizationId: string): string {
  return `${slug}@${organizationId}`
}

function slugOf(key: string, organization: string): string {
  return key.slice(0, key.length - organization.length - 1)
}

export function rolesPath(organizationId: string, slug?: string): string {
  const path = `/authorization/organizations/${encodeURIComponent(organizationId)}/roles`
  return slug === undefined ? path : `${path}/${encodeURIComponent(slug)}`
}

function pathOfId(id: string): string {
  const [organization = '', slug = ''] = id.split('/')
  return rolesPath(organization, slug)
}

async function read(api: Api, organization: string, slug: string): Promise<LiveResource | undefined> {
  const body = await api.read(rolesPath(organization, slug))
  return body?.type === OWN ? parse(body, { organization }) : undefined
}

function parse(body: JsonObject, { organization = '' }: Record<string, string>): LiveResource {
  const slug = requiredText(body, 'slug')
  return {
    id: `${organization}/${slug}`,
    externalId: null,
    naturalKey: naturalOf(slug, organization),
    attributes: roleAttributes(body),
  }
}
