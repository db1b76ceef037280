/**
 * Recognizes files that belong to the file of users. In: the heads of both files. Out: the content
 * of the other file, its join to users, and what it adds to a mapping. Only column names matter;
 * values are read during planning.
 */
import { bestNamed, lastName, type Meaning, rankOf } from './names.ts'
import { nameInExpression } from './profile.ts'
import type { Part } from './recognise.ts'
import { wordsOf } from './sensitivity.ts'
import type { Head } from './sniff.ts'

/** The use of a file that belongs to the users. */
export interface Side {
  part: Part
  /** The join to users; undefined for a file about something else, such as organizations. */
  join?: { key: string; to: string; unmatched?: 'ignore' }
  /** Other possible columns of the users for the join. Values decide. */
  targets?: readonly string[]
  /** Conditions on its rows, all of which must be met. Default: every row. */
  conditions?: readonly string[]
  /** Expressions over one of its rows, by meaning. */
  columns: Readonly<Partial<Record<SideColumn, string>>>
}

export type SideColumn =
  | 'organizationId'
  | 'organizationName'
  | 'role'
  | 'roleId'
  | 'roleName'
  | 'permissions'
  | 'totp'
  | 'totpIssuer'
  | 'totpAccount'
  | 'hash'
  | 'email'
  | 'verified'
  | 'id'
  | 'name'
  | 'domains'
  | 'firstName'
  | 'lastName'
  | 'metaKey'
  | 'metaValue'

/** Names of columns that identify a user, by the user's identifier. */
const LINKS: readonly (readonly ['id' | 'username' | 'email', RegExp])[] = [
  [
    'id',
    /^(user id|clerk user id|auth0 user id|firebase uid|local id|uid|user uuid|user guid|user|member id|person id|customer id|account id|external id|profile id|owner id|user external id|id user|model id)$/,
  ],
  ['username', /^(user name|username|login|user login|cognito username)$/],
  ['email', /^(user e ?mail|e ?mail|e ?mail address|member e ?mail|mail)$/],
]

const TOTP_ISSUER = /^((totp|mfa|otp) )?issuer$/
const TOTP_ACCOUNT = /^(totp|mfa|otp) (user|account)$/
const ROLE_ID = /^(role id|group id|role uuid)$/
/** `auth_user_groups`: the application and the model. A plain `user_groups` could be anything. */
const DJANGO_GROUPS = /[a-z0-9]_user_groups\b/i
const PROFILES = /profiles?\b/i
/** django-otp: secrets are in hex. */
const DJANGO_DEVICES = /totp_totpdevice\b/i
const META_KEY = /^meta key$/
const META_VALUE = /^meta value$/
/**
 * WordPress stores a user's roles as a serialized PHP list, under a key that begins with the table
 * prefix.
 */
const USERMETA = /usermeta/i
/** Evaluated on the result of `$match`. */
const CAPABILITIES = '$slug(groups[0])'
const PERMISSIONS = /^(permissions?|scopes|permission slugs)$/
const ROLE_SLUG = /^role slug$/
const ROLE_NAME = /^(role slug|role|slug|key|role name|name)$/
const ROLE_TITLE = /^(role name|name|title|label|display name)$/
const DOMAINS = /^(domains?|email domains?|domain names?)$/
const TITLE = /^(name|title|display name|org name|organi[sz]ation name|company name|team name|tenant name|label)$/
const ORGANIZATION_KEY =
  /^(id|slug|org id|organi[sz]ation id|company id|team id|tenant id|workspace id|org external id|external id|uuid|code)$/
const OF_ORGANIZATIONS = /(org|organi[sz]ation|compan(y|ies)|tenant|team|workspace|customer|account)s?/i
const OF_ROLES = /(role|group)s?/i

/** Factors in the format of Auth0 and the official toolkit. The secret is in one of two places. */
const FACTORS = 'mfa_factors.(totp.secret ? totp.secret : secret)'

/** Facts about a table from the keys of the database. */
export interface KnownKeys {
  /** The column that refers to a user, and the referenced column. */
  user?: { column: string; to: string }
  /** The column that refers to an organization. */
  organization?: string
  /** The column that refers to a role. */
  role?: string
}

/** Recognizes a file that belongs to the users; otherwise explains why it cannot. */
export function sideOf(users: Head, side: Head, name: string, keys: KnownKeys = {}): Side | { why: string } {
  const columns = columnsOf(side)
  const hasFactors = side.paths.some((path) => path.startsWith('mfa_factors[]'))
  if (columns.length === 0) return { why: 'its columns have no names' }
  const link = keys.user === undefined ? linkOf(columnsOf(users), columns) : linkBy(keys.user)
  if (link !== undefined && hasFactors) {
    const { join, targets } = link
    return { part: 'factors', join, targets, columns: { totp: FACTORS } }
  }
  const found = link === undefined ? alone(columns, name) : (linked(columns, link, name, keys) ?? owned(columns, name))
  if (found !== undefined) return found.join === undefined ? found : { ...found, targets: link?.targets }
  if (link === undefined) return { why: 'it has no column for a user, an organization or a role' }
  return {
    why: `${link.column} identifies a user, but the other columns are unknown; map them yourself if you need them`,
  }
}

interface Column {
  path: string
  expression: string
}

interface Link {
  join: { key: string; to: string }
  targets: readonly string[]
  column: string
  by: 'id' | 'username' | 'email'
}

/** The columns of a file, written as expressions. Omits lists, which joined rows cannot contain. */
function columnsOf({ paths, format }: Head): Column[] {
  return paths.flatMap((path) => {
    const names = format === 'csv' ? [path] : path.split('.')
    const written = names.map((each) => (/\[|⟨/.test(each) ? null : nameInExpression(each)))
    return written.includes(null) ? [] : { path, expression: written.join('.') }
  })
}

function linkBy({ column, to }: { column: string; to: string }): Link | undefined {
  const [key, target] = [nameInExpression(column), nameInExpression(to)]
  return key === null || target === null ? undefined : { join: { key, to: target }, targets: [], column, by: 'id' }
}

/** The column that refers to a user, and the referenced column. */
function linkOf(users: readonly Column[], side: readonly Column[]): Link | undefined {
  for (const [by, names] of LINKS) {
    const from = side.find(({ path }) => names.test(wordsOf(lastName(path))))
    if (from === undefined) continue
    const [to, ...targets] = targetsOf(users, from, by)
    if (to === undefined) continue
    const address = (expression: string) => (by === 'email' ? `$email(${expression})` : expression)
    const join = { key: address(from.expression), to: address(to) }
    return { join, targets: targets.map(address), column: from.path, by }
  }
  return undefined
}

/**
 * Columns that a column can refer to, most likely first: the same name, the best identifier, other
 * identifiers.
 */
function targetsOf(users: readonly Column[], from: Column, by: Link['by']): string[] {
  const words = wordsOf(lastName(from.path))
  const same = users.find(({ path }) => wordsOf(lastName(path)) === words)
  const others = by === 'id' ? users.filter(({ path }) => rankOf(path, 'id') !== undefined) : []
  const found = [same, bestNamed(users, by), ...others, bestNamed(users, 'username')]
  return [...new Set(found.flatMap((column) => column?.expression ?? []))]
}

function named(columns: readonly Column[], names: RegExp): string | undefined {
  return columns.find(({ path }) => names.test(wordsOf(lastName(path))))?.expression
}

/** Recognizes a file whose rows belong to users. */
function linked(
  columns: readonly Column[],
  { join, column, by }: Link,
  name: string,
  keys: KnownKeys,
): Side | undefined {
  const own = columns.filter(({ path }) => path !== column)
  const best = (meaning: Meaning) => bestNamed(own, meaning)?.expression
  const device = DJANGO_DEVICES.test(name) ? named(own, /^key$/) : undefined
  if (device !== undefined) {
    const secret = `{ 'secret': ${device}, 'encoding': 'hex' }`
    const confirmed = named(own, /^confirmed$/)
    const totp = confirmed === undefined ? secret : `$tryBool(${confirmed}) = true ? ${secret}`
    return { part: 'factors', join, columns: { totp } }
  }
  const totp = best('totp') ?? (named(own, /^(factor type|mfa type)$/) && named(own, /^secret$/))
  if (totp !== undefined) {
    const [totpIssuer, totpAccount] = [named(own, TOTP_ISSUER), named(own, TOTP_ACCOUNT)]
    return { part: 'factors', join, columns: { totp, totpIssuer, totpAccount } }
  }
  const [metaKey, metaValue] = [named(own, META_KEY), named(own, META_VALUE)]
  if (metaKey !== undefined && metaValue !== undefined) {
    const role = USERMETA.test(name) ? CAPABILITIES : undefined
    return { part: 'details', join: { ...join, unmatched: 'ignore' }, columns: { metaKey, metaValue, role } }
  }
  // A row with a name is a user of another list, unless a key of the database identifies its user.
  if (keys.user !== undefined && PROFILES.test(name)) return profileOf(own, join)
  if (rankAny(own, ['firstName', 'lastName'])) return undefined
  const at = (path: string | undefined) => own.find((each) => each.path === path)?.expression
  const organizationId = at(keys.organization) ?? best('organizationId')
  const organizationName = best('organizationName')
  const role = best('role')
  // Django's groups are roles, so their numbers are not organizations.
  const groupId = DJANGO_GROUPS.test(name) ? named(own, ROLE_ID) : undefined
  if (groupId !== undefined) return { part: 'roles', join, columns: { roleId: groupId } }
  const roleId = at(keys.role) ?? named(own, ROLE_ID)
  if (organizationId !== undefined || organizationName !== undefined) {
    const numbered = role === undefined && roleId !== organizationId ? roleId : undefined
    return { part: 'memberships', join, columns: { organizationId, organizationName, role, roleId: numbered } }
  }
  const [email, verified] = [best('email'), best('verified')]
  if (by !== 'email' && email !== undefined && verified !== undefined) {
    return { part: 'addresses', join: { ...join, unmatched: 'ignore' }, columns: { email, verified } }
  }
  const hash = best('hash')
  if (hash !== undefined) return { part: 'passwords', join, columns: { hash } }
  if (role !== undefined) return { part: 'roles', join, columns: { role } }
  return roleId === undefined ? undefined : { part: 'roles', join, columns: { roleId } }
}

/** Recognizes a file without a column for users. */
function alone(columns: readonly Column[], name: string): Side | undefined {
  if (rankAny(columns, ['email', 'hash', 'firstName', 'lastName'])) return undefined
  const [id, title] = [named(columns, ORGANIZATION_KEY), named(columns, TITLE)]
  const permissions = named(columns, PERMISSIONS)
  const roleName = named(columns, ROLE_SLUG) ?? (permissions === undefined ? undefined : named(columns, ROLE_NAME))
  if (roleName !== undefined) {
    return { part: 'definitions', columns: { id: roleName, name: named(columns, ROLE_TITLE), permissions } }
  }
  if (id === undefined || title === undefined) return undefined
  if (OF_ROLES.test(name)) return { part: 'roleNames', columns: { id, roleName: title } }
  const tells = columns.some(({ path }) => rankOf(path, 'organizationId') !== undefined) || OF_ORGANIZATIONS.test(name)
  if (!tells) return undefined
  return { part: 'organizations', columns: { id, name: title, domains: named(columns, DOMAINS) } }
}

/** Recognizes organizations with a column for their owner. */
function owned(columns: readonly Column[], name: string): Side | undefined {
  const [id, title] = [named(columns, ORGANIZATION_KEY), named(columns, TITLE)]
  if (id === undefined || title === undefined || !OF_ORGANIZATIONS.test(name)) return undefined
  return rankAny(columns, ['email', 'hash', 'role'])
    ? undefined
    : { part: 'organizations', columns: { id, name: title } }
}

/** Recognizes a table of profiles with names. */
function profileOf(columns: readonly Column[], join: Link['join']): Side | undefined {
  const best = (meaning: Meaning) => bestNamed(columns, meaning)?.expression
  const full = best('name')
  const part = (own: string | undefined, which: 'first' | 'last') =>
    own ?? (full === undefined ? undefined : `$splitName(${full}).${which}`)
  const [firstName, lastName] = [part(best('firstName'), 'first'), part(best('lastName'), 'last')]
  if (firstName === undefined && lastName === undefined) return undefined
  return { part: 'profiles', join: { ...join, unmatched: 'ignore' }, columns: { firstName, lastName } }
}

/**
 * A table of organizations with a known key. Other columns do not matter: its addresses are not
 * those of users.
 */
export function organizationsOf(side: Head, key: string): Side | undefined {
  const columns = columnsOf(side)
  const id = columns.find(({ path }) => path === key)?.expression
  if (id === undefined) return undefined
  return { part: 'organizations', columns: { id, name: named(columns, TITLE), domains: named(columns, DOMAINS) } }
}

function rankAny(columns: readonly Column[], meanings: readonly Meaning[]): boolean {
  return meanings.some((meaning) => bestNamed(columns, meaning) !== undefined)
}
