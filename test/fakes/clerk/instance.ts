import { clerkRole } from './generate.ts'
import type {
  ClerkConnection,
  ClerkCredentials,
  ClerkInvitation,
  ClerkMembership,
  ClerkOrganization,
  ClerkRole,
  ClerkUser,
  InstanceData,
} from './objects.ts'

/** Every instance has these by default. */
const BUILT_IN = [
  clerkRole('org:admin', {
    name: 'Admin',
    description: 'Role with elevated permissions',
    permissions: ['org:sys_memberships:manage', 'org:sys_memberships:read'],
  }),
  clerkRole('org:member', { name: 'Member', description: 'Role with non-elevated permissions' }),
]

/**
 * The content of the fake, to compare a migration with, and methods to change it during a reading.
 */
export class Instance {
  readonly users = new Map<string, ClerkUser>()
  readonly organizations = new Map<string, ClerkOrganization>()
  /** By `organization/user`. */
  readonly memberships = new Map<string, ClerkMembership>()
  /** By key. */
  readonly roles = new Map<string, ClerkRole>()
  readonly connections = new Map<string, ClerkConnection>()
  readonly invitations = new Map<string, ClerkInvitation>()
  readonly credentials: Map<string, ClerkCredentials>
  readonly #now: () => number

  constructor(data: Partial<InstanceData>, now: () => number) {
    this.#now = now
    this.credentials = new Map(Object.entries(data.credentials ?? {}))
    for (const user of data.users ?? []) this.users.set(user.id, user)
    for (const organization of data.organizations ?? []) this.organizations.set(organization.id, organization)
    for (const membership of data.memberships ?? []) this.memberships.set(keyOf(membership), membership)
    for (const role of data.roles ?? BUILT_IN) this.roles.set(role.key, role)
    for (const connection of data.connections ?? []) this.connections.set(connection.id, connection)
    for (const invitation of data.invitations ?? []) this.invitations.set(invitation.id, invitation)
  }

  addUser(user: ClerkUser): void {
    this.users.set(user.id, user)
  }

  updateUser(id: string, change: Partial<ClerkUser>): void {
    const user = this.users.get(id)
    if (user === undefined) throw new Error(`there is no user ${id}`)
    this.users.set(id, { ...user, updated_at: this.#now(), ...change })
  }

  /** Deletes a user with its memberships. */
  deleteUser(id: string): void {
    this.users.delete(id)
    for (const [key, { user }] of this.memberships) if (user === id) this.memberships.delete(key)
  }

  addOrganization(organization: ClerkOrganization): void {
    this.organizations.set(organization.id, organization)
  }

  /** Makes the user a member with this role, or changes the role. */
  setMembership(organization: string, user: string, role: string): void {
    if (!this.organizations.has(organization)) throw new Error(`there is no organization ${organization}`)
    if (!this.users.has(user)) throw new Error(`there is no user ${user}`)
    const [at, key] = [this.#now(), keyOf({ organization, user })]
    const before = this.memberships.get(key)
    const made = before ?? { id: `orgmem_${key.replace(/\W/g, '')}`, organization, user, created_at: at }
    this.memberships.set(key, { ...made, role, updated_at: at })
  }

  setRole(role: ClerkRole): void {
    this.roles.set(role.key, role)
  }

  removeMembership(organization: string, user: string): void {
    this.memberships.delete(keyOf({ organization, user }))
  }
}

function keyOf({ organization, user }: Pick<ClerkMembership, 'organization' | 'user'>): string {
  return `${organization}/${user}`
}
