import { isObject, type Json, type JsonObject } from '../../../json.ts'
import type { Refused } from '../../csv/format.ts'
import { jsonDocument } from '../../json/document.ts'
import { isOverLines, ndjson } from '../../json/lines.ts'
import type { ReadContext, StreamCount } from '../../source.ts'
import { chain } from '../../text/bytes.ts'
import type { SourceFile } from '../../text/file.ts'
import { type LineRecord, type RecordFile, TextFile, type TextFormat } from '../../text/record-file.ts'
import { SEPARATOR, userRecord } from '../streams.ts'

/**
 * Users of Clerk in JSON, from its support, its API or its migration tool. In: a file in one of
 * these forms, which differ in member names and lists of addresses. Out: users with the columns of
 * the dashboard's export, so that one mapping works for all.
 */

/** Whether the file name has a JSON extension. */
export function isJson(file: string): boolean {
  return /\.(json|ndjson|jsonl)(\.(gz|zst|zstd))?$/i.test(file)
}

interface JsonUsersOptions {
  stream: string
  file: SourceFile
  role: StreamCount['role']
  maxRecordBytes: number | undefined
}

/**
 * The users of a JSON file: a list, documents with the list under `data` or `users`, one user per
 * line, or one user per document.
 */
export function jsonUsers(options: JsonUsersOptions, context: ReadContext): RecordFile {
  const text = new TextFile({ ...options, format: anyJson }, context)
  const take = (batch: readonly LineRecord[]) => {
    const refused: Refused[] = []
    const users = usersIn(batch, refused)
    const refuse = () => {
      for (const { line, problem } of refused) text.reject(line, problem)
    }
    return { users, refuse }
  }
  return {
    async *records() {
      for await (const batch of text.records()) {
        const { users, refuse } = take(batch)
        refuse()
        yield users
      }
    },
    async *parts(size) {
      for await (const part of text.parts(size)) {
        if (!('records' in part)) yield part
        else {
          const { users, refuse } = take(part.records)
          yield { step: refuse }
          yield { records: users }
        }
      }
    },
    reject: (line, refusal) => text.reject(line, refusal),
    count: () => text.count(),
    digest: () => text.digest(),
  }
}

/** The users among the records of a file. @param refused collects those without an ID */
export function usersIn(records: readonly LineRecord[], refused: Refused[]): LineRecord[] {
  return records.flatMap(({ data, ...place }) => {
    const user = exportedUser(data)
    if (user.id !== undefined) return [{ ...place, data: user }]
    refused.push({ line: place.line, problem: NO_ID })
    return []
  })
}

const NO_ID = {
  code: 'missing_key',
  message: 'the user has no id',
  hint: 'add id or userId; every Clerk user has one',
}

/** Beginning of a document with its list under a name. */
const NAMED_LIST = /^\s*\{\s*"(data|users)"\s*:\s*\[/

/** Number of characters that show how a document begins. */
const HEAD = 1024

const anyJson: TextFormat = {
  async *read(text, sink, begun) {
    if (begun !== undefined) return yield* ndjson.read(text, sink, begun)
    const { format, whole } = await recognise(text)
    yield* format.read(whole, sink)
  },
  async *cut(text, sink, size) {
    const { format, whole } = await recognise(text)
    return format.cut === undefined ? { text: whole } : yield* format.cut(whole, sink, size)
  },
}

async function recognise(text: AsyncGenerator<Buffer>): Promise<{ format: TextFormat; whole: AsyncGenerator<Buffer> }> {
  let start: Buffer = Buffer.alloc(0)
  while (start.toString().trim().length < HEAD) {
    const next = await text.next()
    if (next.done) break
    start = Buffer.concat([start, next.value])
  }
  const head = start.toString()
  return { format: formatOf(head), whole: start.length > 0 ? chain(start, text) : text }
}

function formatOf(head: string): TextFormat {
  const [, name] = NAMED_LIST.exec(head) ?? []
  if (name !== undefined) return jsonDocument([name])
  if (!head.trimStart().startsWith('{')) return jsonDocument(undefined)
  return isOverLines(head) ? jsonDocument([]) : ndjson
}

/**
 * The migration tool's names for the columns of the dashboard's export:
 * https://github.com/clerk/migration-script
 */
const OF_THE_TOOL: Readonly<Record<string, string>> = {
  userId: 'id',
  email: 'primary_email_address',
  emailAddresses: 'verified_email_addresses',
  unverifiedEmailAddresses: 'unverified_email_addresses',
  firstName: 'first_name',
  lastName: 'last_name',
  password: 'password_digest',
  passwordHasher: 'password_hasher',
  phone: 'primary_phone_number',
  phoneNumbers: 'verified_phone_numbers',
  unverifiedPhoneNumbers: 'unverified_phone_numbers',
  totpSecret: 'totp_secret',
  publicMetadata: 'public_metadata',
  privateMetadata: 'private_metadata',
  unsafeMetadata: 'unsafe_metadata',
  createdAt: 'created_at',
}

/** Members whose first value is primary, if no member names the primary one. */
const FIRST_OF = [
  ['primary_email_address', ['email_addresses', 'verified_email_addresses', 'unverified_email_addresses']],
  ['primary_phone_number', ['phone_numbers', 'verified_phone_numbers', 'unverified_phone_numbers']],
] as const

/** A user of a JSON file with the columns of the dashboard's export. Omits empty members. */
export function exportedUser(data: JsonObject): JsonObject {
  const isOfApi = [data.email_addresses].flat().some((address) => isObject(address))
  if (isOfApi) return userRecord(data)
  const user: JsonObject = {}
  for (const [name, value] of Object.entries(data)) {
    const column = Object.hasOwn(OF_THE_TOOL, name) ? (OF_THE_TOOL[name] ?? name) : name
    const cell = CELLS.has(column) ? cellOf(value) : value
    if (cell === null || cell === '' || user[column] !== undefined) continue
    user[column] = cell
  }
  // The tool treats the first of several addresses as primary. The others are kept as unverified.
  const others = Array.isArray(data.email) ? data.email.slice(1) : []
  if (others.length > 0 && user.unverified_email_addresses === undefined) {
    const rest = cellOf(others.filter((address) => !valuesIn(user.verified_email_addresses).includes(String(address))))
    if (rest !== '') user.unverified_email_addresses = rest
  }
  for (const [primary, lists] of FIRST_OF) {
    const given = [user[primary], ...lists.map((name) => user[name])].find((cell) => typeof cell === 'string')
    const [first] = valuesIn(given)
    if (first !== undefined) user[primary] = first
  }
  return user
}

/** Columns with several values in a cell. */
const CELLS: ReadonlySet<string> = new Set(FIRST_OF.flatMap(([primary, lists]) => [primary, ...lists]))

/** A list of texts as a cell of the dashboard's export. */
function cellOf(value: Json): Json {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '').join(SEPARATOR) : value
}

function valuesIn(cell: Json | undefined): string[] {
  if (typeof cell !== 'string') return []
  return cell.split(/[|,;]/).flatMap((value) => (value.trim() === '' ? [] : [value.trim()]))
}
