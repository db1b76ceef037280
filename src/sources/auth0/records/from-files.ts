import { CsvStream } from '../../csv/stream.ts'
import { jsonDocument } from '../../json/document.ts'
import { isOverLines, ndjson } from '../../json/lines.ts'
import { nothingFound, sourceParts } from '../../parts.ts'
import type { PieceReader } from '../../piece-reader.ts'
import type { PieceFound, ReadContext, SideRowsOnDisk, StreamCount, UserRules } from '../../source.ts'
import { type FileWatch, type SourceFile, sourceFile } from '../../text/file.ts'
import { type RecordFile, TextFile } from '../../text/record-file.ts'
import { readText } from '../../text/utf8.ts'
import type { ReadOptions } from '../options.ts'
import { joinNothing, SideRows } from './side-table.ts'
import { NamedOrganizations, ORGANIZATIONS, USERS, type Users, usersIn } from './users.ts'

/**
 * Users of a file: a bulk export or a dashboard export.
 * @throws ManifestError if the file does not exist, SourceError if its beginning is unreadable
 */
export async function fileUsers(name: string, options: ReadOptions, context: ReadContext): Promise<Users> {
  const format = {
    stream: USERS,
    role: 'main',
    file: sourceFile(name, context.directory),
    nulls: options.nulls,
    maxRecordBytes: options.maxRecordBytes,
  } as const
  const { isCsv, file } = await exportFile(format, context)
  const named = options.organizations === 'metadata' ? new NamedOrganizations() : undefined
  const rules: UserRules = { isCsv, paths: named && options.paths }
  const settle = ({ organizations }: PieceFound) => named?.add(organizations)
  let organizations = 0
  return {
    file: name,
    async *peek() {
      const silent = { ...context, reject: () => {}, warn: () => {}, tap: undefined }
      const again = await exportFile(format, silent)
      for await (const batch of again.file.records()) yield usersIn(batch, { isCsv, paths: undefined }, nothingFound())
    },
    async *users() {
      for await (const batch of file.records()) {
        const found = nothingFound()
        const users = usersIn(batch, rules, found)
        for (const { line, problem } of found.refused) file.reject(line, problem)
        settle(found)
        yield users
      }
    },
    parts: (size, belongings, numbering) =>
      sourceParts(
        file.parts(size),
        {
          reader: 'auth0',
          stream: USERS,
          file: name,
          users: { rules, side: belongings.onDisk },
          attach(records, found) {
            const users = usersIn(records, rules, found)
            belongings.join(users.map(({ data }) => data))
            return users
          },
          reject: (line, problem) => file.reject(line, problem),
          settle,
        },
        numbering,
      ),
    async *organizations() {
      for (const record of named?.all() ?? []) {
        organizations += 1
        yield { file: name, records: [record] }
      }
    },
    async *roles() {},
    counts: () => [
      file.count(),
      { stream: ORGANIZATIONS, file: name, role: 'main', read: organizations, passed: organizations, rejected: 0 },
    ],
    digest: () => file.digest(),
    close: () => named?.close(),
  }
}

/** Reads the users of a file in other threads. */
export const auth0Reader: PieceReader = {
  attach({ users: of }, records, _find, found) {
    if (of === undefined) throw new Error('a piece of users needs the rules for users')
    const users = usersIn(records, of.rules, found)
    const own = users.map(({ data }) => data)
    if (of.side === undefined) joinNothing(own)
    else rowsIn(of.side).join(own)
    return users
  },
}

/** One per thread, kept open. */
let open: SideRows | undefined

function rowsIn(table: SideRowsOnDisk): SideRows {
  if (open?.table.path === table.path) return open
  open?.close()
  open = SideRows.open(table)
  return open
}

interface ExportFileOptions {
  stream: string
  role: StreamCount['role']
  file: SourceFile
  /** Values of CSV that mean "no value". */
  nulls: readonly string[]
  maxRecordBytes: number | undefined
}

export const formats = { list: jsonDocument(undefined), objects: jsonDocument([]), ndjson }

type Format = 'list' | 'objects' | 'ndjson' | 'csv'

/**
 * Opens a file, gzip or plain. Its beginning shows the format: NDJSON, one JSON list, JSON objects
 * over several lines, or CSV.
 * @throws ManifestError if the file does not exist, SourceError if its beginning is unreadable
 */
export async function exportFile(
  options: ExportFileOptions,
  context: ReadContext,
): Promise<{ isCsv: boolean; file: RecordFile }> {
  const format = await formatOf(options.file, context.watch)
  if (format === 'csv') return { isCsv: true, file: csvFile(options, context) }
  return { isCsv: false, file: new TextFile({ ...options, format: formats[format] }, context) }
}

/** @throws as `exportFile` */
export async function formatOf(file: SourceFile, watch?: FileWatch): Promise<Format> {
  for await (const chunk of readText(file, { watch, onNul: () => {} })) {
    const start = chunk.toString().trimStart()
    if (start.startsWith('[')) return 'list'
    if (start.startsWith('{')) return isOverLines(start) ? 'objects' : 'ndjson'
    if (start !== '') return 'csv'
  }
  return 'csv'
}

function csvFile({ maxRecordBytes, ...options }: ExportFileOptions, context: ReadContext): CsvStream {
  // Auth0 writes a ' before text values.
  const nulls = options.nulls.flatMap((value) => [value, `'${value}`])
  // An export has any columns, and a mapping can read each of them.
  const columnSpec = { known: [], required: [], open: true }
  return new CsvStream({ ...options, dialect: { maxRecordBytes }, nulls, columnSpec }, context)
}
