import type { JsonObject } from '../../../json.ts'
import { CsvStream } from '../../csv/stream.ts'
import { jsonDocument, ndjson } from '../../json/document.ts'
import type { ReadContext, StreamCount } from '../../source.ts'
import { type FileWatch, type SourceFile, sourceFile } from '../../text/file.ts'
import { type LineRecord, type RecordFile, TextFile } from '../../text/record-file.ts'
import { readText } from '../../text/utf8.ts'
import type { ReadOptions } from '../options.ts'
import {
  addMemberships,
  hasId,
  NamedOrganizations,
  NO_ID,
  ORGANIZATIONS,
  type Users,
  userFromCsv,
  userRecord,
} from './users.ts'

/**
 * Users of a file: a bulk export or a dashboard export.
 * @throws ManifestError when there is no such file, SourceError when its beginning cannot be read
 */
export async function fileUsers(name: string, options: ReadOptions, context: ReadContext): Promise<Users> {
  const format = {
    stream: 'users',
    role: 'main',
    file: sourceFile(name, context.directory),
    nulls: options.nulls,
    maxRecordBytes: options.maxRecordBytes,
    fromCsv: userFromCsv,
  } as const
  const file = await exportFile(format, context)
  const named = options.organizations === 'metadata' ? new NamedOrganizations() : undefined
  let organizations = 0
  return {
    file: name,
    async *peek() {
      const silent = { ...context, reject: () => {}, warn: () => {} }
      const again = await exportFile(format, silent)
      for await (const batch of again.records()) yield batch.map(asUser).filter(({ data }) => hasId(data))
    },
    async *users() {
      for await (const batch of file.records()) {
        const users = batch.map(asUser).filter(({ line, data }) => hasId(data) || file.reject(line, NO_ID))
        for (const { line, data } of users) addMemberships(data, line, options.paths, named)
        yield users
      }
    },
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

function asUser({ line, data }: LineRecord): LineRecord {
  return { line, data: userRecord(data) }
}

interface ExportFileOptions {
  stream: string
  role: StreamCount['role']
  file: SourceFile
  /** Values of CSV that stand for nothing. */
  nulls: readonly string[]
  maxRecordBytes: number | undefined
  /** What a row of CSV means. */
  fromCsv(row: JsonObject): JsonObject
}

type Format = 'list' | 'ndjson' | 'csv'

/**
 * A file of NDJSON, one JSON list, or CSV, gzip or plain: told by how it begins.
 * @throws ManifestError when there is no such file, SourceError when its beginning cannot be read
 */
export async function exportFile(options: ExportFileOptions, context: ReadContext): Promise<RecordFile> {
  const format = await formatOf(options.file, context.watch)
  if (format === 'csv') return csvFile(options, context)
  return new TextFile({ ...options, format: format === 'list' ? jsonDocument(undefined) : ndjson }, context)
}

/** @throws as `exportFile` */
export async function formatOf(file: SourceFile, watch?: FileWatch): Promise<Format> {
  for await (const chunk of readText(file, { watch, onNul: () => {} })) {
    const start = chunk.toString().trimStart()
    if (start !== '') return start.startsWith('[') ? 'list' : start.startsWith('{') ? 'ndjson' : 'csv'
  }
  return 'csv'
}

function csvFile({ fromCsv, maxRecordBytes, ...options }: ExportFileOptions, context: ReadContext): RecordFile {
  // Auth0 puts a ' before texts.
  const nulls = options.nulls.flatMap((value) => [value, `'${value}`])
  // Exports name what fields they like: a mapping may read any of them.
  const columnSpec = { known: [], required: [], open: true }
  const stream = new CsvStream({ ...options, dialect: { maxRecordBytes }, nulls, columnSpec }, context)
  return {
    async *records() {
      for await (const batch of stream.records()) yield batch.map(({ line, data }) => ({ line, data: fromCsv(data) }))
    },
    reject: (line, refusal) => stream.reject(line, refusal),
    count: () => stream.count(),
    digest: () => stream.digest(),
  }
}
