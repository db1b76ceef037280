import { stringify } from 'csv-stringify/sync'
import { isObject } from '../../../src/json.ts'
import { hashOf } from '../random.ts'
import type { Auth0User } from './objects.ts'

/** A column of an export. */
export interface ExportField {
  /** A path such as `user_metadata.country` or `identities[0].connection`. */
  name: string
  export_as?: string
}

/** The default fields of an export: no metadata, no phone number. */
const DEFAULT_FIELDS: ExportField[] = [
  'user_id',
  'email',
  'email_verified',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'picture',
  'created_at',
  'updated_at',
].map((name) => ({ name }))

/** The order of an export: fixed, but unsorted. */
export function exportOrder(users: readonly Auth0User[]): Auth0User[] {
  return users
    .map((user) => ({ user, place: hashOf(user.user_id) }))
    .sort((a, b) => a.place - b.place)
    .map(({ user }) => user)
}

/** NDJSON with only the requested fields. */
export function exportJson(users: readonly Auth0User[], fields: readonly ExportField[] = DEFAULT_FIELDS): string[] {
  return users.map((user) => {
    const line: Record<string, unknown> = {}
    for (const { name, export_as } of fields) {
      const value = at(user, name)
      if (value !== undefined) line[export_as ?? name] = value
    }
    return JSON.stringify(line)
  })
}

/** CSV with a `'` before every text, which protects it from formulas in spreadsheets. */
export function exportCsv(users: readonly Auth0User[], fields: readonly ExportField[] = DEFAULT_FIELDS): string {
  const rows = users.map((user) =>
    fields.map(({ name }) => {
      const value = at(user, name)
      if (typeof value === 'string') return `'${value}`
      return value === undefined || typeof value === 'object' ? '' : String(value)
    }),
  )
  return stringify([fields.map(({ name, export_as }) => export_as ?? name), ...rows])
}

/** The export of the dashboard extension: display names as keys. */
export function dashboardFile(users: readonly Auth0User[]): string {
  const lines = exportOrder(users).map((user) =>
    JSON.stringify({
      Id: user.user_id,
      'Given Name': user.given_name,
      'Family Name': user.family_name,
      Nickname: user.nickname,
      Name: user.name,
      Email: user.email,
      'Email Verified': user.email_verified,
      Picture: user.picture,
      Connection: user.identities[0]?.connection,
      'Created At': user.created_at,
      'Updated At': user.updated_at,
    }),
  )
  return `${lines.join('\n')}\n`
}

function at(user: Auth0User, path: string): unknown {
  let value: unknown = user
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (index !== undefined && Array.isArray(value)) value = value[Number(index)]
    else if (name !== undefined && isObject(value)) value = value[name]
    else return undefined
  }
  return value
}
