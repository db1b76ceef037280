import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import { ROW_FILE, ROW_LINE } from '../source.ts'
import { userColumns } from './columns.ts'

/**
 * Puts together what the API and the dashboard's export tell of a user. The API is the later of the two and wins, except in what
 * it does not tell: password digests and TOTP secrets. Keeps count of what is missing, and of whom Clerk does not let in.
 */
export class Credentials {
  readonly #file: string | undefined
  #users = 0
  #notExported = 0
  #passwords = 0
  #totp = 0
  #banned = 0

  /** @param file the export, as written in the manifest, if there is one */
  constructor(file: string | undefined) {
    this.#file = file
  }

  /** @param row of the export */
  join(user: JsonObject, row: JsonObject | undefined): JsonObject {
    this.#users++
    if (user.banned === true) this.#banned++
    if (this.#file !== undefined && row === undefined) this.#notExported++
    const joined = row === undefined ? user : { ...ownColumns(row), ...user }
    if (user.password_enabled === false) {
      delete joined.password_digest
      delete joined.password_hasher
    } else if (user.password_enabled === true && joined.password_digest === undefined) this.#passwords++
    if (user.totp_enabled === false) delete joined.totp_secret
    else if (user.totp_enabled === true && joined.totp_secret === undefined) this.#totp++
    return joined
  }

  /** What is missing, once every user has come. */
  warnings(): Problem[] {
    const warnings: Problem[] = []
    if (this.#notExported > 0) {
      warnings.push({
        code: 'users_not_in_export',
        severity: 'warning',
        message: `${this.#notExported} of ${this.#users} users of the API are not in ${this.#file}: they came after it was made`,
        hint: 'export again (Clerk dashboard, Settings, User exports) to have their passwords as well',
        at: { file: this.#file ?? '' },
      })
    }
    if (this.#passwords > 0 || this.#totp > 0) {
      const lacking = [
        this.#passwords > 0 ? `password digests of ${this.#passwords}` : '',
        this.#totp > 0 ? `TOTP secrets of ${this.#totp}` : '',
      ].filter((part) => part !== '')
      const export_ = this.#file === undefined ? 'name the dashboard export as source.users' : 'export again'
      warnings.push({
        code: 'credentials_missing',
        severity: 'warning',
        message: `${lacking.join(' and ')} of ${this.#users} users are missing, which the API never tells: they will set a new password, or enrol again`,
        hint: `${export_}: the CSV file of Clerk's dashboard has them (Settings, User exports)`,
      })
    }
    if (this.#banned > 0) {
      warnings.push({
        code: 'users_banned',
        severity: 'warning',
        message: `${this.#banned} of ${this.#users} users are banned in Clerk: the recipe leaves them out, since WorkOS would let them in`,
        hint: 'to migrate them all the same, set when: "true" under map.user, map.membership, map.organization and map.roleAssignment',
      })
    }
    return warnings
  }
}

/** Columns of the export that are not the API's to tell: credentials, and what someone added. */
function ownColumns(row: JsonObject): JsonObject {
  const own: JsonObject = {}
  for (const [column, value] of Object.entries(row)) if (!TOLD_BY_API.has(column)) own[column] = value
  return own
}

/** Columns whose values are the export's own. */
const OWN = ['id', 'external_id', 'totp_secret', 'password_digest', 'password_hasher']

/** Columns of the export that the API tells as well: one that is empty there has become empty since. */
const TOLD_BY_API: ReadonlySet<string> = new Set([
  ROW_FILE,
  ROW_LINE,
  ...userColumns.known.filter((column) => !OWN.includes(column)),
])
