import { CredentialsError } from '../../diagnostics/errors.ts'
import { isObject, type Json } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import type { Api } from '../../workos/api.ts'
import type { GivenRole, OwnPart } from '../kind.ts'
import { rolesPath } from '../role/organization-role.ts'
import { objectPages, requiredText, rolePages, textOf } from '../wire.ts'
import { membersPath } from './group-id.ts'
import { assignmentsPath } from './group-role.ts'

/** https://workos.com/docs/reference/authorization/group-role-assignments */
export async function rolesOfGroup(api: Api, id: string): Promise<string[]> {
  const slugs = new Set<string>()
  for await (const page of objectPages(api, assignmentsPath(id))) {
    for (const { role, resource } of page) {
      const type = isObject(resource) ? resource.resource_type_slug : undefined
      const slug = isObject(role) ? textOf(role, 'slug') : null
      if (slug !== null && type === 'organization') slugs.add(slug)
    }
  }
  return [...slugs]
}

/** Slugs of the roles that apply to an organization, the highest rank first. */
export async function rankedRoles(api: Api, organizationId: string): Promise<string[]> {
  const slugs: string[] = []
  for await (const page of rolePages(api, rolesPath(organizationId), true)) {
    for (const role of page) slugs.push(textOf(role, 'slug') ?? '')
  }
  return slugs
}

/** WorkOS IDs of the memberships in a group. */
export async function* membersOfGroup(api: Api, id: string): AsyncGenerator<string[]> {
  for await (const page of objectPages(api, membersPath(id))) yield page.map((member) => requiredText(member, 'id'))
}

/**
 * Removes the roles that groups assign from the roles that WorkOS returns for a membership. A role
 * that the membership was given directly stays, even if a group assigns it too. If memberships have
 * one role, a group's role hides the membership's own.
 * @param before the roles given: from the state, or from the source if the state has none
 * @param applied whether the state has the membership: then a hidden role counts as unchanged
 */
export function ownRoles(
  live: Attributes,
  before: Attributes,
  given: readonly GivenRole[],
  applied: boolean,
): Pick<OwnPart, 'attributes' | 'from'> {
  const held = texts(live.roles)
  const known = new Set(texts(before.roles))
  const from = given.filter(({ role }) => held.includes(role) && !known.has(role))
  if (from.length === 0) return { attributes: live, from }
  const foreign = new Set(from.map(({ role }) => role))
  const own = held.filter((role) => !foreign.has(role))
  const hidden =
    held.length === 1 && own.length === 0 && from.some(({ hides }) => [...known].every((role) => hides.includes(role)))
  return { attributes: { ...live, roles: hidden && applied ? [...known] : own }, from }
}

export function describeGiven({ role, group, groupId }: Pick<GivenRole, 'role' | 'group' | 'groupId'>): string {
  return `${role} from the group ${JSON.stringify(group)} (${groupId})`
}

/**
 * Ignores that WorkOS denies access to groups: they are not enabled in the environment and assign
 * no roles.
 */
export async function whereEnabled(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const refused = error instanceof CredentialsError && error.problems.some(({ code }) => code === 'groups_refused')
    if (!refused) throw error
  }
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
