/**
 * Records of the `auth0` source. In: users of a snapshot (from-snapshot.ts) or of a file
 * (from-files.ts), and rows of side files (side-files.ts). Out: users in the form of Auth0's API,
 * with memberships; organizations, roles, connections; rejected records.
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
 * Column names of a dashboard export and their API names. Other columns differ only in blanks and
 * capitals.
 */
const DISPLAY_NAMES: Readonly<Record<string, string>> = { id: 'user_id', phone: 'phone_number' }
const KNOWN: ReadonlySet<string> = new Set([...USER_FIELDS, 'connection'])
/** Fields with true or false in CSV cells. */
const BOOLEAN: ReadonlySet<string> = new Set(['email_verified', 'phone_verified', 'blocked'])
/** Fields with JSON in CSV cells. In JSON, a text in one is an object or a list, encoded twice. */
const STRUCTURED: ReadonlySet<string> = new Set(['identities', 'app_metadata', 'user_metadata', 'multifactor'])

/**
 * A user in the form of the API. A dashboard export has display names as keys, provider IDs can be
 * numbers, and a file without identities leaves only the user's own ID.
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

/** `google-oauth2|1234`: the provider and the ID there. */
function identityOf({ user_id, connection = null }: JsonObject): JsonObject[] {
  const [, provider, id] = /^([^|]+)\|(.+)$/.exec(String(user_id ?? '')) ?? []
  if (provider === undefined || id === undefined) return []
  // A social connection has the name of its provider. Databases and enterprise connections do not.
  const isSocial = connection === null ? undefined : connection === provider
  const known = { provider, user_id: id, connection: connection ?? (provider === 'auth0' ? null : provider) }
  return [isSocial === undefined ? known : { ...known, isSocial }]
}

/**
 * A user from a row of CSV. A `'` before a text protects it from formulas in spreadsheets, dots in
 * column names mean nested keys, and some cells contain JSON.
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

/** A row of CSV without the `'` before texts. Dots in column names mean nested keys. */
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

/** Sets a value at a path of keys and list positions. */
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

/** The memberships in a user's metadata: one per ID, or one per name if there are no IDs. */
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
 * The users of records of a file or a snapshot, each with the memberships in its metadata.
 * @param found receives rejected records and the organizations in metadata
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

/** The value at the first path that has one, as a list of texts. */
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

/** Cached: there are few paths, and every user needs them. */
function stepsOf(path: string): string[] {
  const known = steps.get(path) ?? path.split('.')
  steps.set(path, known)
  return known
}

/** The different organizations in metadata, each with its first line. On disk. */
export class NamedOrganizations {
  readonly #database = openThrowaway('', { cacheKiB: 4096 })
  readonly #insert: StatementSync

  constructor() {
    this.#database.exec('CREATE TABLE named (id INTEGER PRIMARY KEY, data TEXT UNIQUE NOT NULL, line INTEGER NOT NULL)')
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO named (data, line) VALUES (?, ?)')
  }

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

/** Rows of side files. */
export interface Belongings {
  /** Adds its rows to each user. */
  join(users: readonly JsonObject[]): void
  /** The rows, to join them in other threads; undefined: there are none. */
  readonly onDisk: SideRowsOnDisk | undefined
}

/** The records of a tenant's snapshot or of a file. */
export interface Users {
  /** The file of the users in messages. */
  file: string
  /** All users, without rejecting or counting. */
  peek(): AsyncIterable<LineRecord[]>
  /** All users, each with its `memberships`. */
  users(): AsyncIterable<LineRecord[]>
  /** The users with their belongings, in parts of at most `size`; undefined if not divisible. */
  parts?(size: number, belongings: Belongings, numbering: Numbering): AsyncIterable<SourcePart>
  /** Only after the users have been read. */
  organizations(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** With their permissions; empty for a file. */
  roles(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** Empty without the option `connections`; only after the organizations have been read. */
  connections?(): AsyncIterable<{ file: string; records: LineRecord[] }>
  /** Empty without the option `invitations`. */
  invitations?(): AsyncIterable<{ file: string; records: LineRecord[] }>
  counts(): StreamCount[]
  digest(): string
  close(): void
}

const NO_ID = {
  code: 'missing_key',
  message: 'the user has no ID',
  hint: 'add user_id (Id in a dashboard export), which every Auth0 user has',
} as const

function hasId({ user_id }: JsonObject): boolean {
  return typeof user_id === 'string' && user_id !== ''
}
