import type { Finding } from '../../inspecting/database/findings-in-tables.ts'
import type { Inspection } from '../../inspecting/inspection.ts'
import type { DataFile, OriginName, Part } from '../../inspecting/recognise.ts'
import type { Side } from '../../inspecting/side-files.ts'
import type { JsonObject } from '../../json.ts'
import type { Database } from '../database.ts'

/** Where the organizations come from. Except for `source`, each has a recipe. */
export const ORGANIZE = ['source', 'one', 'per-domain', 'from-metadata'] as const
export type Organize = (typeof ORGANIZE)[number]

export interface Live {
  domain?: string
  baseUrl?: string
  project?: string
  /** IDs of user pools. */
  userPools?: string[]
  /** The key file, absolute. */
  credentials?: string
}

/** The answers to all questions of `init`. */
export interface Answers {
  origin: Origin
  /** The files by what they contain. Empty for a source that is read only over an API. */
  files: Partial<Record<Part, FoundFile>>
  /** Files for the users that are recognized by their columns and need rules. */
  sides: SideFile[]
  /** The origin whose recipe does not fit, so that the file is mapped by column names. */
  instead?: Origin
  /** Keycloak: the export has no organizations, which exist since version 26. */
  withoutOrganizations?: boolean
  /** Slugs of roles that a file defines. */
  definedRoles?: readonly string[]
  /** Files in the folder that are not read. */
  unused: UnusedFile[]
  /** Set if the files are tables of a database. */
  database?: DatabaseAnswer
  /**
   * A source that is read over its API: Auth0 and Okta by domain, Firebase by project, Cognito by
   * user pools, Clerk by URL if it is not the default.
   */
  live?: Live
  organize: Organize
  /** The name, for `one`. */
  organizationName?: string
  target: 'sandbox' | 'workos'
  /** The URL of the target, if it is not WorkOS itself. */
  baseUrl?: string
  environments: string[]
  name: string
  /** Whether to skip users who cannot sign in. Undefined: ask, or skip them without prompts. */
  leaveOut?: boolean
}

export interface Variable {
  name: string
  /** The environment that needs it; empty for all. */
  environment: string
}

/** The variable with the WorkOS key of an environment, or of the manifest itself. */
export function keyVariable(environment?: string): string {
  const name = environment?.toUpperCase().replace(/[^A-Z0-9]+/g, '_')
  return name === undefined ? 'WORKOS_API_KEY' : `WORKOS_${name}_API_KEY`
}

export interface FoundFile {
  /** The name as given, relative to the working directory. */
  name: string
  /** Absolute. */
  path: string
  data: DataFile
  /** More pages of the same export, which are read after this file. */
  pages?: FoundFile[]
  /** For a table of a database: the options of its stream, and its first rows. */
  table?: { options: JsonObject; rows: readonly JsonObject[] }
}

export interface DatabaseAnswer extends Database {
  /** Of a sample; undefined if the sample contains no users. */
  inspection: Inspection | undefined
  /** Values of more variables, by name. */
  values: Readonly<Record<string, string>>
  /** Suspicious findings. */
  findings: readonly Finding[]
  /** The built-in recipe for these tables; undefined if the manifest lists them. */
  recipe: DatabaseRecipe | undefined
}

/** A built-in recipe for a database, and which of its streams apply. */
export interface DatabaseRecipe {
  name: string
  /** `absent`: the tables do not exist. `replaced`: they have other names. */
  streams: Record<string, 'as it is' | 'replaced' | 'absent'>
}

/** A file for the users, and its purpose. */
export interface SideFile {
  file: FoundFile
  side: Side
}

export interface UnusedFile {
  name: string
  /** Absolute. */
  path: string
  why: string
  /** Whether it can contain personal data or secrets, and belongs in .gitignore. */
  personal: boolean
}

/** The origin of the users: a known one, or any other file. */
export type Origin = OriginName | 'file'

/** One file that a source of this origin reads. */
export interface Slot {
  part: Part
  /** The label in the wizard. */
  title: string
  /** Its option of the source, or its stream of a `file` source. */
  option: string
  /** How its rows join the users, if the recipe does not set this. */
  join?: { key: string; to: string }
  /** The name that identifies the file. */
  name?: string
  /** True if the recipe reads it unless the manifest removes it. */
  inRecipe?: true
}

interface OriginKind {
  title: string
  /** `source.type`. */
  type: 'clerk' | 'auth0' | 'csv' | 'file'
  /** The recipe to extend, if it is not that of the source type. */
  recipe?: string
  /** The users file comes first. */
  slots: readonly [Slot, ...Slot[]]
  /** Whether it can be read over its API instead. */
  live?: true
  /** Whether it contains organizations. */
  organizations: boolean
  /** Whether other files can be joined to its users. */
  sides?: true
}

const DEFINITIONS: Slot = { part: 'definitions', title: 'the role definitions', option: 'roleDefinitions' }

const users = (option = 'users'): Slot => ({ part: 'users', title: 'the users', option })

/** All origins that `init` supports. */
export const ORIGINS: Record<Origin, OriginKind> = {
  clerk: {
    title: 'Clerk',
    type: 'clerk',
    live: true,
    organizations: true,
    slots: [
      users(),
      { part: 'memberships', title: 'the organization memberships', option: 'memberships' },
      { part: 'roles', title: 'the role assignments', option: 'roles' },
      DEFINITIONS,
    ],
  },
  auth0: {
    title: 'Auth0',
    type: 'auth0',
    live: true,
    organizations: true,
    slots: [
      users(),
      { part: 'passwords', title: 'the password hashes, from a support case', option: 'passwords' },
      { part: 'factors', title: 'the MFA secrets, from a support case', option: 'mfa' },
      DEFINITIONS,
    ],
  },
  firebase: {
    title: 'Firebase',
    type: 'file',
    recipe: 'firebase',
    live: true,
    organizations: false,
    slots: [users()],
    sides: true,
  },
  cognito: {
    title: 'Amazon Cognito',
    type: 'file',
    recipe: 'cognito',
    live: true,
    organizations: false,
    slots: [
      users(),
      { part: 'groups', title: 'the group members', option: 'groups', join: { key: 'username', to: 'Username' } },
    ],
    sides: true,
  },
  okta: {
    title: 'Okta',
    type: 'file',
    recipe: 'okta',
    live: true,
    organizations: false,
    slots: [
      users(),
      { part: 'groups', title: 'the group members', option: 'groups', join: { key: 'userId', to: 'id' } },
    ],
    sides: true,
  },
  supabase: {
    title: 'Supabase',
    type: 'file',
    recipe: 'supabase',
    organizations: false,
    slots: [
      users(),
      { part: 'factors', title: 'the mfa_factors table', option: 'factors', join: { key: 'user_id', to: 'id' } },
      { part: 'accounts', title: 'the identities table', option: 'identities', join: { key: 'user_id', to: 'id' } },
    ],
    sides: true,
  },
  keycloak: {
    title: 'Keycloak',
    type: 'file',
    recipe: 'keycloak',
    organizations: true,
    slots: [users(), { part: 'organizations', title: 'the realm', option: 'organizations' }],
  },
  stytch: {
    title: 'Stytch',
    type: 'file',
    recipe: 'stytch',
    organizations: true,
    slots: [
      users(),
      { part: 'organizations', title: 'the organizations', option: 'organizations', inRecipe: true },
      { part: 'passwords', title: 'the password hashes', option: 'hash', inRecipe: true },
    ],
  },
  'better-auth': {
    title: 'Better Auth',
    type: 'file',
    recipe: 'better-auth',
    organizations: true,
    slots: [
      users(),
      { part: 'accounts', title: 'the account table', option: 'accounts', inRecipe: true },
      { part: 'memberships', title: 'the member table', option: 'members', inRecipe: true },
      { part: 'organizations', title: 'the organization table', option: 'organizations', inRecipe: true },
    ],
  },
  authjs: {
    title: 'Auth.js',
    type: 'file',
    recipe: 'authjs',
    organizations: false,
    slots: [users(), { part: 'accounts', title: 'the accounts table', option: 'accounts', inRecipe: true }],
    sides: true,
  },
  descope: { title: 'Descope', type: 'file', recipe: 'descope', organizations: true, slots: [users()] },
  'workos-package': {
    title: 'a package of the WorkOS migration tool',
    type: 'file',
    recipe: 'workos-package',
    organizations: true,
    slots: [
      users(),
      { part: 'organizations', title: 'the organizations', option: 'organizations', name: 'organizations.csv' },
      {
        part: 'memberships',
        title: 'the organization memberships',
        option: 'memberships',
        name: 'organization_memberships.csv',
      },
      { part: 'roles', title: 'the role assignments', option: 'userRoles', name: 'user_role_assignments.csv' },
      { part: 'definitions', title: 'the role definitions', option: 'roleDefinitions', name: 'role_definitions.csv' },
      { part: 'factors', title: 'the second factors', option: 'totp', name: 'totp_secrets.csv' },
    ],
  },
  csv: {
    title: 'a CSV file',
    type: 'csv',
    organizations: true,
    slots: [users('path'), { part: 'roles', title: 'the role assignments', option: 'userRoles' }, DEFINITIONS],
  },
  file: { title: 'a file', type: 'file', organizations: true, slots: [users()], sides: true },
}

export const originNames = Object.keys(ORIGINS).filter((name): name is Origin => Object.hasOwn(ORIGINS, name))

/** IDs of user pools, separated by commas or spaces. */
export function poolsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((id) => id !== '')
}

/** The answers on the command line. */
export interface Given {
  origin?: Origin
  /** The database to read: see `databaseFrom`. */
  from?: string
  /** Names of files or tables, by what they contain. */
  files: Partial<Record<Part, string>>
  domain?: string
  project?: string
  /** IDs of user pools. */
  userPools?: string[]
  credentials?: string
  /** Read over the API; a string is its URL, for Clerk or Firebase. */
  live?: boolean | string
  organize?: Organize
  organizationName?: string
  target?: 'sandbox' | 'workos'
  baseUrl?: string
  environments?: string[]
  name?: string
  /** Also migrate users who cannot sign in. */
  keepInactive?: boolean
  /** Accept proposals without asking. */
  yes?: boolean
}
