import { Ordered } from '../ordered.ts'
import type {
  Auth0Connection,
  Auth0EnabledConnection,
  Auth0Invitation,
  Auth0Member,
  Auth0Organization,
  Auth0Role,
  Auth0User,
  TenantData,
} from './objects.ts'

/** A user for `addUser`. */
type NewUser = Partial<Auth0User> & Pick<Auth0User, 'user_id' | 'identities'>

/**
 * The content of the fake, to compare a migration with, and methods to change it during a reading.
 */
export class Tenant {
  readonly users = new Ordered<Auth0User>()
  readonly organizations = new Ordered<Auth0Organization>()
  readonly roles = new Ordered<Auth0Role>()
  readonly connections = new Ordered<Auth0Connection>()
  readonly enabledConnections: Auth0EnabledConnection[]
  readonly invitations = new Ordered<Auth0Invitation>()
  /** By organization, then by user. */
  readonly #members = new Map<string, Ordered<Auth0Member>>()
  readonly #now: () => number

  constructor(data: Partial<TenantData>, now: () => number) {
    this.#now = now
    this.enabledConnections = [...(data.enabledConnections ?? [])]
    for (const user of data.users ?? []) this.users.set(user.user_id, user)
    for (const organization of data.organizations ?? []) this.addOrganization(organization)
    for (const role of data.roles ?? []) this.roles.set(role.id, role)
    for (const connection of data.connections ?? []) this.connections.set(connection.id, connection)
    for (const invitation of data.invitations ?? []) this.invitations.set(invitation.id, invitation)
    for (const { organization, user, roles } of data.members ?? []) this.setMember(organization, user, roles)
  }

  membersOf(organization: string): Ordered<Auth0Member> {
    return this.#members.get(organization) ?? new Ordered()
  }

  members(): Auth0Member[] {
    return [...this.#members.values()].flatMap((members) => members.all())
  }

  /** Creates a user. Missing times are now. */
  addUser(user: NewUser): void {
    const at = new Date(this.#now()).toISOString()
    this.users.set(user.user_id, { created_at: at, updated_at: at, ...user })
  }

  updateUser(id: string, change: Partial<Auth0User>): void {
    const user = this.users.get(id)
    if (user === undefined) throw new Error(`there is no user ${id}`)
    this.users.set(id, { ...user, updated_at: new Date(this.#now()).toISOString(), ...change })
  }

  /** Deletes a user with its memberships. */
  deleteUser(id: string): void {
    this.users.delete(id)
    for (const members of this.#members.values()) members.delete(id)
  }

  addOrganization(organization: Auth0Organization): void {
    this.organizations.set(organization.id, organization)
    if (!this.#members.has(organization.id)) this.#members.set(organization.id, new Ordered())
  }

  deleteOrganization(id: string): void {
    this.organizations.delete(id)
    this.#members.delete(id)
    for (const { id: invitation, organization_id } of this.invitations.all()) {
      if (organization_id === id) this.invitations.delete(invitation)
    }
  }

  /** Makes the user a member with exactly these roles (IDs). */
  setMember(organization: string, user: string, roles: string[]): void {
    const members = this.#members.get(organization)
    if (members === undefined) throw new Error(`there is no organization ${organization}`)
    if (!this.users.has(user)) throw new Error(`there is no user ${user}`)
    members.set(user, { organization, user, roles })
  }

  removeMember(organization: string, user: string): void {
    this.#members.get(organization)?.delete(user)
  }
}
