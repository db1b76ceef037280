/** The key of the membership of a user in an organization. */
export function membershipKey({ user, organization }: Record<string, string>): string {
  return `${user}@${organization}`
}
