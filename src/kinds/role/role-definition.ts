import type { Manifest, RoleConfig } from '../../config/manifest.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import type { DesiredResource } from '../../resource.ts'
import { layOver } from '../../rundb/desired.ts'
import type { DraftDefinition, NormaliseResult, ValueProblem } from '../draft.ts'
import { parsePermissions } from '../permission/slugs.ts'
import { type Belonging, belongs } from '../scope.ts'
import { accept, type Check, optionalText, readLabels, refuse, shown, take } from '../values/check.ts'
import { refuseStrayDefinitions } from './lifecycle.ts'
import { definitionCollisions, roleNames } from './name-collisions.ts'
import { isRoleSlug, lookUpRole, MAX_ROLE_SLUG, rolesIn } from './roles.ts'
/** The prefix of slugs of organization roles: https://workos.com/docs/rbac */
export const ORGANIZATION_PREFIX = 'org-'

/** Names for the two types of role: those of the role definitions CSV, and WorkOS's own. */
const TYPES: ReadonlyMap<string, 'environment' | 'organization'> = new Map([
  ['environment', 'environment'],
  ['environmentrole', 'environment'],
  ['organization', 'organization'],
  ['organizationrole', 'organization'],
])

/**
 * The definition of a role: its texts and permissions. A definition for the environment becomes one
 * role. A definition for organizations becomes a role of the organization that it names or, if it
 * names none, of each organization in which a membership has it.
 * The key is `slug`, `slug@organization`, or `slug@` for organizations without a name. The
 * attributes `slug` and `organization` (its key, or null) repeat this.
 */
export const roleDefinition: DraftDefinition = {
  name: 'role-definition',
  plural: 'role definitions',
  rule: 'role',
  refs: {},
  fields: {
    slug: { compare: 'value', merge: 'first' },
    organization: { compare: 'value', merge: 'first' },
    name: { compare: 'value', merge: 'first' },
    description: { compare: 'value', merge: 'first' },
    permissions: { compare: 'set', merge: 'union' },
  },
  mapped: ['key', 'name', 'description', 'permissions', 'type', 'organization'],
  lifecycle: {
    accepted(rundb, manifest) {
      for (const defined of rolesDefined(manifest)) layOver(rundb, defined)
      refuseStrayDefinitions(rundb)
    },
  },
  names: roleNames,
  collisions: definitionCollisions,
  scope: { refused: ({ key }, { hasOrganization }) => belongingOf(key, hasOrganization) },
  normalise: (fields, rules) => normalise(fields, (name, organization) => mappedSlug(name, organization, rules.roles)),
}

/** An organization role is in scope with its organization, an environment role always. */
function belongingOf(key: string | null, hasOrganization: (key: string) => boolean): Belonging {
  const at = key?.indexOf('@') ?? -1
  const organization = key === null || at === -1 ? '' : key.slice(at + 1)
  return organization === '' ? 'unknown' : belongs(hasOrganization(organization))
}

/**
 * The definitions under `roles.define`.
 * @throws ManifestError with all definitions that WorkOS would reject
 */
export function rolesDefined({ roles }: Pick<Manifest, 'roles'>): DesiredResource[] {
  const defined: DesiredResource[] = []
  const problems: Problem[] = []
  for (const [slug, { organizations, ...fields }] of Object.entries(roles.define)) {
    for (const organization of organizations ?? [undefined]) {
      const result = normalise({ key: slug, organization, ...fields }, (name) => name)
      if (result.ok) defined.push({ kind: roleDefinition.name, ...result.value })
      else problems.push(...result.problems.map((problem) => atDefinition(slug, problem)))
    }
  }
  if (problems.length > 0) throw new ManifestError(problems)
  return defined
}

/** Places a problem in the manifest, where the organizations of a role are a list. */
function atDefinition(slug: string, { field, ...problem }: ValueProblem): Problem {
  const place = field === 'key' ? [] : [field === 'organization' ? 'organizations' : field]
  return { ...problem, path: ['roles.define', slug, ...place].join('.') }
}

/** The slug of a role by `roles.map`, or its own name if the map does not contain it. */
export function mappedSlug(name: string, organization: string | null, roles: RoleConfig): string {
  const own = rolesIn(roles, organization)
  return lookUpRole(name, own?.map ?? {}) ?? lookUpRole(name, roles.map ?? {}) ?? name
}

/**
 * Keys of the definitions that can make the role of a membership: of the environment, of its
 * organization, of organizations.
 */
export function definitionKeys(slug: string, organization: string): string[] {
  const prefixed = slug.startsWith(ORGANIZATION_PREFIX) ? slug : `${ORGANIZATION_PREFIX}${slug}`
  return [slug, `${prefixed}@${organization}`, `${prefixed}@`]
}

/**
 * The slugs in `roles.priority`, the highest first. An organization role ranks where its name does,
 * with or without the prefix, directly after a role of exactly that name.
 */
export function rankedSlugs(priority: readonly string[]): string[] {
  return [...new Set(priority.flatMap((slug) => [slug, `${ORGANIZATION_PREFIX}${slug}`]))]
}

/** The rank by `roles.priority`. All roles that it does not contain share the last rank. */
export function rankOf(slug: string, { priority = [] }: Pick<RoleConfig, 'priority'>): number {
  const ranked = rankedSlugs(priority)
  const rank = ranked.indexOf(slug)
  return rank < 0 ? ranked.length : rank
}

function normalise(
  fields: Record<string, unknown>,
  slugOf: (name: string, organization: string | null) => string,
): NormaliseResult {
  const problems: ValueProblem[] = []
  const name = take('key', optionalText(fields.key), problems)
  const organization = take('organization', optionalText(fields.organization), problems)
  const type = take('type', typeOf(fields.type), problems)
  if (name === undefined && problems.length === 0) {
    problems.push({
      code: 'role_unnamed',
      field: 'key',
      message: 'the role has no slug or name',
      hint: 'map its slug as key, or skip the record with map.role.when',
    })
  }
  const mapped = name === undefined ? '' : slugOf(name, organization ?? null)
  const prefixed = mapped.startsWith(ORGANIZATION_PREFIX)
  const isOrganizations =
    (type ?? (organization !== undefined || prefixed ? 'organization' : 'environment')) === 'organization'
  if (!isOrganizations && (organization !== undefined || prefixed)) problems.push(contradiction(mapped, organization))
  const slug = isOrganizations && !prefixed ? `${ORGANIZATION_PREFIX}${mapped}` : mapped
  if (name !== undefined && !isRoleSlug(slug)) problems.push(invalidSlug(slug))
  const labels = readLabels(`role ${shown(name ?? null)}`, fields, problems)
  const permissions = take('permissions', parsePermissions(fields.permissions), problems) ?? []
  const key = isOrganizations ? `${slug}@${organization ?? ''}` : slug
  if (problems.length > 0) return { ok: false, key: isRoleSlug(slug) ? key : (name ?? null), problems }
  const attributes: JsonObject = { slug, name: name ?? slug, ...labels }
  if (organization !== undefined) attributes.organization = organization
  if (fields.permissions !== undefined && fields.permissions !== null) attributes.permissions = permissions
  return { ok: true, value: { key, attributes, secrets: null, refs: {}, notes: [] } }
}

function typeOf(value: unknown): Check<'environment' | 'organization' | undefined> {
  const text = optionalText(value)
  if (!text.ok) return text
  if (text.value === undefined) return accept(undefined)
  const type = TYPES.get(text.value.toLowerCase())
  if (type !== undefined) return accept(type)
  return refuse(
    'invalid_role_type',
    `${shown(text.value)} is not a type of role`,
    'use environment or organization, or leave the type empty',
  )
}

function contradiction(slug: string, organization: string | undefined): ValueProblem {
  return organization === undefined
    ? {
        code: 'environment_role_with_prefix',
        field: 'key',
        message: `${shown(slug)} is an environment role, but its slug begins with ${ORGANIZATION_PREFIX}`,
        hint: `change the slug, or set the type organization: WorkOS reserves ${ORGANIZATION_PREFIX} for organization roles`,
      }
    : {
        code: 'environment_role_in_organization',
        field: 'organization',
        message: `the role ${shown(slug)} is an environment role, but has the organization ${shown(organization)}`,
        hint: 'remove the organization, or set the type organization',
      }
}

function invalidSlug(slug: string): ValueProblem {
  return {
    code: 'invalid_role_slug',
    field: 'key',
    message: `${shown(slug)} is not a role slug`,
    hint: `use at most ${MAX_ROLE_SLUG} lowercase letters, digits, - and _ (including ${ORGANIZATION_PREFIX} for organization roles), or translate the name under roles.map`,
  }
}
