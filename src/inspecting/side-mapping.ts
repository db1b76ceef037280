import type { JsonObject } from '../json.ts'
import type { Part } from './recognise.ts'
import type { Side } from './side-files.ts'

/** Rules and fields of users that joined files add to a mapping. */
export interface SideRules {
  user: Record<string, string>
  organization?: JsonObject
  membership?: JsonObject
  roleAssignment?: JsonObject
  role?: JsonObject
}

/**
 * Stream names by part. They must not be usual column names, because joined rows are stored in
 * records under them.
 */
const STREAMS: Partial<Record<Part, string>> = {
  memberships: 'memberships',
  organizations: 'organizations',
  roleNames: 'roleNames',
  definitions: 'roleDefinitions',
  factors: 'factors',
  passwords: 'hashes',
  addresses: 'addresses',
  details: 'details',
  profiles: 'profiles',
}

/** The stream name of a joined file. */
export function streamOfSide({ part, columns }: Side): string {
  if (part === 'roles') return columns.role === undefined ? NUMBERED_ROLES : 'userRoles'
  return STREAMS[part] ?? part
}

/** The stream of numbered roles. */
export const NUMBERED_ROLES = 'numberedRoles'

/** The stream of role names for numbered roles: it defines roles, in addition to the join. */
export const NAMED_ROLES = 'namedRoles'

/**
 * The rules for joined files.
 * @param email the expression of the user's address
 * @param conditions on users, over `$record`
 */
export function sideRules(sides: readonly Side[], email: string, conditions: readonly string[]): SideRules {
  const side = (part: Part) => sides.find((one) => one.part === part)?.columns
  const whenOf = (part: Part, ofUser: readonly string[]): JsonObject => {
    const all = [...ofUser, ...(sides.find((one) => one.part === part)?.conditions ?? [])]
    return all.length === 0 ? {} : { when: all.join(' and ') }
  }
  const rules: SideRules = { user: userFields(side, email) }
  const memberships = side('memberships')
  const organizations = side('organizations')
  const roles = side('roles')
  const roleNames = side('roleNames')
  if (memberships !== undefined) {
    const { organizationId: id, organizationName: name, role: own, roleId } = memberships
    const numbered = roleId !== undefined && roleNames !== undefined ? namedRole(roleNames) : undefined
    const role = own ?? numbered
    const told = id ?? name ?? ''
    const key = id ?? `'name:' & ${name}`
    // A row without an organization is rejected, except if organizations are known only by name.
    const each = id === undefined ? `memberships[$exists(${told})]` : 'memberships'
    const when = whenOf('memberships', conditions)
    const named: JsonObject = { each, ...when, key, ...(id !== undefined && { externalId: id }), name: name ?? told }
    if (organizations === undefined) rules.organization = named
    rules.membership = { each, ...when, organization: key, ...(role !== undefined && { roles: role }) }
  }
  if (organizations !== undefined) {
    const { id = '', name = id } = organizations
    rules.organization = { from: 'organizations', ...whenOf('organizations', []), key: id, externalId: id, name }
  }
  const details = side('details')
  if (details?.role !== undefined) {
    const { metaKey, metaValue, role } = details
    // a:1:{s:13:"administrator";b:1;}
    const each = `details[$contains(${metaKey}, /_capabilities$/)].$match(${metaValue}, /s:\\d+:"([^"]+)";b:1/)`
    const when = conditions.length > 0 && { when: conditions.join(' and ') }
    rules.roleAssignment = { each, ...when, role }
    rules.role = { each, ...when, key: role, name: 'groups[0]' }
  }
  const role = roles?.role ?? (roles?.roleId && roleNames ? namedRole(roleNames) : undefined)
  if (role !== undefined) {
    const each = roles?.role === undefined ? NUMBERED_ROLES : 'userRoles'
    rules.roleAssignment = { each, role, ...whenOf('roles', conditions) }
  }
  const definitions = side('definitions')
  if (definitions !== undefined) {
    const { id = '', name = id, permissions } = definitions
    rules.role = { from: 'roleDefinitions', key: id, name, ...(permissions !== undefined && { permissions }) }
  } else if (isNumbered(sides) && roleNames?.roleName !== undefined) {
    rules.role = { from: NAMED_ROLES, key: `$slug(${roleNames.roleName})`, name: roleNames.roleName }
  }
  return rules
}

/** The slug of a role whose name is in a separate table. */
function namedRole({ roleName }: Side['columns']): string {
  return `$slug(roleNames.${roleName})`
}

/** Whether users or memberships have numbered roles. */
function isNumbered(sides: readonly Side[]): boolean {
  return sides.some(({ part, columns }) => (part === 'roles' || part === 'memberships') && columns.roleId !== undefined)
}

/** The stream with numbered roles, and its column with the number. */
export function numberedRoles(sides: readonly Side[]): { into: string; to: string } | undefined {
  const one = sides.find(
    ({ part, columns }) => (part === 'roles' || part === 'memberships') && columns.roleId !== undefined,
  )
  return one?.columns.roleId === undefined ? undefined : { into: streamOfSide(one), to: one.columns.roleId }
}

function userFields(side: (part: Part) => Side['columns'] | undefined, email: string): Record<string, string> {
  const user: Record<string, string> = {}
  const { totp, totpIssuer, totpAccount } = side('factors') ?? {}
  const hash = side('passwords')?.hash
  const [addresses, details, profile] = [side('addresses'), side('details'), side('profiles')]
  if (profile?.firstName !== undefined) user.firstName = `profiles[0].(${profile.firstName})`
  if (profile?.lastName !== undefined) user.lastName = `profiles[0].(${profile.lastName})`
  if (addresses !== undefined) {
    const same = `$email(${addresses.email}) = $email($record.${email})`
    user.emailVerified = `$exists(addresses[$tryBool(${addresses.verified}) = true][${same}])`
  }
  if (details !== undefined) {
    const detail = (key: string) => `(details[${details.metaKey} = '${key}'].${details.metaValue})[0]`
    user.firstName = detail('first_name')
    user.lastName = detail('last_name')
  }
  if (hash !== undefined) user.passwordHash = `$passwordHash(hashes[0].${hash})`
  if (totp !== undefined) {
    const parts = [`"secret": ${totp}`]
    if (totpIssuer !== undefined) parts.push(`"issuer": ${totpIssuer}`)
    if (totpAccount !== undefined) parts.push(`"account": ${totpAccount}`)
    user.totpSecret = parts.length === 1 ? `factors.(${totp})` : `factors.(${totp} ? { ${parts.join(', ')} })`
  }
  return user
}
