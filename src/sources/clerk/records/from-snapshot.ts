/**
 * Records of the `clerk` source. In: an instance in a snapshot, and files (from-files.ts) whose
 * rows are joined to its users. Out: organizations and their roles, users with memberships and
 * credentials, connections, rejected rows, and the counts of each stream.
 */

import { createHash } from 'node:crypto'
import { counted } from '../../../diagnostics/printable.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { type InviteeForms, invitedAndKeptOut } from '../../invitees.ts'
import { JoinTable } from '../../join/join-table.ts'
import type { Snapshot, SnapshotRow } from '../../snapshot/snapshot.ts'
import { type ReadContext, ROW_FILE, ROW_LINE, type Source, type SourceRecord, type StreamCount } from '../../source.ts'
import { sourceFile } from '../../text/file.ts'
import { type ClerkOptions, liveOptions } from '../options.ts'
import {
  CONNECTIONS,
  GONE,
  INVITATIONS,
  MEMBERSHIPS,
  membershipRow,
  ORGANIZATION_ROLES,
  ORGANIZATIONS,
  organizationRecord,
  plainRecord,
  USERS,
  userRecord,
} from '../streams.ts'
import { exportFormat, JoinedFile, type JoinedFormat, joinedFormats, userColumns, writtenAs } from './from-files.ts'

/** The main streams, and their lists in the API. */
const PLACES = {
  [USERS]: 'users',
  [ORGANIZATIONS]: 'organizations',
  [ORGANIZATION_ROLES]: 'organization_roles',
  [CONNECTIONS]: 'enterprise_connections',
  [INVITATIONS]: 'invitations',
} as const

type Main = keyof typeof PLACES

const INVITEES: InviteeForms = {
  invitations: INVITATIONS,
  users: USERS,
  recipient: ({ email_address }) => String(email_address ?? ''),
  addresses: ({ email_addresses }) =>
    [email_addresses ?? []].flat().map((one) => (isObject(one) ? String(one.email_address ?? '') : '')),
  isKeptOut: ({ banned }) => banned === true,
}

const NOT_READ = {
  place: 'in the instance',
  hint: 'remove the row, or make the file again; the user was deleted in Clerk after the file was made',
}

/** Opens an instance in a snapshot. The dashboard's export, if any, is joined to it on `id`. */
export function openLive(config: ClerkOptions, context: ReadContext): Source {
  const { baseUrl, organizations, connections, invitations, updatedSince } = liveOptions(config)
  const partial = updatedSince !== undefined
  const place = (list: string) => `${new URL(baseUrl).host}/v1/${list}`
  const open = ({ stream, ...format }: JoinedFormat, option: 'users' | 'memberships' | 'roles') => {
    const name = config[option]
    if (name === undefined) return []
    const file = sourceFile(name, context.directory)
    return [new JoinedFile({ stream, ...format }, file, context, writtenAs(config, option))]
  }
  const [exported] = open(exportFormat, 'users')
  const files = joinedFormats.flatMap((format) => open(format, format.stream))
  const everyFile = exported === undefined ? files : [...files, exported]
  const members = organizations ? new Members(context, place('organization_memberships')) : undefined
  const credentials = new Credentials(config.users)
  const mains: Main[] = [
    USERS,
    ORGANIZATIONS,
    ...(organizations ? ([ORGANIZATION_ROLES] as const) : []),
    ...(connections ? ([CONNECTIONS] as const) : []),
    ...(invitations ? ([INVITATIONS] as const) : []),
  ]
  const read: Record<Main, number> = {
    [USERS]: 0,
    [ORGANIZATIONS]: 0,
    [ORGANIZATION_ROLES]: 0,
    [CONNECTIONS]: 0,
    [INVITATIONS]: 0,
  }

  /** The joined rows of these users, under the names of their streams. */
  const join = (users: JsonObject[]): JsonObject[] => {
    const found = [
      { stream: MEMBERSHIPS, rows: members?.of(users) ?? [] },
      ...files.map((file) => ({ stream: file.format.stream, rows: file.of(users) })),
    ]
    const rows = exported?.of(users) ?? []
    return users.map((user, index) => {
      const [row, ...more] = rows[index] ?? []
      for (const { [ROW_LINE]: line } of more) exported?.reject(Number(line), secondRow(String(user.id)))
      const record = credentials.join(user, row)
      for (const { stream } of joinedFormats) record[stream] = []
      for (const joined of found) if (joined.rows[index] !== undefined) record[joined.stream] = joined.rows[index]
      return record
    })
  }

  async function* records(chunkSize: number): AsyncGenerator<SourceRecord[]> {
    const snapshot = snapshotOf(context)
    let seq = 0
    async function* chunks(stream: Main, recordsOf: (rows: JsonObject[]) => JsonObject[]) {
      for await (const rows of inChunks(snapshot.read(stream, context.signal), chunkSize)) {
        read[stream] += rows.length
        const origin = (index: number) => ({ file: place(PLACES[stream]), line: rows[index]?.line })
        yield recordsOf(rows.map(({ data }) => data)).map(
          (data, index): SourceRecord => ({ seq: seq++, stream, origin: origin(index), data }),
        )
      }
    }
    try {
      for (const file of everyFile) await file.load()
      await members?.load(snapshot)
      // Organizations first: their own name wins over a different one in a membership.
      yield* chunks(ORGANIZATIONS, (rows) => rows.map(organizationRecord))
      yield* chunks(ORGANIZATION_ROLES, (rows) => rows.map(plainRecord))
      yield* chunks(USERS, (rows) => join(rows.map(userRecord)))
      const inactive: JsonObject[] = []
      yield* chunks(CONNECTIONS, (rows) => {
        inactive.push(...rows.filter(({ active }) => active === false))
        return rows.map(plainRecord)
      })
      if (inactive.length > 0) context.warn(switchedOff(inactive))
      const isBanned = await invitedAndKeptOut(snapshot, INVITEES, context.signal)
      yield* chunks(INVITATIONS, (rows) => rows.map((row) => ({ ...plainRecord(row), invitee_banned: isBanned(row) })))
      members?.rejectUnused()
      // Of a partial reading, it is unknown which rows have no user.
      if (!partial) for (const file of everyFile) file.rejectUnused(NOT_READ)
      for (const warning of credentials.warnings()) context.warn(warning)
    } finally {
      for (const file of everyFile) file.close()
      members?.close()
    }
  }

  return {
    streams: [
      ...new Set([
        USERS,
        ORGANIZATIONS,
        ORGANIZATION_ROLES,
        CONNECTIONS,
        INVITATIONS,
        ...(members ? [MEMBERSHIPS] : []),
        ...everyFile.map((file) => file.format.stream),
      ]),
    ],
    partial,
    read: records,
    counts: () => [
      ...mains.map((stream) => mainCount(stream, place(PLACES[stream]), read[stream])),
      ...(members === undefined ? [] : [members.count()]),
      ...everyFile.map((file) => file.count()),
    ],
    digest() {
      const whole = createHash('sha256').update(`snapshot ${snapshotOf(context).digest}\n`)
      for (const file of everyFile) whole.update(`${file.format.stream} ${file.digest()}\n`)
      return whole.digest('hex')
    },
  }
}

function snapshotOf({ snapshot }: ReadContext): Snapshot {
  if (snapshot === undefined) throw new Error('an instance is read from its snapshot')
  return snapshot
}

async function* inChunks(batches: AsyncIterable<SnapshotRow[]>, size: number): AsyncGenerator<SnapshotRow[]> {
  let chunk: SnapshotRow[] = []
  for await (const batch of batches) {
    for (const row of batch) {
      chunk.push(row)
      if (chunk.length < size) continue
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}

function mainCount(stream: string, file: string, read: number): StreamCount {
  return { stream, file, role: 'main', read, passed: read, rejected: 0 }
}

function secondRow(id: string) {
  return {
    code: 'second_row',
    message: `the export has a second row for the user "${id}"`,
    hint: 'remove one of the two rows',
  }
}

/** The memberships of a snapshot, waiting for their users. */
class Members {
  readonly #context: ReadContext
  readonly #file: string
  #table: JoinTable | undefined
  #read = 0
  #rejected = 0

  /** @param file the name of their place in messages */
  constructor(context: ReadContext, file: string) {
    this.#context = context
    this.#file = file
  }

  /** Omits memberships of users who were deleted while the instance was read. */
  async load(snapshot: Snapshot): Promise<void> {
    const { scratch, signal } = this.#context
    const gone = new Set<unknown>()
    for await (const rows of snapshot.read(GONE, signal)) for (const { data } of rows) gone.add(data.id)
    const listed = new Set<unknown>()
    for await (const rows of snapshot.read(ORGANIZATION_ROLES, signal))
      for (const { data } of rows) listed.add(data.key)
    this.#table = new JoinTable(scratch, MEMBERSHIPS, this.#file)
    for await (const rows of snapshot.read(MEMBERSHIPS, signal)) {
      const own = rows.filter(({ data }) => !gone.has(data.user_id))
      this.#read += own.length
      this.#table.load(
        own.map(({ line, data }) => ({ key: String(data.user_id), line, data: membershipRow(data, listed) })),
      )
    }
    this.#table.finish()
  }

  /** For each user, the rows of its memberships, oldest first. */
  of(users: readonly JsonObject[]): JsonObject[][] {
    return this.#table?.take(users.map(({ id }) => String(id))) ?? []
  }

  /** Rejects memberships without a user. */
  rejectUnused(): void {
    for (const { key, line } of this.#table?.unused() ?? []) {
      this.#rejected++
      const origin = { file: this.#file, line }
      const message = `there is no user "${key}" in the snapshot`
      const hint = 'add --fresh to read the instance again'
      this.#context.reject({
        stream: MEMBERSHIPS,
        origin,
        problem: { code: 'no_such_user', message, hint, at: origin },
      })
    }
  }

  count(): StreamCount {
    const passed = this.#read - this.#rejected
    return { stream: MEMBERSHIPS, file: this.#file, role: 'joined', read: this.#read, passed, rejected: this.#rejected }
  }

  close(): void {
    this.#table?.close()
  }
}

/**
 * Combines a user of the API with its row in the dashboard's export. The API is newer and wins,
 * except for data that it does not return: password digests and TOTP secrets. Counts missing
 * credentials and banned users.
 */
class Credentials {
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

  /** What is missing, once every user has been read. */
  warnings(): Problem[] {
    const warnings: Problem[] = []
    if (this.#notExported > 0) {
      warnings.push({
        code: 'users_not_in_export',
        severity: 'warning',
        message: `${this.#file} lacks ${this.#notExported} of the ${this.#users} users in the API: the export is older`,
        hint: 'export again (Clerk dashboard, Settings > User exports) to migrate their passwords too',
        at: { file: this.#file ?? '' },
      })
    }
    if (this.#passwords > 0 || this.#totp > 0) {
      const lacking = [
        this.#passwords > 0 ? `password digests of ${this.#passwords}` : '',
        this.#totp > 0 ? `TOTP secrets of ${this.#totp}` : '',
      ].filter((part) => part !== '')
      const export_ = this.#file === undefined ? 'set source.users to the dashboard export' : 'export again'
      warnings.push({
        code: 'credentials_missing',
        severity: 'warning',
        message: `${lacking.join(' and ')} of ${counted(this.#users, 'user')} are missing, because the API never returns them: these users must set a new password or enroll again`,
        hint: `${export_}: the CSV file from the Clerk dashboard contains them (Settings > User exports)`,
      })
    }
    if (this.#banned > 0) {
      warnings.push({
        code: 'users_banned',
        severity: 'warning',
        message: `${this.#banned} of ${counted(this.#users, 'user')} ${this.#banned === 1 ? 'is' : 'are'} banned in Clerk: the recipe leaves out banned users, because WorkOS would let them sign in`,
        hint: 'set when: "true" under map.user, map.membership, map.organization and map.roleAssignment to migrate them anyway',
      })
    }
    return warnings
  }
}

/** Columns that only the export has: credentials, and your own columns. */
function ownColumns(row: JsonObject): JsonObject {
  const own: JsonObject = {}
  for (const [column, value] of Object.entries(row)) if (!TOLD_BY_API.has(column)) own[column] = value
  return own
}

/** Columns whose values come from the export. */
const OWN = ['id', 'external_id', 'totp_secret', 'password_digest', 'password_hasher']

/**
 * Columns that the API also returns. If the API has no value, the export's value is out of date.
 */
const TOLD_BY_API: ReadonlySet<string> = new Set([
  ROW_FILE,
  ROW_LINE,
  ...userColumns.known.filter((column) => !OWN.includes(column)),
])

/** Number of names in a warning. */
const NAMED = 20

/** Warns of connections that are turned off, because the recipe leaves them out. */
function switchedOff(connections: readonly JsonObject[]): Problem {
  const names = connections.slice(0, NAMED).map(({ id, name }) => (name ? `${name} (${id})` : String(id)))
  const more = connections.length - names.length
  const are = connections.length === 1 ? '1 connection is' : `${connections.length} connections are`
  return {
    code: 'connections_inactive',
    severity: 'warning',
    message: `${are} turned off in Clerk: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}. The recipe leaves them out, because users could sign in through them in WorkOS`,
    hint: 'set when: "true" under map.connection to migrate them anyway',
  }
}
