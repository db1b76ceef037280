import type { SourceConfig } from '../config/manifest.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { SourceFile } from '../sources/text/file.ts'
import { type Head, sniff } from './sniff.ts'

/** The origin of a file: names of source types and recipes. */
export type OriginName =
  | 'clerk'
  | 'auth0'
  | 'firebase'
  | 'cognito'
  | 'okta'
  | 'supabase'
  | 'keycloak'
  | 'stytch'
  | 'better-auth'
  | 'authjs'
  | 'descope'
  | 'workos-package'
  | 'csv'

/** A recognized file. */
export interface Recognised {
  /** `file`: no recipe fits, so the mapping follows the column names. */
  origin: OriginName | 'file'
  /** Its name for people. */
  title: string
  /** Its part in an export with several files. */
  part: Part
}

export type Part =
  | 'users'
  | 'dashboard'
  | 'memberships'
  | 'roles'
  | 'organizations'
  | 'groups'
  | 'accounts'
  | 'passwords'
  | 'factors'
  /** Roles with their permissions. */
  | 'definitions'
  /** Names of roles that another file lists by number. */
  | 'roleNames'
  /** Email addresses of users, with their verification. */
  | 'addresses'
  /** Name-value pairs of users, one per row. */
  | 'details'
  /** A separate table with the names of users. */
  | 'profiles'

interface Signature extends Recognised {
  format?: Head['format'][]
  /** Required paths. Of a nested list, one is enough. */
  all: readonly (string | readonly string[])[]
  /** Paths that must not occur. */
  none?: readonly string[]
}

/**
 * Password columns. The tables of these layouts have none, so a table with one is a different
 * table.
 */
const PASSWORDS = [
  'password',
  'password_hash',
  'passwordHash',
  'password_digest',
  'encrypted_password',
  'hashed_password',
]

/** Signatures of files, specific ones first. A path also matches all paths that begin with it. */
const SIGNATURES: readonly Signature[] = [
  {
    origin: 'clerk',
    title: "Clerk's dashboard export",
    part: 'users',
    all: ['id', 'primary_email_address', ['password_digest', 'password_hasher', 'verified_email_addresses']],
  },
  {
    origin: 'clerk',
    title: "Clerk's users as JSON",
    part: 'users',
    format: ['json', 'ndjson'],
    all: [
      'id',
      ['email_addresses', 'primary_email_address', 'primary_email_address_id'],
      ['password_digest', 'password_hasher', 'primary_email_address_id', 'unsafe_metadata', 'verified_email_addresses'],
    ],
  },
  {
    origin: 'clerk',
    title: "Clerk's users in its migration tool's format",
    part: 'users',
    format: ['json', 'ndjson'],
    all: [
      'userId',
      ['email', 'emailAddresses'],
      [
        'passwordHasher',
        'emailAddresses',
        'unverifiedEmailAddresses',
        'totpSecret',
        'publicMetadata',
        'unsafeMetadata',
      ],
    ],
  },
  {
    origin: 'clerk',
    title: 'roles of Clerk users',
    part: 'roles',
    all: ['clerk_user_id', 'role_slug'],
    none: ['role_slugs', 'email', 'primary_email_address'],
  },
  {
    origin: 'clerk',
    title: 'memberships of Clerk users',
    part: 'memberships',
    all: ['clerk_user_id', ['org_id', 'org_external_id', 'org_name']],
    none: ['email', 'primary_email_address'],
  },
  {
    origin: 'csv',
    title: 'definitions of roles',
    part: 'definitions',
    format: ['csv'],
    all: ['role_slug', ['role_name', 'permissions', 'role_type', 'role_description']],
    none: ['clerk_user_id', 'external_id', 'email', 'user_id'],
  },
  {
    origin: 'csv',
    title: 'roles of users',
    part: 'roles',
    format: ['csv'],
    all: ['role_slug', ['external_id', 'email']],
    none: ['role_slugs', 'first_name', 'last_name', 'password_hash', 'email_verified'],
  },
  {
    origin: 'auth0',
    title: "Auth0's file of password hashes",
    part: 'passwords',
    all: [
      ['_id.$oid', '_id', '_ID', '$oid'],
      ['passwordHash', 'password_hash'],
      ['connection', 'email_verified'],
    ],
    none: ['user_id', 'identities'],
  },
  {
    origin: 'auth0',
    title: "Auth0's file of password hashes",
    part: 'passwords',
    all: ['id', ['passwordHash', 'password_hash'], 'connection'],
    none: ['user_id', 'identities', 'email_verified', 'name'],
  },
  {
    origin: 'auth0',
    title: 'a file of MFA secrets',
    part: 'factors',
    all: [
      ['mfa_factors', 'totp_secret'],
      ['user_id', 'email', '_id', 'id'],
    ],
    none: [
      'identities',
      'primary_email_address',
      'first_name',
      'last_name',
      'external_id',
      'email_verified',
      'given_name',
    ],
  },
  { origin: 'auth0', title: "Auth0's user export", part: 'users', all: ['user_id', 'identities'], none: ['loginIds'] },
  {
    origin: 'auth0',
    title: "Auth0's user export",
    part: 'users',
    all: ['user_id', ['logins_count', 'app_metadata', 'last_login', 'identities[0].connection']],
    none: ['emails', 'loginIds'],
  },
  {
    origin: 'auth0',
    title: "Auth0's dashboard export",
    part: 'dashboard',
    all: ['Id', 'Email', ['Email Verified', 'Given Name', 'Logins Count', 'Connection']],
  },
  { origin: 'firebase', title: "Firebase's user export", part: 'users', all: ['localId'] },
  {
    origin: 'cognito',
    title: "Cognito's list of users",
    part: 'users',
    format: ['json', 'ndjson'],
    all: ['Username', ['Attributes', 'UserStatus', 'UserCreateDate']],
  },
  { origin: 'file', title: "Cognito's CSV for import", part: 'users', format: ['csv'], all: ['cognito:username'] },
  {
    origin: 'cognito',
    title: "Cognito's groups",
    part: 'groups',
    all: [
      ['group', 'GroupName'],
      ['username', 'Username'],
    ],
  },
  { origin: 'okta', title: "Okta's groups", part: 'groups', all: ['groupId', 'groupName', 'userId'] },
  {
    origin: 'okta',
    title: "Okta's users",
    part: 'users',
    format: ['json', 'ndjson'],
    all: [['profile.login', 'profile.email'], 'status'],
  },
  {
    origin: 'file',
    title: "Okta's users as CSV",
    part: 'users',
    format: ['csv'],
    all: [
      ['profile.login', 'login', 'Login'],
      ['profile.email', 'email', 'Primary email', 'Email'],
      ['status', 'Status', 'user.status'],
    ],
  },
  {
    origin: 'supabase',
    title: "Supabase's auth.users",
    part: 'users',
    all: [
      ['encrypted_password', 'raw_app_meta_data', 'raw_user_meta_data'],
      ['instance_id', 'aud', 'email_confirmed_at', 'raw_app_meta_data'],
    ],
  },
  {
    origin: 'supabase',
    title: "Supabase's mfa_factors",
    part: 'factors',
    all: ['user_id', 'factor_type', 'secret', 'status'],
  },
  {
    origin: 'supabase',
    title: "Supabase's identities",
    part: 'accounts',
    all: ['user_id', 'provider', 'identity_data'],
    none: ['identities'],
  },
  {
    origin: 'keycloak',
    title: "Keycloak's realm export",
    part: 'users',
    format: ['json', 'ndjson'],
    all: ['username', ['credentials', 'realmRoles', 'createdTimestamp', 'federatedIdentities', 'requiredActions']],
  },
  {
    origin: 'stytch',
    title: "Stytch's users",
    part: 'users',
    all: [
      ['user_id', 'member_id'],
      ['emails[].email', 'emails', 'email_address'],
      ['status', 'name', 'providers'],
    ],
    none: ['identities', 'loginIds'],
  },
  {
    origin: 'stytch',
    title: "Stytch's file of password hashes",
    part: 'passwords',
    all: ['id', 'hash', 'salt', 'hash_method'],
  },
  {
    origin: 'stytch',
    title: "Stytch's organizations",
    part: 'organizations',
    all: ['organization_id', 'organization_slug'],
    none: ['member_id'],
  },
  { origin: 'descope', title: "Descope's users", part: 'users', all: [['loginIds', 'userTenants', 'verifiedEmail']] },
  {
    origin: 'better-auth',
    title: "Better Auth's accounts",
    part: 'accounts',
    all: ['accountId', 'providerId', 'userId'],
  },
  {
    origin: 'better-auth',
    title: "Better Auth's members",
    part: 'memberships',
    all: ['organizationId', 'userId', 'role'],
    none: ['email'],
  },
  {
    origin: 'better-auth',
    title: "Better Auth's organizations",
    part: 'organizations',
    all: ['id', 'name', 'slug', ['createdAt', 'logo']],
    none: ['email'],
  },
  {
    origin: 'authjs',
    title: "Auth.js's accounts",
    part: 'accounts',
    all: ['providerAccountId', ['userId', 'user_id']],
  },
  {
    origin: 'better-auth',
    title: "Better Auth's users",
    part: 'users',
    all: [
      'id',
      'name',
      'email',
      ['emailVerified', 'email_verified'],
      ['createdAt', 'created_at'],
      ['updatedAt', 'updated_at'],
    ],
    none: ['first_name', 'external_id', ...PASSWORDS],
  },
  {
    origin: 'authjs',
    title: "Auth.js's users",
    part: 'users',
    all: ['id', 'name', 'email', ['emailVerified', 'email_verified'], 'image'],
    none: ['createdAt', 'created_at', ...PASSWORDS],
  },
  {
    origin: 'file',
    title: "Django's dumpdata of users",
    part: 'users',
    format: ['json', 'ndjson'],
    all: ['model', ['fields.email', 'fields.password']],
  },
  {
    origin: 'file',
    title: "Django's table of users",
    part: 'users',
    all: ['username', 'password', 'is_active', ['is_staff', 'is_superuser', 'date_joined']],
  },
  {
    origin: 'file',
    title: "WordPress's table of users",
    part: 'users',
    all: ['user_login', 'user_email', ['user_pass', 'user_registered', 'display_name']],
  },
  {
    origin: 'file',
    title: "ASP.NET Identity's table of users",
    part: 'users',
    all: [
      ['Email', 'UserName'],
      'PasswordHash',
      ['EmailConfirmed', 'SecurityStamp', 'LockoutEnd', 'LockoutEnabled', 'LockoutEndDateUtc', 'NormalizedEmail'],
    ],
  },
  {
    origin: 'file',
    title: "Laravel's table of users",
    part: 'users',
    all: ['id', 'email', 'email_verified_at', ['password', 'remember_token']],
  },
  {
    origin: 'file',
    title: "Devise's table of users",
    part: 'users',
    all: [
      'email',
      'encrypted_password',
      ['reset_password_token', 'remember_created_at', 'sign_in_count', 'confirmed_at', 'confirmation_token'],
    ],
  },
  {
    origin: 'csv',
    title: "a CSV file with this program's columns",
    part: 'users',
    format: ['csv'],
    // The recipe would drop an ID in a column with another name.
    none: ['id', 'user_id', 'uid', 'uuid', 'ID', 'Id', 'encrypted_password', 'hashed_password', 'password_digest'],
    all: [
      'email',
      [
        'external_id',
        'org_external_id',
        'org_name',
        'org_id',
        'password_hash',
        'first_name',
        'last_name',
        'role_slugs',
      ],
    ],
  },
]

/**
 * Firebase's CSV has no header. It has 26 columns or more; the second is an address, and the third
 * is its verification.
 */
const FIREBASE_CSV: Recognised = { origin: 'firebase', title: "Firebase's user export as CSV", part: 'users' }

const provider = ['', '', '', '']
/**
 * The columns of Firebase's CSV (firebase-tools, auth:export). Names of provider columns are empty,
 * so these columns are ignored.
 */
const FIREBASE_COLUMNS = [
  ...['localId', 'email', 'emailVerified', 'passwordHash', 'salt', 'displayName', 'photoUrl'],
  ...[...provider, ...provider, ...provider, ...provider],
  ...['createdAt', 'lastSignedInAt', 'phoneNumber', 'disabled', 'customAttributes'],
]

/**
 * Recognizes a file by its beginning. Undefined: unknown.
 * @param among limits the candidates. Default: all
 */
export function recognise(head: Head, among: (kind: Recognised) => boolean = () => true): Recognised | undefined {
  if (head.firstRow !== undefined) return looksLikeFirebase(head.firstRow) ? FIREBASE_CSV : undefined
  if (isRealm(head)) return REALM
  const has = (wanted: string) =>
    head.paths.some((path) => path === wanted || path.startsWith(`${wanted}.`) || path.startsWith(`${wanted}[`))
  const found = SIGNATURES.filter(among).find(
    ({ all, none = [], format }) =>
      (format === undefined || format.includes(head.format)) &&
      all.every((choice) => [choice].flat().some(has)) &&
      !none.some(has),
  )
  return found === undefined ? undefined : { origin: found.origin, title: found.title, part: found.part }
}

/** The file of a Keycloak export in several files that contains no users. */
const REALM: Recognised = { origin: 'keycloak', title: "Keycloak's realm without its users", part: 'organizations' }

function isRealm({ lists = [] }: Head): boolean {
  return lists.includes('organizations') && !lists.includes('users') && lists.some((list) => REALM_LISTS.has(list))
}

const REALM_LISTS: ReadonlySet<string> = new Set(['clients', 'roles.realm', 'clientScopes', 'authenticationFlows'])

function looksLikeFirebase(row: readonly string[]): boolean {
  const [, email = '', verified = ''] = row
  return row.length >= 26 && (email === '' || email.includes('@')) && /^(true|false)?$/.test(verified)
}

/** A data file, and the source that reads it without a manifest. */
export interface DataFile {
  head: Head
  recognised: Recognised | undefined
  source: SourceConfig
  /** Options of the source for the file's syntax. */
  written: JsonObject
  /** By stream; see InspectOptions. */
  columns: Map<string, string[]>
  /** Selects the users in a file with other records. */
  only?: Only
}

/** A condition on one member of a record. */
export interface Only {
  member: string
  value: string
}

export function isMeant(record: unknown, only: Only | undefined): boolean {
  return only === undefined || (isObject(record) && record[only.member] === only.value)
}

const ENDING = /\.(csv|tsv|json|ndjson|jsonl)(\.(gz|zst))?$/i
const FORMATS: Record<string, Head['format']> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
}

/** @throws ManifestError when the file does not exist, SourceError when it is empty or not text */
export async function describeDataFile(file: SourceFile): Promise<DataFile> {
  const head = await sniff(file)
  const recognised = recognise(head)
  const source = sourceOf(file.name, head, recognised)
  const [stream] = source.type === 'file' ? Object.keys(source.streams ?? {}) : ['users']
  const columns = head.format === 'csv' && head.firstRow === undefined ? head.paths : []
  return {
    head,
    recognised,
    source,
    written: writtenAs(head),
    columns: new Map(columns.length === 0 ? [] : [[stream ?? '', columns]]),
    ...(head.model !== undefined && { only: { member: 'model', value: head.model } }),
  }
}

function sourceOf(path: string, head: Head, recognised: Recognised | undefined): SourceConfig {
  const isTable = head.format === 'csv' && recognised?.part === 'users'
  if (recognised?.origin === 'clerk' && recognised.part === 'users') {
    return { type: 'clerk', users: path, ...writtenAs(head) }
  }
  if (isTable && recognised.origin === 'csv') return { type: 'csv', path, ...writtenAs(head) }
  return { type: 'file', streams: { [streamName(recognised)]: streamOf(path, head, recognised) } }
}

/** Options of one stream of the source `file` that it cannot detect itself. */
export function streamOf(path: string, head: Head, recognised: Recognised | undefined): JsonObject {
  const records = recognised === REALM ? 'organizations' : head.records
  const told = FORMATS[ENDING.exec(path)?.[1]?.toLowerCase() ?? '']
  return {
    path,
    ...(told === head.format ? {} : { format: head.format }),
    ...(head.encoding === undefined ? {} : { encoding: head.encoding }),
    ...(records === undefined ? {} : { records }),
    ...writtenAs(head),
    ...(head.firstRow === undefined ? {} : { columns: columnsFor(head.firstRow, recognised) }),
  }
}

/** Options for the syntax of a table that a source cannot detect itself. */
export function writtenAs({ skipLines, delimiter, backslashes }: Head): JsonObject {
  return {
    ...(skipLines !== undefined && { skipLines }),
    ...(delimiter !== undefined && { delimiter }),
    ...(backslashes !== undefined && { ...backslashes, escape: 'backslash' }),
  }
}

/**
 * Names for all columns of a file without a header. A row with more cells than names would be
 * ragged.
 */
function columnsFor(row: readonly string[], recognised: Recognised | undefined): string[] {
  return row.map((_, index) => {
    return recognised?.origin === 'firebase' ? (FIREBASE_COLUMNS[index] ?? '') : `column${index + 1}`
  })
}

function streamName(recognised: Recognised | undefined): string {
  if (recognised === undefined) return 'records'
  return recognised.part === 'dashboard' ? 'users' : recognised.part
}
