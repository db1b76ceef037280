/** What is known of something that was refused. */
export interface RefusedItem {
  kind: string
  /** Null where it could not be computed. */
  key: string | null
  /** Keys of what it refers to, as far as they are known; of users the ones they merged into. */
  refs: Readonly<Record<string, string>>
  /** Of a user, where it is known. */
  email?: string
}

/** Whom a scope chooses, and who is in it. */
export interface ChosenOnes {
  choosesOrganization(key: string): boolean
  choosesUser(key: string): boolean
  hasOrganization(key: string): boolean
  hasUser(key: string): boolean
  /** Whether a selector is by organization, by key of a user or everybody, by address. */
  by: { organization: boolean; user: boolean; address: boolean }
}

/** `unknown`: nobody can tell whose it is. */
export type Belonging = 'in' | 'out' | 'unknown'

/** Whether something that was refused belongs to those of whom the run speaks. */
export function belongingOf({ kind, key, refs, email }: RefusedItem, chosen: ChosenOnes): Belonging {
  switch (kind) {
    case 'user':
      return ofUser(key, email, chosen)
    case 'organization':
      return key === null ? 'unknown' : of(chosen.hasOrganization(key))
    case 'membership':
    case 'group-membership':
      return ofMember(refs, chosen)
    case 'roleAssignment':
      return refs.user === undefined ? 'unknown' : of(chosen.hasUser(refs.user))
    case 'group':
      return refs.organization === undefined ? 'unknown' : of(chosen.hasOrganization(refs.organization))
    case 'connection':
      return refs.organization === undefined ? 'unknown' : of(chosen.choosesOrganization(refs.organization))
    case 'role-definition':
      return ofDefinition(key, chosen)
    default:
      // Permissions go with every scope; of a record that could not be read nobody knows anything.
      return 'unknown'
  }
}

function of(belongs: boolean): Belonging {
  return belongs ? 'in' : 'out'
}

function ofUser(key: string | null, email: string | undefined, { hasUser, by }: ChosenOnes): Belonging {
  if (key === null) return 'unknown'
  if (hasUser(key)) return 'in'
  // Its address could be one of those that are chosen.
  return by.address && email === undefined ? 'unknown' : 'out'
}

/** A chosen user brings all of its memberships, a chosen organization its own. */
function ofMember({ user, organization }: RefusedItem['refs'], chosen: ChosenOnes): Belonging {
  const { by } = chosen
  if (user !== undefined && organization !== undefined) {
    return of(chosen.hasUser(user) && (chosen.choosesOrganization(organization) || chosen.choosesUser(user)))
  }
  if (user !== undefined) {
    if (chosen.hasUser(user) && chosen.choosesUser(user)) return 'in'
    return by.organization ? 'unknown' : 'out'
  }
  if (organization === undefined || by.user || by.address) return 'unknown'
  return of(chosen.choosesOrganization(organization))
}

/** A role of an organization goes with that, one of the environment with every scope. */
function ofDefinition(key: string | null, { hasOrganization }: ChosenOnes): Belonging {
  const at = key?.indexOf('@') ?? -1
  const organization = key === null || at === -1 ? '' : key.slice(at + 1)
  return organization === '' ? 'unknown' : of(hasOrganization(organization))
}
