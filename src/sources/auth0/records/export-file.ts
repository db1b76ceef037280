import type { JsonObject } from '../../../json.ts'
import type { SourceFile } from '../../csv/file.ts'
import type { FileWatch } from '../../csv/file-watch.ts'
import { CsvStream } from '../../csv/stream.ts'
import { readText } from '../../csv/utf8.ts'
import { jsonDocument } from '../../json/document.ts'
import { ndjson } from '../../json/ndjson.ts'
import { type RecordFile, TextFile } from '../../record-file.ts'
import type { ReadContext, StreamCount } from '../../source.ts'

export interface ExportFileOptions {
  stream: string
  role: StreamCount['role']
  file: SourceFile
  /** Values of CSV that stand for nothing. */
  nulls: readonly string[]
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

function csvFile({ fromCsv, ...options }: ExportFileOptions, context: ReadContext): RecordFile {
  // Auth0 puts a ' before texts.
  const nulls = options.nulls.flatMap((value) => [value, `'${value}`])
  // Exports name what fields they like: a mapping may read any of them.
  const stream = new CsvStream({ ...options, nulls, columnSpec: { known: [], required: [], open: true } }, context)
  return {
    async *records() {
      for await (const batch of stream.records()) yield batch.map(({ line, data }) => ({ line, data: fromCsv(data) }))
    },
    reject: (line, refusal) => stream.reject(line, refusal),
    count: () => stream.count(),
    digest: () => stream.digest(),
  }
}
