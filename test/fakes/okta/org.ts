import { Ordered } from '../ordered.ts'
import type { OktaApp, OktaGroup, OktaIdp, OktaUser, OrgData } from './objects.ts'

/** The content of an org, which tests can change. */
export class Org {
  readonly users = new Ordered<OktaUser>()
  readonly groups = new Ordered<OktaGroup>()
  readonly idps = new Ordered<OktaIdp>()
  readonly apps = new Ordered<OktaApp>()
  readonly keys: Map<string, string>
  readonly metadata: Map<string, string>
  readonly #members = new Map<string, Ordered<string>>()
  readonly #now: () => number

  constructor(data: Partial<OrgData>, now: () => number) {
    this.#now = now
    for (const user of data.users ?? []) this.users.set(user.id, user)
    for (const group of data.groups ?? []) this.groups.set(group.id, group)
    for (const { group, user } of data.members ?? []) this.members(group).set(user, user)
    for (const idp of data.idps ?? []) this.idps.set(idp.id, idp)
    for (const app of data.apps ?? []) this.apps.set(app.id, app)
    this.keys = new Map(Object.entries(data.keys ?? {}))
    this.metadata = new Map(Object.entries(data.metadata ?? {}))
  }

  /** IDs of the users in a group. All users are in Everyone. */
  members(group: string): Ordered<string> {
    const known = this.#members.get(group) ?? new Ordered<string>()
    this.#members.set(group, known)
    return known
  }

  addUser(user: OktaUser): void {
    this.users.set(user.id, { ...user, lastUpdated: this.#time() })
  }

  updateUser(id: string, change: Partial<OktaUser>): void {
    const user = this.users.get(id)
    if (user !== undefined) this.users.set(id, { ...user, ...change, lastUpdated: this.#time() })
  }

  deleteUser(id: string): void {
    this.users.delete(id)
    for (const members of this.#members.values()) members.delete(id)
  }

  addMember(group: string, user: string): void {
    this.members(group).set(user, user)
    this.#touch(group)
  }

  removeMember(group: string, user: string): void {
    this.members(group).delete(user)
    this.#touch(group)
  }

  #touch(id: string): void {
    const group = this.groups.get(id)
    if (group !== undefined) this.groups.set(id, { ...group, lastMembershipUpdated: this.#time() })
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }
}
