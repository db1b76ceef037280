import type { Problem } from '../../../diagnostics/problem.ts'
import type { JsonObject } from '../../../json.ts'
import { type ColumnSpec, CsvStream, type CsvStreamOptions, oneOrganizationId, type RowRule } from '../../csv/stream.ts'
import { JoinTable } from '../../join/join-table.ts'
import { nullsOption, type ReadContext, ROW_LINE, type StreamCount } from '../../source.ts'
import type { SourceFile } from '../../text/file.ts'
import type { ClerkOptions } from '../options.ts'

/** A file whose rows belong to users. */
export interface JoinedFormat {
  stream: string
  columnSpec: ColumnSpec
  rule: RowRule
  /** Which user a row belongs to, as one of `userKeys` names it: `<kind of id>:<id>`. */
  rowKey(data: JsonObject): string
  /** The keys under which rows may mean a user. */
  userKeys(user: JsonObject): string[]
}

/** What the options say of how every CSV file of the source is written. */
export type Written = Pick<CsvStreamOptions, 'delimiter' | 'nulls'>

/** See Written. */
export function writtenAs(config: ClerkOptions): Written {
  return { delimiter: config.delimiter, nulls: nullsOption(config.nulls) }
}

const IN_FILE = {
  place: 'in the users file',
  hint: 'the user was left out of the export or its row was refused; the ids must be equal to the letter',
}

/** Holds the rows of one file until their users come by. */
export class JoinedFile {
  readonly format: JoinedFormat
  readonly #rows: CsvStream
  readonly #context: ReadContext
  /** Kinds of id that occur in the file: no other needs to be looked up. */
  readonly #kinds = new Set<string>()
  #table: JoinTable | undefined

  constructor(format: JoinedFormat, file: SourceFile, context: ReadContext, written: Written = {}) {
    const { stream, columnSpec, rule } = format
    this.format = format
    this.#rows = new CsvStream({ stream, file, role: 'joined', columnSpec, rule, ...written }, context)
    this.#context = context
  }

  async load(): Promise<void> {
    const table = new JoinTable(this.#context.scratch, this.format.stream, this.#rows.count().file)
    this.#table = table
    for await (const records of this.#rows.records()) {
      table.load(
        records.map(({ line, data }) => {
          const key = this.format.rowKey(data)
          this.#kinds.add(kindOf(key))
          return { key, line, data }
        }),
      )
    }
    table.finish()
  }

  /** For each user its rows in the order of the file. */
  of(users: readonly JsonObject[]): JsonObject[][] {
    const keys = users.map((user) => this.format.userKeys(user).filter((key) => this.#kinds.has(kindOf(key))))
    const found = this.#table?.take(keys.flat()) ?? []
    let at = 0
    return keys.map((own) => {
      const rows = found.slice(at, at + own.length).flat()
      at += own.length
      return own.length < 2 ? rows : rows.sort((a, b) => Number(a[ROW_LINE]) - Number(b[ROW_LINE]))
    })
  }

  /** Refuses every row whose user never came. `where` says where users come from. */
  rejectUnused(where: { place: string; hint: string } = IN_FILE): void {
    for (const { key, line } of this.#table?.unused() ?? []) {
      this.#rows.reject(line, {
        code: 'no_such_user',
        message: `there is no user "${key.slice(kindOf(key).length + 1)}" ${where.place}`,
        hint: where.hint,
      })
    }
  }

  /** Refuses one row. */
  reject(line: number, problem: Pick<Problem, 'code' | 'message' | 'hint'>): void {
    this.#rows.reject(line, problem)
  }

  count(): StreamCount {
    return this.#rows.count()
  }

  digest(): string {
    return this.#rows.digest()
  }

  close(): void {
    this.#table?.close()
  }
}

function kindOf(key: string): string {
  return key.slice(0, key.indexOf(':'))
}

/**
 * The dashboard's export (Clerk dashboard, Settings, User exports), and `external_id`, which some add from their own database.
 */
export const userColumns: ColumnSpec = {
  known: [
    'id',
    'external_id',
    'first_name',
    'last_name',
    'username',
    'primary_email_address',
    'primary_phone_number',
    'verified_email_addresses',
    'unverified_email_addresses',
    'verified_phone_numbers',
    'unverified_phone_numbers',
    'totp_secret',
    'password_digest',
    'password_hasher',
  ],
  required: [['id'], ['primary_email_address']],
}

/** Who belongs to which organization; the dashboard's export does not say. */
const membershipColumns: ColumnSpec = {
  known: ['clerk_user_id', 'org_id', 'org_external_id', 'org_name', 'role_slugs'],
  required: [['clerk_user_id'], ['org_id', 'org_external_id', 'org_name']],
}

/** Who has which role, in one organization or in all that the user belongs to. */
const roleColumns: ColumnSpec = {
  known: ['clerk_user_id', 'external_id', 'role_slug', 'org_id', 'org_external_id', 'org_name'],
  required: [['clerk_user_id', 'external_id'], ['role_slug']],
}

export const userRule: RowRule = (data) =>
  data.id === undefined
    ? { code: 'missing_key', message: 'the row has no id', hint: 'every user has an id in Clerk' }
    : undefined

const membershipRule: RowRule = (data) => {
  if (data.clerk_user_id === undefined) return noUser('clerk_user_id')
  if (data.org_id === undefined && data.org_external_id === undefined && data.org_name === undefined) {
    return {
      code: 'missing_organization',
      message: 'the row names no organization',
      hint: 'fill in org_id, org_external_id or org_name',
    }
  }
  return oneOrganizationId(data)
}

const roleRule: RowRule = (data) => {
  if (data.clerk_user_id === undefined && data.external_id === undefined) return noUser('clerk_user_id or external_id')
  if (data.role_slug === undefined) {
    return { code: 'missing_role', message: 'the row names no role', hint: 'fill in role_slug' }
  }
  return oneOrganizationId(data)
}

function noUser(columns: string) {
  return { code: 'missing_key', message: 'the row names no user', hint: `fill in ${columns}` }
}

const memberships: JoinedFormat & { stream: 'memberships' } = {
  stream: 'memberships',
  columnSpec: membershipColumns,
  rule: membershipRule,
  rowKey: ({ clerk_user_id }) => `id:${clerk_user_id}`,
  userKeys: ({ id }) => [`id:${id}`],
}

/** A user's external id is that of the column `external_id`, and its Clerk id where there is none: as WorkOS will have it. */
const roles: JoinedFormat & { stream: 'roles' } = {
  stream: 'roles',
  columnSpec: roleColumns,
  rule: roleRule,
  rowKey: ({ clerk_user_id, external_id }) =>
    clerk_user_id === undefined ? `external:${external_id}` : `id:${clerk_user_id}`,
  userKeys: ({ id, external_id }) => [`id:${id}`, `external:${external_id ?? id}`],
}

/** The files that may be joined to users, wherever those come from; an option of the stream's name gives each. */
export const joinedFormats = [memberships, roles] as const

/** The dashboard's export, joined to the users of the API. */
export const exportFormat: JoinedFormat = {
  stream: 'export',
  columnSpec: userColumns,
  rule: userRule,
  rowKey: ({ id }) => `id:${id}`,
  userKeys: ({ id }) => [`id:${id}`],
}
