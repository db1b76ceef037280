/**
 * Records of the `auth0` source. In: users of a snapshot (from-snapshot.ts) or of a file
 * (from-files.ts), and rows of the files beside them (side-files.ts). Out: users as Auth0's API
 * describes them, with their memberships; organizations, roles, connections; what is rejected.
 */

import type { StatementSync } from 'node:sqlite'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { innermostJson, parseJsonText } from '../../../json-text.ts'
import { openThrowaway } from '../../../sqlite/open.ts'
import type { MetadataPaths, PieceFound, SideRowsOnDisk, SourcePart, StreamCount, UserRules } from '../../source.ts'
import type { Numbering } from '../../text/numbering.ts'
import type { LineRecord } from '../../text/record-file.ts'
import { USER_FIELDS } from '../streams.ts'

/**
 * Names under which a dashboard export has what the API calls otherwise; the others differ by
 * blanks and capitals alone.
 */
const DISPLAY_NAMES: Readonly<Record<string, string>> = { id: 'user_id', phone: 'phone_number' }
const KNOWN: ReadonlySet<string> = new Set([...USER_FIELDS, 'connection'])
/** Fields whose cells of CSV hold true or false. */
const BOOLEAN: ReadonlySet<string> = new Set(['email_verified', 'phone_verified', 'blocked'])
/**
 * Fields whose cells hold JSON, and whose texts in JSON are objects and lists that were encoded
 * twice.
 */
const STRUCTURED: ReadonlySet<string> = new Set(['identities', 'app_metadata', 'user_metadata', 'multifactor'])

/**
 * A user as the API describes it, from wherever it comes: a dashboard export has display names as
 * keys, ids of identity providers may be numbers, and a file may say nothing of identities, which
 * the user's own id then tells.
 */
function userRecord(data: JsonObject): JsonObject {
  const user: JsonObject = {}
  for (const [name, value] of Object.entries(data)) {
    const field = fieldName(name)
    if (field !== name && data[field] !== undefined) continue
    user[field] = typeof value === 'string' && STRUCTURED.has(field) ? cellValue(field, value) : value
  }
  if (typeof user.user_id === 'number') user.user_id = String(user.user_id)
  user.identities = Array.isArray(user.identities)
    ? user.identities.filter((item) => isObject(item)).map((item) => identity(item as JsonObject))
    : identityOf(user)
  return user
}

function fieldName(name: string): string {
  if (KNOWN.has(name)) return name
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  const field = DISPLAY_NAMES[plain] ?? plain
  return KNOWN.has(field) ? field : name
}

function identity(item: JsonObject): JsonObject {
  return { ...item, user_id: item.user_id === undefined ? null : String(item.user_id) }
}

/** `google-oauth2|1234` names the provider and the id there. */
function identityOf({ user_id, connection = null }: JsonObject): JsonObject[] {
  const [, provider, id] = /^([^|]+)\|(.+)$/.exec(String(user_id ?? '')) ?? []
  if (provider === undefined || id === undefined) return []
  // The providers of social accounts are the names of their connections; databases and enterprises
  // have names of their own.
  const isSocial = connection === null ? undefined : connection === provider
  const known = { provider, user_id: id, connection: connection ?? (provider === 'auth0' ? null : provider) }
  return [isSocial === undefined ? known : { ...known, isSocial }]
}

/**
 * A user from a row of CSV, in which a `'` stands before texts (so that spreadsheets take none for
 * a formula), dots in names mean members, and some cells hold JSON.
 */
function userFromCsv(row: JsonObject): JsonObject {
  const user: JsonObject = {}
  for (const [column, cell] of Object.entries(row)) {
    const text = withoutMark(String(cell))
    if (text === '') continue
    const path = pathOf(column)
    put(user, path, cellValue(fieldName(path.join('.')), text))
  }
  return user
}

/**
 * A row of CSV without the `'` that may stand before texts; dots in names mean members here as
 * well.
 */
export function plainRow(row: JsonObject): JsonObject {
  const data: JsonObject = {}
  for (const [column, cell] of Object.entries(row)) put(data, pathOf(column), withoutMark(String(cell)))
  return data
}

function pathOf(column: string): string[] {
  return column.split(/[.[\]]+/).filter((step) => step !== '')
}

function withoutMark(text: string): string {
  return text.startsWith("'") ? text.slice(1) : text
}

function cellValue(field: string, text: string): Json {
  if (BOOLEAN.has(field) && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if (!STRUCTURED.has(field)) return text
  const parsed = parseJsonText(innermostJson(text))
  return parsed.ok ? parsed.value : text
}

/** Puts a value where a path leads: members of objects, items of lists by number. */
function put(target: JsonObject, path: readonly string[], value: Json): void {
  const [name, ...rest] = path
  if (name === undefined || name === '__proto__') return
  if (rest.length === 0) {
    target[name] = value
    return
  }
  if (/^\d+$/.test(rest[0] ?? '')) {
    const list = Array.isArray(target[name]) ? target[name] : []
    target[name] = list
    const at = Math.min(Number(rest[0]), list.length)
    const item: JsonObject = asObject(list[at])
    list[at] = item
    put(item, rest.slice(1), value)
    return
  }
  const inner = asObject(target[name])
  target[name] = inner
  put(inner, rest, value)
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? (value as JsonObject) : {}
}

/**
 * The memberships that a user's metadata tells of: one for each id, or for each name where there
 * are no ids.
 */
function membershipsIn(user: JsonObject, paths: MetadataPaths): JsonObject[] {
  const ids = listAt(user, paths.organizationId)
  const names = listAt(user, paths.organizationName)
  const roles = rolesAt(user, paths.roles).map((name): JsonObject => ({ name }))
  return Array.from({ length: ids.length > 0 ? ids.length : names.length }, (_, index) => {
    const organization: JsonObject = {}
    const [id, name] = [ids[index], names[index]]
    if (id !== undefined) organization.id = id
    if (name !== undefined) organization.name = name
    return { organization, roles }
  })
}

/**
 * The users among records of a file or of a snapshot, each with the memberships that its metadata
 * tells of.
 * @param found told of records that are refused, and of organizations that metadata names
 */
export function usersIn(
  records: readonly LineRecord[],
  { isCsv, paths }: UserRules,
  found: Pick<PieceFound, 'refused' | 'organizations'>,
): LineRecord[] {
  const users: LineRecord[] = []
  for (const { data, ...place } of records) {
    const { line } = place
    const user = userRecord(isCsv ? userFromCsv(data) : data)
    if (!hasId(user)) {
      found.refused.push({ line, problem: NO_ID })
      continue
    }
    const memberships = paths === undefined ? [] : membershipsIn(user, paths)
    user.memberships = memberships
    for (const { organization } of memberships) {
      const text = JSON.stringify(organization)
      if (!found.organizations.has(text)) found.organizations.set(text, line)
    }
    users.push({ ...place, data: user })
  }
  return users
}

/** The value where the first path leads that leads anywhere, as a list of texts. */
function listAt(user: JsonObject, paths: readonly string[]): string[] {
  for (const path of paths) {
    const found = [at(user, path)].flat().flatMap((item) => {
      const text = typeof item === 'string' ? item.trim() : typeof item === 'number' ? String(item) : ''
      return text === '' ? [] : [text]
    })
    if (found.length > 0) return found
  }
  return []
}

function rolesAt(user: JsonObject, paths: readonly string[]): string[] {
  return listAt(user, paths).flatMap((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
}

function at(user: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = user
  for (const name of stepsOf(path)) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

const steps = new Map<string, string[]>()

/** Paths are few, and looked for in every user. */
function stepsOf(path: string): string[] {
  const known = steps.get(path) ?? path.split('.')
  steps.set(path, known)
  return known
}

/** The different organizations that metadata names, each with where it was named first, on disk. */
export class NamedOrganizations {
  readonly #database = openThrowaway('', { cacheKiB: 4096 })
  readonly #insert: StatementSync

  constructor() {
    this.#database.exec('CREATE TABLE named (id INTEGER PRIMARY KEY, data TEXT UNIQUE NOT NULL, line INTEGER NOT NULL)')
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO named (data, line) VALUES (?, ?)')
  }

  /** @param found see PieceFound.organizations */
  add(found: PieceFound['organizations']): void {
    for (const [data, line] of found) this.#insert.run(data, line)
  }

  *all(): Iterable<{ line: number; data: JsonObject }> {
    const rows = this.#database.prepare('SELECT data, line FROM named ORDER BY id').iterate()
    for (const { data, line } of rows) yield { line: Number(line), data: JSON.parse(String(data)) }
  }

  close(): void {
    this.#database.close()
  }
}

export const USERS = 'users'
export const ORGANIZATIONS = 'organizations'
export const ROLES = 'roles'
export const CONNECTIONS = 'connections'
export const INVITATIONS = 'invitations'

/** Rows of other files that belong to users. */
export interface Belongings {
  /** Gives each user the rows that are its own. */
  join(users: readonly JsonObject[]): void
  /** The rows, for whoever joins them elsewhere. Undefined: there are none. */
  readonly onDisk: SideRowsOnDisk | undefined
}

/** Users with their memberships, and organizations: from a snapshot of a tenant, or from a file. */
export interface Users {
  /** Where their records stand, as messages say it. */
  file: string
  /** All users, without rejecting or counting any. */
  peek(): AsyncIterable<LineRecord[]>
  /** All users, each with its `memberships`. */
  users(): AsyncIterable<LineRecord[]>
  /** The same, with what belongs to them, in parts of at most `size`; undefined: they have none. */
  parts?(size: number, belongings: Belongings, numbering: Numbering): AsyncIterable<SourcePart>
  /** The organizations; after the users have been read. */
  organizations(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** The roles with their permissions; a file of users has none. */
  roles(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** The connections, where they were asked for; after the organizations have been read. */
  connections?(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** The invitations, where they were asked for. */
  invitations?(): AsyncIterable<{ file: string; records: LineRecord[] }>
  counts(): StreamCount[]
  digest(): string
  close(): void
}

/** What to say of a user without an id. */
const NO_ID = {
  code: 'missing_key',
  message: 'the user has no id',
  hint: 'every user has a user_id in Auth0 (Id in a dashboard export)',
} as const

/** Whether a record says who it is of. */
function hasId({ user_id }: JsonObject): boolean {
  return typeof user_id === 'string' && user_id !== ''
}
