/**
 * WorkOS finds a group only by its organization and ID, and a member of a group only by these and
 * the membership. The state therefore joins the IDs: `org_…/group_…` and `org_…/group_…/om_…`.
 */
export function joinedId(...ids: readonly string[]): string {
  return ids.join('/')
}

/** Splits the joined ID of a member. */
export function memberOf(id: string): { group: string; membership: string } {
  const end = id.lastIndexOf('/')
  return { group: id.slice(0, Math.max(end, 0)), membership: id.slice(end + 1) }
}

/** Whether an ID has this many parts: 2 for a group, 3 for a member. */
export function isJoinedOf(count: 2 | 3, id: string): boolean {
  return new RegExp(`^[^/]+(/[^/]+){${count - 1}}$`).test(id)
}

export function groupsPath(organizationId: string): string {
  return `/organizations/${encodeURIComponent(organizationId)}/groups`
}

export function groupPath(id: string): string {
  const [organization = '', group = ''] = id.split('/')
  return `${groupsPath(organization)}/${encodeURIComponent(group)}`
}

export function membersPath(id: string): string {
  return `${groupPath(id)}/organization-memberships`
}
