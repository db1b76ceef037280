/**
 * WorkOS finds a group only by its organization and its id, and a member of one only by those and
 * the membership. The ids that the state keeps are therefore made of all of these: `org_…/group_…`
 * and `org_…/group_…/om_…`.
 */
export function joinedId(...ids: readonly string[]): string {
  return ids.join('/')
}

/** The id of a member's group, and that of its membership. */
export function memberOf(id: string): { group: string; membership: string } {
  const end = id.lastIndexOf('/')
  return { group: id.slice(0, Math.max(end, 0)), membership: id.slice(end + 1) }
}

/** Whether an id is made of so many: 2 for a group, 3 for a member. */
export function isJoinedOf(count: 2 | 3, id: string): boolean {
  return new RegExp(`^[^/]+(/[^/]+){${count - 1}}$`).test(id)
}

/** Where WorkOS keeps the groups of an organization. */
export function groupsPath(organizationId: string): string {
  return `/organizations/${encodeURIComponent(organizationId)}/groups`
}

/** Where WorkOS keeps a group. */
export function groupPath(id: string): string {
  const [organization = '', group = ''] = id.split('/')
  return `${groupsPath(organization)}/${encodeURIComponent(group)}`
}

/** Where WorkOS keeps the members of a group. */
export function membersPath(id: string): string {
  return `${groupPath(id)}/organization-memberships`
}
