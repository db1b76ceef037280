import { createHash } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { sourceFile } from '../csv/file.ts'
import { textOption } from '../csv/options.ts'
import type { Snapshot, SnapshotRow } from '../snapshot/snapshot.ts'
import { type ReadContext, ROW_LINE, type Source, type SourceRecord, type StreamCount } from '../source.ts'
import { Credentials } from './credentials.ts'
import { JoinedFile, type JoinedFormat, writtenAs } from './joined-file.ts'
import { exportFormat, joinedFormats } from './joined-formats.ts'
import { Members } from './members.ts'
import { CONNECTIONS, MEMBERSHIPS, ORGANIZATION_ROLES, ORGANIZATIONS, USERS } from './objects.ts'
import { liveOptions } from './options.ts'
import { switchedOff } from './switched-off.ts'
import { organizationRecord, plainRecord, userRecord } from './user-record.ts'

/** The main streams, and the lists of the API that they are. */
const PLACES = {
  [USERS]: 'users',
  [ORGANIZATIONS]: 'organizations',
  [ORGANIZATION_ROLES]: 'organization_roles',
  [CONNECTIONS]: 'enterprise_connections',
} as const

type Main = keyof typeof PLACES

const NOT_READ = {
  place: 'in the instance',
  hint: 'the user was deleted in Clerk since the file was made: remove the row, or make the file again',
}

/** An instance that was read into a snapshot; the dashboard's export, if there is one, is joined to it on `id`. */
export function openLive(config: Record<string, unknown>, context: ReadContext): Source {
  const { baseUrl, organizations, connections, updatedSince } = liveOptions(config)
  const partial = updatedSince !== undefined
  const place = (list: string) => `${new URL(baseUrl).host}/v1/${list}`
  const open = ({ stream, ...format }: JoinedFormat, option: string) => {
    const name = textOption(config, option)
    if (name === undefined) return []
    const file = sourceFile(name, context.directory)
    return [new JoinedFile({ stream, ...format }, file, context, writtenAs(config))]
  }
  const [exported] = open(exportFormat, 'users')
  const files = joinedFormats.flatMap((format) => open(format, format.stream))
  const everyFile = exported === undefined ? files : [...files, exported]
  const members = organizations ? new Members(context, place('organization_memberships')) : undefined
  const credentials = new Credentials(textOption(config, 'users'))
  const mains: Main[] = [
    USERS,
    ORGANIZATIONS,
    ...(organizations ? ([ORGANIZATION_ROLES] as const) : []),
    ...(connections ? ([CONNECTIONS] as const) : []),
  ]
  const read: Record<Main, number> = { [USERS]: 0, [ORGANIZATIONS]: 0, [ORGANIZATION_ROLES]: 0, [CONNECTIONS]: 0 }

  /** The rows of everything that belongs to these users, under the names of the streams. */
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
      // Organizations first: where a membership tells their name differently, their own counts.
      yield* chunks(ORGANIZATIONS, (rows) => rows.map(organizationRecord))
      yield* chunks(ORGANIZATION_ROLES, (rows) => rows.map(plainRecord))
      yield* chunks(USERS, (rows) => join(rows.map(userRecord)))
      const inactive: JsonObject[] = []
      yield* chunks(CONNECTIONS, (rows) => {
        inactive.push(...rows.filter(({ active }) => active === false))
        return rows.map(plainRecord)
      })
      if (inactive.length > 0) context.warn(switchedOff(inactive))
      members?.rejectUnused()
      // Of a part of the users it is not known which rows belong to nobody.
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
