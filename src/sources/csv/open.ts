/** The `csv` source. In: one CSV file with a row per membership. Out: a record per row. */

import type { SourceOptions } from '../../config/manifest.ts'
import { sourceParts } from '../parts.ts'
import { nullsOption, type ReadContext, type Source, type SourceDefinition, skippedLines } from '../source.ts'
import { sourceFile } from '../text/file.ts'
import { Numbering } from '../text/numbering.ts'
import { numbered } from '../text/record-file.ts'
import { roleDefinitionFile, userRoleFile, withRoleFiles } from './role-files.ts'
import { type ColumnSpec, CsvStream, checkCsvFile, columnsOf } from './stream.ts'

const STREAM = 'users'

/** The columns of the `csv` source: see docs/how-to/sources/csv.md. */
export const userColumns: ColumnSpec = {
  known: [
    'email',
    'password',
    'password_hash',
    'password_hash_type',
    'totp_secret',
    'totp_issuer',
    'totp_user',
    'first_name',
    'last_name',
    'email_verified',
    'external_id',
    'metadata',
    'org_id',
    'org_external_id',
    'org_name',
    'role_slugs',
  ],
  required: [['email']],
  verbatim: ['password'],
}

type CsvOptions = SourceOptions<'csv'>

const usersSource: SourceDefinition<CsvOptions> = {
  type: 'csv',
  files: ({ path }) => [path],
  async check(config, directory) {
    const { file, ...written } = settings(config, directory)
    return checkCsvFile(file, userColumns, written)
  },
  async columns(config, directory) {
    const { file, ...written } = settings(config, directory)
    const columns = await columnsOf(file, written)
    return new Map(columns === undefined ? [] : [[STREAM, columns]])
  },
  open: (config, context) => openCsv(config, context),
}

/** One CSV file with a row per membership, and files about roles. */
export const csvSource: SourceDefinition = withRoleFiles(usersSource, [roleDefinitionFile, userRoleFile])

function openCsv(config: CsvOptions, context: ReadContext): Source {
  const { file, ...written } = settings(config, context.directory)
  const { numbering = new Numbering() } = context
  const users = new CsvStream({ stream: STREAM, file, role: 'main', columnSpec: userColumns, ...written }, context)
  return {
    streams: [STREAM],
    read: (chunkSize) => numbered(users.records(), { stream: STREAM, file: file.name }, chunkSize, numbering),
    parts: (size) => sourceParts(users.parts(size), { reader: 'rows', stream: STREAM, file: file.name }, numbering),
    counts: () => [users.count()],
    digest: () => users.digest(),
  }
}

function settings(config: CsvOptions, directory: string) {
  return {
    file: sourceFile(config.path, directory),
    dialect: {
      delimiter: config.delimiter,
      quote: config.quote,
      escape: config.escape,
      skipLines: skippedLines(config.skipLines, 'path', 'path'),
      maxRecordBytes: config.maxRecordBytes,
    },
    ragged: config.ragged,
    nulls: nullsOption(config.nulls),
  }
}
