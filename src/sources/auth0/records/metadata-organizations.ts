import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import type { MetadataPaths } from '../options/options.ts'

/** The memberships that a user's metadata tells of: one for each id, or for each name where there are no ids. */
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

/** Gives a user the memberships that its metadata tells of; none where nobody asked for them. */
export function addMemberships(
  user: JsonObject,
  line: number,
  paths: MetadataPaths,
  named: NamedOrganizations | undefined,
): void {
  const memberships = named === undefined ? [] : membershipsIn(user, paths)
  user.memberships = memberships
  named?.add(memberships, line)
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
  for (const name of path.split('.')) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

/** The different organizations that metadata names, each with where it was named first, on disk. */
export class NamedOrganizations {
  readonly #database = new DatabaseSync('')
  readonly #insert: StatementSync

  constructor() {
    this.#database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4096')
    this.#database.exec('CREATE TABLE named (id INTEGER PRIMARY KEY, data TEXT UNIQUE NOT NULL, line INTEGER NOT NULL)')
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO named (data, line) VALUES (?, ?)')
  }

  add(memberships: readonly JsonObject[], line: number): void {
    for (const { organization } of memberships) this.#insert.run(JSON.stringify(organization), line)
  }

  *all(): Iterable<{ line: number; data: JsonObject }> {
    const rows = this.#database.prepare('SELECT data, line FROM named ORDER BY id').iterate()
    for (const { data, line } of rows) yield { line: Number(line), data: JSON.parse(String(data)) }
  }

  close(): void {
    this.#database.close()
  }
}
