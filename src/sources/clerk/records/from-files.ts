import type { Problem } from '../../../diagnostics/problem.ts'
import type { JsonObject } from '../../../json.ts'
import type { RowRule } from '../../csv/rows.ts'
import { type ColumnSpec, type CsvRecord, CsvStream, type CsvStreamOptions } from '../../csv/stream.ts'
import { inTurnOf, type Turn } from '../../in-order.ts'
import { JoinedRows, JoinTable } from '../../join/join-table.ts'
import { pieceOf } from '../../parts.ts'
import type { PieceReader } from '../../piece-reader.ts'
import {
  type JoinedPart,
  type JoinRow,
  nullsOption,
  type PieceJoin,
  type ReadContext,
  ROW_LINE,
  type StreamCount,
  skippedLines,
  type Threads,
} from '../../source.ts'
import type { SourceFile } from '../../text/file.ts'
import type { RecordFile } from '../../text/record-file.ts'
import type { ClerkOptions } from '../options.ts'
import { isJson, jsonUsers, usersIn } from './from-json.ts'

/** A file whose rows belong to users. */
export interface JoinedFormat {
  stream: string
  columnSpec: ColumnSpec
  rule: RowRule
  /** The user of a row, as one of `userKeys`: `<kind of ID>:<ID>`. */
  rowKey(data: JsonObject): string
  /** The keys by which rows can refer to a user. */
  userKeys(user: JsonObject): string[]
}

/** How a CSV file of the source is written. */
export type Written = Pick<CsvStreamOptions, 'dialect' | 'nulls' | 'ragged'>

/** See Written. @param file the option of the file */
export function writtenAs(config: ClerkOptions, file: string): Written {
  const { delimiter, quote, skipLines, ragged, maxRecordBytes, nulls } = config
  return {
    dialect: {
      delimiter,
      quote,
      escape: config.escape,
      skipLines: skippedLines(skipLines, file, 'users'),
      maxRecordBytes,
    },
    nulls: nullsOption(nulls),
    ragged,
  }
}

const IN_FILE = {
  place: 'in the users file',
  hint: 'check that the export contains this user, that its row is not rejected, and that the IDs match exactly',
}

/** Stores the rows of one file until their users are read. */
export class JoinedFile {
  readonly format: JoinedFormat
  readonly #rows: RecordFile
  readonly #context: ReadContext
  /** Kinds of IDs in the file. Other kinds need no lookup. */
  readonly #kinds = new Set<string>()
  #table: JoinTable | JoinedRows | undefined

  constructor(format: JoinedFormat, file: SourceFile, context: ReadContext, written: Written = {}) {
    const { stream, columnSpec, rule } = format
    this.format = format
    this.#rows = isJson(file.name)
      ? jsonUsers({ stream, file, role: 'joined', maxRecordBytes: written.dialect?.maxRecordBytes }, context)
      : new CsvStream({ stream, file, role: 'joined', columnSpec, rule, ...written }, context)
    this.#context = context
  }

  async load(): Promise<void> {
    const table = new JoinTable(this.#context.scratch, this.format.stream, this.#rows.count().file)
    this.#table = table
    for await (const records of this.#rows.records()) table.load(this.#keyed(records))
    table.finish()
  }

  /** Loads the rows in another thread, in pieces of at most `size` rows. */
  async loadIn(threads: Threads, size: number, turn: Turn): Promise<void> {
    const { stream } = this.format
    const file = this.#rows.count().file
    const place = { folder: this.#context.scratch, name: stream, file }
    this.#table = JoinedRows.open(await threads.load(place, inTurnOf(turn, this.#parts(size))))
  }

  async *#parts(size: number): AsyncGenerator<JoinedPart> {
    const of = { reader: 'clerk', stream: this.format.stream, file: this.#rows.count().file } as const
    for await (const part of this.#rows.parts(size)) {
      if ('step' in part) yield part
      else if ('records' in part) yield { rows: this.#keyed(part.records) }
      else {
        const { settle } = part
        yield {
          piece: pieceOf(part, of, 0),
          settle: (found) => {
            settle(found)
            for (const kind of found.kinds) this.#kinds.add(kind)
          },
        }
      }
    }
  }

  #keyed(records: readonly CsvRecord[]): JoinRow[] {
    const { rows, kinds } = keyedRows(this.format, records)
    for (const kind of kinds) this.#kinds.add(kind)
    return rows
  }

  /** The rows, for other threads. */
  joined(): PieceJoin {
    const table = this.#table
    if (!(table instanceof JoinedRows)) throw new Error('the rows have not been loaded by another thread')
    return { stream: this.format.stream, table: table.table, kinds: [...this.#kinds] }
  }

  /** For each user, its rows in the order of the file. */
  of(users: readonly JsonObject[]): JsonObject[][] {
    return rowsOfUsers(users, this.format, this.#kinds, (keys) => this.#table?.take(keys) ?? [])
  }

  /** Rejects every row without a user. @param where users come from */
  rejectUnused(where: { place: string; hint: string } = IN_FILE): void {
    for (const { key, line } of this.#table?.unused() ?? []) {
      this.#rows.reject(line, {
        code: 'no_such_user',
        message: `there is no user "${key.slice(kindOf(key).length + 1)}" ${where.place}`,
        hint: where.hint,
      })
    }
  }

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

function keyedRows({ rowKey }: JoinedFormat, records: readonly CsvRecord[]): { rows: JoinRow[]; kinds: Set<string> } {
  const kinds = new Set<string>()
  const rows = records.map(({ line, data }) => {
    const key = rowKey(data)
    kinds.add(kindOf(key))
    return { key, line, data }
  })
  return { rows, kinds }
}

function rowsOfUsers(
  users: readonly JsonObject[],
  { userKeys }: JoinedFormat,
  kinds: ReadonlySet<string>,
  take: (keys: readonly string[]) => JsonObject[][],
): JsonObject[][] {
  const keys: string[] = []
  const ends = users.map((user) => {
    for (const key of userKeys(user)) if (kinds.has(kindOf(key))) keys.push(key)
    return keys.length
  })
  const found = take(keys)
  return ends.map((end, index) => {
    const begin = ends[index - 1] ?? 0
    const own = end - begin === 1 ? (found[begin] ?? []) : found.slice(begin, end).flat()
    return end - begin > 1 ? own.sort((a, b) => Number(a[ROW_LINE]) - Number(b[ROW_LINE])) : own
  })
}

/** Attaches its rows to every user: an array for each joined stream, even without a file. */
export function putJoined(
  users: readonly JsonObject[],
  found: readonly { stream: string; rows: readonly JsonObject[][] }[],
): void {
  for (const [index, data] of users.entries()) {
    for (const { stream } of joinedFormats) data[stream] = []
    for (const { stream, rows } of found) data[stream] = rows[index] ?? []
  }
}

/**
 * The dashboard's export (Clerk dashboard, Settings, User exports), and `external_id`, which you
 * can add.
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

const ORGANIZATION = ['org_id', 'org_external_id', 'org_name'] as const

/** Users and their organizations, which the dashboard's export lacks. */
const membershipColumns: ColumnSpec = {
  known: ['clerk_user_id', 'org_id', 'org_external_id', 'org_name', 'role_slugs'],
  required: [['clerk_user_id'], ORGANIZATION],
}

/** Users and their roles, in one organization or in all of the user's organizations. */
const roleColumns: ColumnSpec = {
  known: ['clerk_user_id', 'external_id', 'role_slug', 'org_id', 'org_external_id', 'org_name'],
  required: [['clerk_user_id', 'external_id'], ['role_slug']],
}

export const userRule: RowRule = (data) =>
  data.id === undefined
    ? { code: 'missing_key', message: 'the row has no id', hint: 'fill in id; every Clerk user has one' }
    : undefined

/**
 * A row with a written null for its organization means that the user is in none, and the recipe
 * leaves it out. A row with an empty cell is rejected.
 */
const membershipRule: RowRule = (data, isNull) => {
  if (data.clerk_user_id === undefined) return noUser('clerk_user_id')
  if (ORGANIZATION.some((column) => data[column] !== undefined)) return undefined
  const isInNone = data.role_slugs === undefined && ORGANIZATION.some(isNull)
  if (!isInNone) {
    return {
      code: 'missing_organization',
      message: 'the row does not name an organization',
      hint: 'fill in org_id, org_external_id or org_name',
    }
  }
  return undefined
}

const roleRule: RowRule = (data) => {
  if (data.clerk_user_id === undefined && data.external_id === undefined) return noUser('clerk_user_id or external_id')
  if (data.role_slug === undefined) {
    return { code: 'missing_role', message: 'the row does not name a role', hint: 'fill in role_slug' }
  }
  return undefined
}

function noUser(columns: string) {
  return { code: 'missing_key', message: 'the row does not name a user', hint: `fill in ${columns}` }
}

const memberships: JoinedFormat & { stream: 'memberships' } = {
  stream: 'memberships',
  columnSpec: membershipColumns,
  rule: membershipRule,
  rowKey: ({ clerk_user_id }) => `id:${clerk_user_id}`,
  userKeys: ({ id }) => [`id:${id}`],
}

/** A user's external ID is the column `external_id`, otherwise the Clerk ID, as in WorkOS. */
const roles: JoinedFormat & { stream: 'roles' } = {
  stream: 'roles',
  columnSpec: roleColumns,
  rule: roleRule,
  rowKey: ({ clerk_user_id, external_id }) =>
    clerk_user_id === undefined ? `external:${external_id}` : `id:${clerk_user_id}`,
  userKeys: ({ id, external_id }) => [`id:${id}`, `external:${external_id ?? id}`],
}

/** The files that can be joined to users. The option of each has the name of its stream. */
export const joinedFormats = [memberships, roles] as const

/** The rows of the files of an instance, for other threads. */
export const clerkReader: PieceReader = {
  rule: (stream) => formatOf(stream)?.rule ?? userRule,
  attach({ stream, joined, table }, written, find, { refused }) {
    const records = table === undefined ? usersIn(written, refused) : written
    if (formatOf(stream) !== undefined) return records
    const users = records.map(({ data }) => data)
    const found = joined.flatMap((join) => {
      const format = formatOf(join.stream)
      if (format === undefined) return []
      const rows = rowsOfUsers(users, format, new Set(join.kinds), (keys) => find(join).take(keys))
      return [{ stream: join.stream, rows }]
    })
    putJoined(users, found)
    return records
  },
  rows({ stream }, records, found) {
    const format = formatOf(stream)
    if (format === undefined) throw new Error(`${stream} is not a joined stream`)
    const { rows, kinds } = keyedRows(format, records)
    found.kinds = [...kinds]
    return rows
  },
}

function formatOf(stream: string): JoinedFormat | undefined {
  return joinedFormats.find((format) => format.stream === stream)
}

/** The dashboard's export, joined to the users of the API. */
export const exportFormat: JoinedFormat = {
  stream: 'export',
  columnSpec: userColumns,
  rule: userRule,
  rowKey: ({ id }) => `id:${id}`,
  userKeys: ({ id }) => [`id:${id}`],
}
