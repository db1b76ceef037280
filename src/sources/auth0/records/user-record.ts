import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { parseJsonText } from '../../../json-text.ts'
import { USER_FIELDS } from '../user-fields.ts'

/** Names under which a dashboard export has what the API calls otherwise; the others differ by blanks and capitals alone. */
const DISPLAY_NAMES: Readonly<Record<string, string>> = { id: 'user_id', phone: 'phone_number' }
const KNOWN: ReadonlySet<string> = new Set([...USER_FIELDS, 'connection'])
/** Fields whose cells of CSV hold true or false. */
const BOOLEAN: ReadonlySet<string> = new Set(['email_verified', 'phone_verified', 'blocked'])
/** Fields whose cells hold JSON. */
const STRUCTURED: ReadonlySet<string> = new Set(['identities', 'app_metadata', 'user_metadata', 'multifactor'])

/**
 * A user as the API describes it, from wherever it comes: a dashboard export has display names as keys, ids of identity providers may be
 * numbers, and a file may say nothing of identities, which the user's own id then tells.
 */
export function userRecord(data: JsonObject): JsonObject {
  const user: JsonObject = {}
  for (const [name, value] of Object.entries(data)) {
    const field = fieldName(name)
    if (field === name || data[field] === undefined) user[field] = value
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
  // The providers of social accounts are the names of their connections; databases and enterprises have names of their own.
  const isSocial = connection === null ? undefined : connection === provider
  const known = { provider, user_id: id, connection: connection ?? (provider === 'auth0' ? null : provider) }
  return [isSocial === undefined ? known : { ...known, isSocial }]
}

/**
 * A user from a row of CSV, in which a `'` stands before texts (so that spreadsheets take none for a formula), dots in names mean members, and
 * some cells hold JSON.
 */
export function userFromCsv(row: JsonObject): JsonObject {
  const user: JsonObject = {}
  for (const [column, cell] of Object.entries(row)) {
    const text = withoutMark(String(cell))
    if (text === '') continue
    const path = pathOf(column)
    put(user, path, cellValue(fieldName(path.join('.')), text))
  }
  return user
}

/** A row of CSV without the `'` that may stand before texts; dots in names mean members here as well. */
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
  const parsed = parseJsonText(text)
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
