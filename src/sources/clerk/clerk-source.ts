import { createHash } from 'node:crypto'
import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import { numbered } from '../chunks.ts'
import { type SourceFile, sourceFile } from '../csv/file.ts'
import { delimiterSchema, textOption } from '../csv/options.ts'
import { type CsvRecord, CsvStream, checkCsvFile } from '../csv/stream.ts'
import type { ReadContext, Source, SourceDefinition, SourceRecord } from '../source.ts'
import { membershipColumns, membershipRule, roleColumns, roleRule, userColumns, userRule } from './columns.ts'
import { JoinedFile, type JoinedFormat } from './joined-file.ts'

const USERS = 'users'

const memberships: JoinedFormat = {
  stream: 'memberships',
  vocabulary: membershipColumns,
  rule: membershipRule,
  rowKey: ({ clerk_user_id }) => `id:${clerk_user_id}`,
  userKeys: ({ id }) => [`id:${id}`],
}

/** A user's external id is that of the column `external_id`, and its Clerk id where there is none: as WorkOS will have it. */
const roles: JoinedFormat = {
  stream: 'roles',
  vocabulary: roleColumns,
  rule: roleRule,
  rowKey: ({ clerk_user_id, external_id }) =>
    clerk_user_id === undefined ? `external:${external_id}` : `id:${clerk_user_id}`,
  userKeys: ({ id, external_id }) => [`id:${id}`, `external:${external_id ?? id}`],
}

const joined: readonly JoinedFormat[] = [memberships, roles]

const path: JsonObject = { type: 'string', minLength: 1 }

/** Clerk's dashboard export, with the rows of two optional files joined to each user. */
export const clerkSource: SourceDefinition = {
  type: 'clerk',
  schema: {
    type: 'object',
    properties: {
      users: { ...path, description: 'The CSV file that the Clerk dashboard exports.' },
      memberships: { ...path, description: 'CSV: clerk_user_id and org_id, org_external_id or org_name.' },
      roles: { ...path, description: 'CSV: clerk_user_id or external_id, role_slug, optionally an organization.' },
      delimiter: delimiterSchema,
    },
    required: ['users'],
    additionalProperties: false,
  },
  files: (config) => [USERS, ...joined.map(({ stream }) => stream)].flatMap((key) => textOption(config, key) ?? []),
  async check(config, directory) {
    const problems: Problem[] = []
    const delimiter = textOption(config, 'delimiter')
    for (const { stream, vocabulary } of [{ stream: USERS, vocabulary: userColumns }, ...joined]) {
      const name = textOption(config, stream)
      if (name === undefined) continue
      problems.push(...(await checkCsvFile(sourceFile(name, directory), vocabulary, delimiter)))
    }
    return problems
  },
  open: (config, context) => openClerk(config, context),
}

function openClerk(config: Record<string, unknown>, context: ReadContext): Source {
  const file = sourceFile(textOption(config, 'users') ?? '', context.directory)
  const delimiter = textOption(config, 'delimiter')
  const users = new CsvStream(
    { stream: USERS, file, role: 'main', vocabulary: userColumns, rule: userRule, delimiter },
    context,
  )
  const files = joined.flatMap((format) => {
    const name = textOption(config, format.stream)
    return name === undefined ? [] : new JoinedFile(format, sourceFile(name, context.directory), context, delimiter)
  })
  return {
    streams: [USERS, ...files.map(({ format }) => format.stream)],
    read: (chunkSize) => read(users, file, files, chunkSize),
    counts: () => [users.count(), ...files.map((joinedFile) => joinedFile.count())],
    digest() {
      const whole = createHash('sha256').update(`${USERS} ${users.digest()}\n`)
      for (const joinedFile of files) whole.update(`${joinedFile.format.stream} ${joinedFile.digest()}\n`)
      return whole.digest('hex')
    },
  }
}

async function* read(
  users: CsvStream,
  file: SourceFile,
  files: readonly JoinedFile[],
  chunkSize: number,
): AsyncGenerator<SourceRecord[]> {
  try {
    for (const joinedFile of files) await joinedFile.load()
    yield* numbered(withJoined(users.records(), files), { stream: USERS, file: file.name }, chunkSize)
    for (const joinedFile of files) joinedFile.rejectUnused()
  } finally {
    for (const joinedFile of files) joinedFile.close()
  }
}

/** Every user gets an array for each joined stream, also for files that the manifest does not name. */
async function* withJoined(
  users: AsyncIterable<CsvRecord[]>,
  files: readonly JoinedFile[],
): AsyncGenerator<CsvRecord[]> {
  for await (const batch of users) {
    const own = batch.map(({ data }) => data)
    const found = files.map((joinedFile) => ({ stream: joinedFile.format.stream, rows: joinedFile.of(own) }))
    for (const [index, data] of own.entries()) {
      for (const { stream } of joined) data[stream] = []
      for (const { stream, rows } of found) data[stream] = rows[index] ?? []
    }
    yield batch
  }
}
