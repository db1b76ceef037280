import { addressForm } from '../addresses.ts'
import { isObject } from '../json.ts'
import { saysNoPassword } from '../kinds/user/passwords/recognise.ts'
import { type Format, formatOf } from './password-format.ts'
import { isFilled, wordsOf } from './sensitivity.ts'

/** The user in one record, recognized by member names. */
export interface Person {
  id: string | undefined
  /** As written in the record. */
  email: string | undefined
  /** Undefined: unknown. */
  verified: boolean | undefined
  passwords: Format[]
  totp: boolean
}

/**
 * Members by meaning, best first, in the form of `wordsOf`. `/` separates an object from its
 * member.
 */
const EMAIL = [
  'primary email address',
  'email',
  'email address',
  'mail',
  'profile/email',
  'name pairs/email',
  'emails/email',
  'email addresses/email address',
  'traits/email',
  'user/email',
  'e mail',
  'user principal name',
  'fields/email',
  'profile/login',
  'e mail address',
  'primary email',
  'email id',
  'user email',
  'emailadresse',
  'e mail adresse',
  'mail adresse',
  'mailadresse',
  'courriel',
  'correo',
  'correo electronico',
]
const VERIFIED = [
  'verified email addresses',
  'email verified',
  'verified email',
  'name pairs/email verified',
  'emails/verified',
  'email confirmed at',
  'email confirmed',
  'is email verified',
  'user/email verified',
  'email verified at',
  'confirmed at',
  'is verified',
  'verified',
]
const ID = [
  'id',
  'pk',
  'user id',
  'local id',
  'uuid',
  'uid',
  'username',
  'external id',
  'sub',
  'cognito username',
  'login',
]
const HASH = [
  'password digest',
  'password hash',
  'hashed password',
  'encrypted password',
  'passwords/password hash',
  'passwords/hash',
  'hash/hash',
  'accounts/password',
  'account/password',
  'fields/password',
  'user pass',
  'password',
]
const HASHER = [
  'hash/hash method',
  'password hasher',
  'password hash type',
  'hash type',
  'password hash algorithm',
  'hasher',
]
const TOTP = ['totp secret', 'mfa secret', 'otp secret', 'totp', 'mfa/totp secret']

/**
 * Objects and lists whose members belong to the user. No other objects are searched, because
 * metadata can contain anything.
 */
const CONTAINERS = new Set([
  'profile',
  'emails',
  'email addresses',
  'traits',
  'user',
  'fields',
  'passwords',
  'accounts',
  'account',
  'mfa',
])

export function personOf(record: Record<string, unknown>): Person {
  const members = membersOf(record)
  const email = first(members, EMAIL)
  const hasher = text(first(members, HASHER))
  const given = all(members, HASH).flatMap((value) => text(value) ?? [])
  const hashes = given.filter((hash) => !saysNoPassword(hash))
  const ofFirebase = members.has('local id') && members.has('salt')
  return {
    id: text(first(members, ID)),
    email: text(email),
    verified: verifiedOf(members, text(email)),
    passwords: [
      ...hashes.map((hash) => (ofFirebase ? FIREBASE : formatOf(hash, hasher))),
      ...keycloakPasswords(record),
    ].slice(0, 1),
    totp: text(first(members, TOTP)) !== undefined || keycloakTotp(record),
  }
}

/**
 * Firebase exports the salt next to the hash; all other parameters are the same for the whole
 * project.
 */
const FIREBASE: Format = {
  format: "Firebase's scrypt",
  fate: 'convertible',
  detail: "by the recipe firebase, with the project's parameters",
}

type Members = Map<string, unknown[]>

function membersOf(record: Record<string, unknown>): Members {
  const members: Members = new Map()
  const add = (name: string, value: unknown) => {
    const there = members.get(name)
    if (there === undefined) members.set(name, [value])
    else there.push(value)
  }
  for (const [name, value] of Object.entries(record)) {
    const own = wordsOf(name)
    if (typeof value !== 'object' || value === null) add(own, value)
    else if (own === 'attributes' || own === 'user attributes') {
      for (const pair of Array.isArray(value) ? value : []) {
        if (isObject(pair) && typeof pair.Name === 'string') add(`name pairs/${wordsOf(pair.Name)}`, pair.Value)
      }
    } else if (CONTAINERS.has(own)) {
      for (const inner of Array.isArray(value) ? value : [value]) {
        if (!isObject(inner)) continue
        for (const [member, within] of Object.entries(inner)) add(`${own}/${wordsOf(member)}`, within)
      }
    } else add(own, value)
  }
  return members
}

function all(members: Members, candidates: readonly string[]): unknown[] {
  return candidates.flatMap((name) => members.get(name) ?? []).filter(isFilled)
}

function first(members: Members, candidates: readonly string[]): unknown {
  for (const name of candidates) {
    for (const value of members.get(name) ?? []) if (isFilled(value)) return value
  }
  return undefined
}

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** Words for no, and values that programs write for a missing time. */
const NOT_VERIFIED = /^(false|0|no|n|f|null|\(null\)|<null>|none|undefined|\\N|0000-00-00.*)$/i

/** Accepts a list of verified addresses, a word, a boolean, or a time of verification. */
function verifiedOf(members: Members, email: string | undefined): boolean | undefined {
  const list = first(members, VERIFIED.slice(0, 1))
  if (typeof list === 'string') {
    const wanted = email === undefined ? undefined : addressForm(email)
    return list.split(/[|,;]/).some((address) => addressForm(address) === wanted)
  }
  const value = first(members, VERIFIED.slice(1))
  if (value === undefined) return undefined
  if (typeof value === 'boolean') return value
  return !NOT_VERIFIED.test(String(value).trim())
}

/** Keycloak stores credentials as a list whose members are JSON text. */
function keycloakPasswords(record: Record<string, unknown>): Format[] {
  return credentialsOf(record, 'password').flatMap(({ credentialData }): Format[] => {
    const data = parsed(credentialData)
    const algorithm = typeof data.algorithm === 'string' ? data.algorithm : 'unknown'
    if (!/^[a-z0-9-]{1,24}$/i.test(algorithm)) return []
    const rounds = Number(data.hashIterations)
    const format = algorithm.startsWith('pbkdf2') && Number.isInteger(rounds) ? `${algorithm} ${rounds}` : algorithm
    const fits =
      algorithm === 'argon2' ||
      (algorithm === 'pbkdf2-sha512' && rounds >= 210_000 && rounds <= 1_000_000) ||
      (algorithm === 'pbkdf2-sha256' && rounds >= 600_000 && rounds <= 1_000_000)
    if (fits) return [{ format, fate: 'convertible', detail: 'by the recipe keycloak' }]
    return [{ format, fate: 'reset', detail: 'WorkOS does not accept these parameters' }]
  })
}

/** Whether there is an authenticator app. */
function keycloakTotp(record: Record<string, unknown>): boolean {
  return credentialsOf(record, 'otp').length > 0 || credentialsOf(record, 'totp').length > 0
}

function credentialsOf(record: Record<string, unknown>, type: string): Record<string, unknown>[] {
  const { credentials } = record
  return Array.isArray(credentials) ? credentials.filter((item) => isObject(item) && item.type === type) : []
}

function parsed(value: unknown): Record<string, unknown> {
  try {
    const data: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return isObject(data) ? data : {}
  } catch {
    return {}
  }
}

/** The organizations and roles in a record. */
interface Belonging {
  /** One key for each organization in the record. */
  organizations: string[]
  /** Roles in an organization of the record. */
  roles: string[]
  /** Roles or groups of the user outside an organization. */
  ownRoles: string[]
  /** Whether the record has a member for organizations. */
  told: boolean
}

/** Names of lists with one item for each organization. */
const LISTS = new Set([
  'memberships',
  'organizations',
  'organization memberships',
  'orgs',
  'members',
  'member',
  'user tenants',
  'tenants',
])
/** Names of the organization's identifier in such an item or in the record, best first. */
const OWN_KEYS = [
  'org id',
  'organization id',
  'org external id',
  'organization external id',
  'tenant id',
  'company id',
  'team id',
  'workspace id',
  'organization',
  'org name',
  'organization name',
  'tenant',
  'company',
  'company name',
  'team',
  'team name',
  'workspace',
  ...['organisation', 'organisation id', 'firmen id', 'mandanten id', 'firma', 'firmenname', 'unternehmen', 'mandant'],
  ...['société', 'societe', 'entreprise', 'empresa', 'organización', 'organizacion'],
  ...['azienda', 'organizzazione', 'bedrijf'],
]
const ITEM_KEYS = [...OWN_KEYS, 'id', 'external id', 'slug', 'name']
const ROLE_LISTS = new Set([
  'roles',
  'user roles',
  'role',
  'role slugs',
  'role slug',
  'role names',
  'groups',
  'realm roles',
  ...['rolle', 'rollen', 'rôle', 'rôles', 'rol', 'ruolo', 'ruoli', 'papel'],
])
const ROLE_KEYS = ['role slug', 'group', 'group name', 'role id', 'role', 'slug', 'name', 'id', 'role name']

export function belongingOf(record: Record<string, unknown>): Belonging {
  const found: Belonging = { organizations: [], roles: [], ownRoles: [], told: false }
  const members = byWords(record)
  const own = keyAmong(members, OWN_KEYS)
  found.told = OWN_KEYS.some((key) => members.has(key))
  if (own !== undefined) found.organizations.push(own)
  for (const [name, value] of members) {
    if (ROLE_LISTS.has(name)) (own === undefined ? found.ownRoles : found.roles).push(...rolesIn(value))
    if (!LISTS.has(name) || !Array.isArray(value)) continue
    if (value.length > 0) found.told = true
    for (const item of value) addItem(item, found)
  }
  return found
}

function addItem(item: unknown, found: Belonging): void {
  if (typeof item === 'string' && item !== '') found.organizations.push(item)
  if (!isObject(item)) return
  const members = byWords(item)
  const key = keyAmong(members, ITEM_KEYS)
  if (key !== undefined) found.organizations.push(key)
  for (const [name, value] of members) if (ROLE_LISTS.has(name)) found.roles.push(...rolesIn(value))
}

function keyAmong(members: ReadonlyMap<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = members.get(name)
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
    if (typeof value === 'number') return String(value)
    if (isObject(value)) {
      const inner = keyAmong(byWords(value), ['id', 'external id', 'slug', 'name'])
      if (inner !== undefined) return inner
    }
  }
  return undefined
}

/**
 * Accepts a comma-separated list, a JSON list as text, a list of names, or a list of objects with a
 * name.
 */
function rolesIn(value: unknown): string[] {
  if (typeof value === 'string') return splitRoles(value)
  if (!Array.isArray(value)) return []
  return value.flatMap((item) => {
    if (typeof item === 'string') return item === '' ? [] : [item]
    return isObject(item) ? (keyAmong(byWords(item), ROLE_KEYS) ?? []) : []
  })
}

function splitRoles(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(text)
      if (Array.isArray(list)) return list.filter((item) => typeof item === 'string')
    } catch {
      // Not JSON: a comma-separated list that begins with a bracket.
    }
  }
  return text.split(',').flatMap((role) => role.trim() || [])
}

function byWords(record: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(record).map(([name, value]) => [wordsOf(name), value]))
}
