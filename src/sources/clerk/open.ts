/**
 * The `clerk` source. In: an instance that capture/ reads into a snapshot, the dashboard's export,
 * or both, and additional files. Out: users with their memberships and roles, organizations, roles,
 * connections (records/).
 */

import { createHash } from 'node:crypto'
import type { Problem } from '../../diagnostics/problem.ts'
import { roleDefinitionFile, withRoleFiles } from '../csv/role-files.ts'
import { type CsvRecord, CsvStream, checkCsvFile, columnsOf } from '../csv/stream.ts'
import { inTurn } from '../in-order.ts'
import { sourceParts } from '../parts.ts'
import {
  type ReadContext,
  requireNone,
  type Source,
  type SourceDefinition,
  type SourcePart,
  type SourceRecord,
  type Threads,
} from '../source.ts'
import { checkRecords } from '../text/check-records.ts'
import { type SourceFile, sourceFile } from '../text/file.ts'
import { Numbering } from '../text/numbering.ts'
import { numbered, type RecordFile } from '../text/record-file.ts'
import { type ClerkOptions, checkOptions, identity, isLive } from './options.ts'
import { JoinedFile, joinedFormats, putJoined, userColumns, userRule, writtenAs } from './records/from-files.ts'
import { isJson, jsonUsers } from './records/from-json.ts'
import { openLive } from './records/from-snapshot.ts'
import { CONNECTIONS, INVITATIONS, ORGANIZATION_ROLES, ORGANIZATIONS, USERS } from './streams.ts'

/**
 * A Clerk instance: its Backend API, the dashboard's export, or both, with the rows of optional
 * files joined to each user.
 */
const instanceSource: SourceDefinition<ClerkOptions> = {
  type: 'clerk',
  files: (config) =>
    ([USERS, ...joinedFormats.map(({ stream }) => stream)] as const).flatMap((key) => config[key] ?? []),
  async check(config, directory) {
    const problems: Problem[] = checkOptions(config)
    for (const { stream, columnSpec } of [{ stream: USERS, columnSpec: userColumns } as const, ...joinedFormats]) {
      const name = config[stream]
      if (name === undefined) continue
      if (stream === USERS && isJson(name)) {
        const file = sourceFile(name, directory)
        const own = { stream, file, role: 'main', maxRecordBytes: config.maxRecordBytes } as const
        problems.push(...(await checkRecords(file, directory, (context) => jsonUsers(own, context))))
        continue
      }
      problems.push(...(await checkCsvFile(sourceFile(name, directory), columnSpec, writtenAs(config, stream))))
    }
    return problems
  },
  async columns(config, directory) {
    const { users: name } = config
    if (name === undefined || isLive(config) || isJson(name)) return new Map()
    const columns = await columnsOf(sourceFile(name, directory), writtenAs(config, USERS))
    const joined = joinedFormats.map(({ stream }) => stream)
    return new Map(columns === undefined ? [] : [[USERS, [...columns, ...joined]]])
  },
  live: {
    applies: isLive,
    identity,
    capture: async (...reading) => (await import('./capture/capture.ts')).captureClerk(...reading),
    tryCredentials: async (...trying) => (await import('./capture/capture.ts')).tryCredentials(...trying),
  },
  open(config, context) {
    requireNone(checkOptions(config))
    return isLive(config) ? openLive(config, context) : openFiles(config, context)
  },
}

/** Adds a file of role definitions. */
export const clerkSource: SourceDefinition = withRoleFiles(instanceSource, [roleDefinitionFile])

function openFiles(config: ClerkOptions, context: ReadContext): Source {
  const file = sourceFile(config.users ?? '', context.directory)
  const { maxRecordBytes } = config
  const own = { stream: USERS, file, role: 'main' } as const
  const users = isJson(file.name)
    ? jsonUsers({ ...own, maxRecordBytes }, context)
    : new CsvStream({ ...own, columnSpec: userColumns, rule: userRule, ...writtenAs(config, USERS) }, context)
  const { numbering = new Numbering() } = context
  const files = joinedFormats.flatMap((format) => {
    const name = config[format.stream]
    if (name === undefined) return []
    return new JoinedFile(format, sourceFile(name, context.directory), context, writtenAs(config, format.stream))
  })
  return {
    // Rows of memberships contain their organizations. The streams that only the API has are empty.
    streams: [
      USERS,
      ORGANIZATIONS,
      ORGANIZATION_ROLES,
      CONNECTIONS,
      INVITATIONS,
      ...files.map(({ format }) => format.stream),
    ],
    read: (chunkSize) => read(users, file, files, chunkSize, numbering),
    parts: (size, threads) => parts(users, file, files, { size, threads, numbering }),
    counts: () => [users.count(), ...files.map((joinedFile) => joinedFile.count())],
    digest() {
      const whole = createHash('sha256').update(`${USERS} ${users.digest()}\n`)
      for (const joinedFile of files) whole.update(`${joinedFile.format.stream} ${joinedFile.digest()}\n`)
      return whole.digest('hex')
    },
  }
}

async function* read(
  users: RecordFile,
  file: SourceFile,
  files: readonly JoinedFile[],
  chunkSize: number,
  numbering: Numbering,
): AsyncGenerator<SourceRecord[]> {
  try {
    for (const joinedFile of files) await joinedFile.load()
    yield* numbered(withJoined(users.records(), files), { stream: USERS, file: file.name }, chunkSize, numbering)
    for (const joinedFile of files) joinedFile.rejectUnused()
  } finally {
    for (const joinedFile of files) joinedFile.close()
  }
}

async function* withJoined(
  users: AsyncIterable<CsvRecord[]>,
  files: readonly JoinedFile[],
): AsyncGenerator<CsvRecord[]> {
  for await (const batch of users) yield attach(batch, files)
}

function attach(batch: CsvRecord[], files: readonly JoinedFile[]): CsvRecord[] {
  const own = batch.map(({ data }) => data)
  putJoined(
    own,
    files.map((joinedFile) => ({ stream: joinedFile.format.stream, rows: joinedFile.of(own) })),
  )
  return batch
}

async function* parts(
  users: RecordFile,
  file: SourceFile,
  files: readonly JoinedFile[],
  { size, threads, numbering }: { size: number; threads: Threads; numbering: Numbering },
): AsyncGenerator<SourcePart> {
  const close = () => {
    for (const joinedFile of files) joinedFile.close()
  }
  let hasEnded = false
  try {
    await inTurn(files.map((joinedFile) => (turn) => joinedFile.loadIn(threads, size, turn)))
    const joined = files.map((joinedFile) => joinedFile.joined())
    const own = { reader: 'clerk', stream: USERS, file: file.name, joined } as const
    yield* sourceParts(users.parts(size), { ...own, attach: (batch) => attach(batch, files) }, numbering)
    hasEnded = true
    yield {
      step() {
        for (const joinedFile of files) joinedFile.rejectUnused()
        close()
      },
    }
  } finally {
    if (!hasEnded) close()
  }
}
