import type { Finding } from '../../inspecting/database/findings-in-tables.ts'
import type { Inspection } from '../../inspecting/inspection.ts'
import type { DataFile, OriginName, Part } from '../../inspecting/recognise.ts'
import type { Side } from '../../inspecting/side-files.ts'
import type { JsonObject } from '../../json.ts'
import type { Database } from '../database.ts'

/** From where the organizations come. Beside `source` these are the recipes of situations. */
export const ORGANIZE = ['source', 'one', 'per-domain', 'from-metadata'] as const
export type Organize = (typeof ORGANIZE)[number]

export interface Live {
  domain?: string
  baseUrl?: string
  project?: string
  /** Ids of user pools. */
  userPools?: string[]
  /** Absolute: a file of credentials. */
  credentials?: string
}

/** What a migration is made of, as far as `init` asks. */
export interface Answers {
  origin: Origin
  /**
   * The files by what they hold; `users` is the one of the users. None for a source that is asked
   * over the network alone.
   */
  files: Partial<Record<Part, FoundFile>>
  /** Files beside the users that their columns tell, and no recipe reads. */
  sides: SideFile[]
  /** The origin whose recipe does not fit the file: it is mapped by the names of its columns. */
  instead?: Origin
  /** Keycloak: the export has no organizations, which came with version 26. */
  withoutOrganizations?: boolean
  /** Slugs of roles that a file beside the users defines. */
  definedRoles?: readonly string[]
  /** Files of the folder that are not read. */
  unused: UnusedFile[]
  /** The files are tables of a database. */
  database?: DatabaseAnswer
  /**
   * Asked over the network: Auth0 and Okta by their domains, Firebase by its project, Cognito by
   * its user pools, Clerk at its address where it is not the usual one.
   */
  live?: Live
  organize: Organize
  /** `one`: its name. */
  organizationName?: string
  target: 'sandbox' | 'workos'
  /** Of the target, where it is not WorkOS itself. */
  baseUrl?: string
  environments: string[]
  name: string
  /**
   * Whether people stay behind who may not sign in, where a column says so. Undefined: ask, or
   * leave them out.
   */
  leaveOut?: boolean
}

/** A variable that the manifest refers to. */
export interface Variable {
  name: string
  /** The environment that needs it; empty: every one. */
  environment: string
}

/**
 * The variable that holds the WorkOS key of an environment; without one, of the manifest itself.
 */
export function keyVariable(environment?: string): string {
  const name = environment?.toUpperCase().replace(/[^A-Z0-9]+/g, '_')
  return name === undefined ? 'WORKOS_API_KEY' : `WORKOS_${name}_API_KEY`
}

/** A data file, and what it seems to be. */
export interface FoundFile {
  /** As it was named, relative to the working folder. */
  name: string
  /** Absolute. */
  path: string
  data: DataFile
  /** More files of the same kind, which are read after this one. */
  pages?: FoundFile[]
  /** It is a table of a database: how its stream is written, and its first rows. */
  table?: { options: JsonObject; rows: readonly JsonObject[] }
}

/** The database that tables are read from. */
export interface DatabaseAnswer extends Database {
  /** Of a sample; undefined: nobody was found in it. */
  inspection: Inspection | undefined
  /** Values of further variables, by their names. */
  values: Readonly<Record<string, string>>
  /** What is suspicious in it. */
  findings: readonly Finding[]
  /** The shipped recipe that reads such tables; undefined: the manifest names them. */
  recipe: DatabaseRecipe | undefined
}

/** A shipped recipe for a database, and what becomes of its streams. */
export interface DatabaseRecipe {
  name: string
  /** `absent`: its tables are not there. `replaced`: they have other names. */
  streams: Record<string, 'as it is' | 'replaced' | 'absent'>
}

/** A file beside the users, and what it is for. */
export interface SideFile {
  file: FoundFile
  side: Side
}

/** A file that lies in the folder and is not read. */
export interface UnusedFile {
  name: string
  /** Absolute. */
  path: string
  why: string
  /** It may hold personal data or secrets: it is kept out of version control. */
  personal: boolean
}

/** What the users come from: an origin that is known, or a file of any other kind. */
export type Origin = OriginName | 'file'

/** One file that a source of this origin reads. */
export interface Slot {
  part: Part
  /** What the wizard calls it. */
  title: string
  /** Where the manifest names it: an option of the source, or a stream of the source `file`. */
  option: string
  /** How its rows belong to users, where the recipe does not say so itself. */
  join?: { key: string; to: string }
  /** The file is known by its name. */
  name?: string
  /** True: the recipe reads it unless the manifest takes it out. */
  inRecipe?: true
}

interface OriginKind {
  title: string
  /** `source.type`. */
  type: 'clerk' | 'auth0' | 'csv' | 'file'
  /** The recipe to extend, where it is not that of the source's type. */
  recipe?: string
  /** The file of the users comes first. */
  slots: readonly [Slot, ...Slot[]]
  /** Whether it can be asked over the network instead. */
  live?: true
  /** Whether it says itself which organizations there are. */
  organizations: boolean
  /** Whether any files can be joined to its users. */
  sides?: true
}

/** Which roles there are: a file with the columns of this program. */
const DEFINITIONS: Slot = { part: 'definitions', title: 'which roles there are', option: 'roleDefinitions' }

const users = (option = 'users'): Slot => ({ part: 'users', title: 'the users', option })

/** Everything that `init` can begin with. */
export const ORIGINS: Record<Origin, OriginKind> = {
  clerk: {
    title: 'Clerk',
    type: 'clerk',
    live: true,
    organizations: true,
    slots: [
      users(),
      { part: 'memberships', title: 'who belongs to which organization', option: 'memberships' },
      { part: 'roles', title: 'who has which role', option: 'roles' },
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
      { part: 'passwords', title: 'password hashes, from a support case', option: 'passwords' },
      { part: 'factors', title: 'MFA secrets, from a support case', option: 'mfa' },
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
      { part: 'groups', title: 'who is in which group', option: 'groups', join: { key: 'username', to: 'Username' } },
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
      { part: 'groups', title: 'who is in which group', option: 'groups', join: { key: 'userId', to: 'id' } },
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
      { part: 'factors', title: 'the table mfa_factors', option: 'factors', join: { key: 'user_id', to: 'id' } },
      { part: 'accounts', title: 'the table identities', option: 'identities', join: { key: 'user_id', to: 'id' } },
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
      { part: 'accounts', title: 'the table account', option: 'accounts', inRecipe: true },
      { part: 'memberships', title: 'the table member', option: 'members', inRecipe: true },
      { part: 'organizations', title: 'the table organization', option: 'organizations', inRecipe: true },
    ],
  },
  authjs: {
    title: 'Auth.js',
    type: 'file',
    recipe: 'authjs',
    organizations: false,
    slots: [users(), { part: 'accounts', title: 'the table of accounts', option: 'accounts', inRecipe: true }],
    sides: true,
  },
  descope: { title: 'Descope', type: 'file', recipe: 'descope', organizations: true, slots: [users()] },
  'workos-package': {
    title: "a package of WorkOS's own tool",
    type: 'file',
    recipe: 'workos-package',
    organizations: true,
    slots: [
      users(),
      { part: 'organizations', title: 'the organizations', option: 'organizations', name: 'organizations.csv' },
      {
        part: 'memberships',
        title: 'who belongs to which organization',
        option: 'memberships',
        name: 'organization_memberships.csv',
      },
      { part: 'roles', title: 'who has which role', option: 'userRoles', name: 'user_role_assignments.csv' },
      { part: 'definitions', title: 'which roles there are', option: 'roleDefinitions', name: 'role_definitions.csv' },
      { part: 'factors', title: 'second factors', option: 'totp', name: 'totp_secrets.csv' },
    ],
  },
  csv: {
    title: 'a CSV file',
    type: 'csv',
    organizations: true,
    slots: [users('path'), { part: 'roles', title: 'who has which role', option: 'userRoles' }, DEFINITIONS],
  },
  file: { title: 'a file', type: 'file', organizations: true, slots: [users()], sides: true },
}

export const originNames = Object.keys(ORIGINS).filter((name): name is Origin => Object.hasOwn(ORIGINS, name))

/** Ids of user pools that are separated by commas or blanks. */
export function poolsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((id) => id !== '')
}

/** What the command line answered already. */
export interface Given {
  origin?: Origin
  /** The database to read: see `databaseFrom`. */
  from?: string
  /** Names of files by what they hold, or of tables. */
  files: Partial<Record<Part, string>>
  domain?: string
  project?: string
  /** Ids of user pools. */
  userPools?: string[]
  /** As it was named. */
  credentials?: string
  /** Read over the API; a text is its address, of Clerk or Firebase. */
  live?: boolean | string
  organize?: Organize
  organizationName?: string
  target?: 'sandbox' | 'workos'
  baseUrl?: string
  environments?: string[]
  name?: string
  /** Bring people along who may not sign in. */
  keepInactive?: boolean
  /** Take what is proposed where nothing is given. */
  yes?: boolean
}
