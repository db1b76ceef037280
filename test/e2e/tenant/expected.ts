import type { Auth0User } from '../../fakes/auth0/objects.ts'
import type { Tenant } from '../../fakes/auth0/tenant.ts'
import type { Expected } from '../../faults/population.ts'

/** What WorkOS must contain of a tenant, and who cannot be there. */
export interface Truth {
  expected: Expected
  /** Surname by email address. */
  lastNames: Map<string, string | null>
  /** IDs of users without an email address. */
  withoutEmail: string[]
  /** IDs of blocked users, who are left out. */
  blocked: string[]
  /** Accounts that become one user with another account. */
  merged: number
}

/**
 * Computes from the tenant alone what must be in WorkOS. Accounts with one email address are one
 * user, the oldest first; blocked ones are left out.
 */
export function truthOf(tenant: Tenant): Truth {
  const accounts = new Map<string, Auth0User[]>()
  const addressOf = new Map<string, string>()
  const withoutEmail: string[] = []
  const blocked: string[] = []
  for (const user of tenant.users.all().toSorted(byAge)) {
    if (user.blocked) {
      blocked.push(user.user_id)
      continue
    }
    if (user.email === undefined) {
      withoutEmail.push(user.user_id)
      continue
    }
    const email = user.email.toLowerCase()
    addressOf.set(user.user_id, email)
    accounts.set(email, [...(accounts.get(email) ?? []), user])
  }
  const expected: Expected = {
    users: new Map(),
    organizations: new Map(tenant.organizations.all().map(({ id, name, display_name }) => [id, display_name ?? name])),
    memberships: new Map(),
    // WorkOS always has the default role.
    roles: [...new Set(['member', ...tenant.roles.all().map(({ name }) => name)])].sort(),
  }
  const lastNames = new Map<string, string | null>()
  for (const [email, users] of accounts) {
    expected.users.set(email, {
      external_id: users[0]?.user_id ?? '',
      first_name: users.find(({ given_name }) => given_name)?.given_name ?? '',
      email_verified: users.some(({ email_verified }) => email_verified === true),
      metadata: {},
    })
    lastNames.set(email, users.find(({ family_name }) => family_name)?.family_name ?? null)
  }
  const names = new Map(tenant.roles.all().map(({ id, name }) => [id, name]))
  for (const { organization, user, roles } of tenant.members()) {
    const email = addressOf.get(user)
    if (email === undefined) continue
    const title = `${email}@@${organization}`
    const before = expected.memberships.get(title) ?? []
    const all = new Set([...before, ...roles.map((id) => names.get(id) ?? id)])
    expected.memberships.set(title, [...all].sort())
  }
  // WorkOS assigns the default role to a membership without a role.
  for (const [title, roles] of expected.memberships) if (roles.length === 0) expected.memberships.set(title, ['member'])
  return { expected, lastNames, withoutEmail, blocked, merged: addressOf.size - accounts.size }
}

function byAge(a: Auth0User, b: Auth0User): number {
  const [left, right] = [a, b].map(({ created_at, user_id }) => `${created_at} ${user_id}`)
  return String(left) < String(right) ? -1 : 1
}
