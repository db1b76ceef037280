import type { SourceConfig } from '../config/manifest.ts'
import type { JsonObject } from '../json.ts'
import type { SourceFile } from '../sources/text/file.ts'
import { FIREBASE_COLUMNS, type Recognised, recognise } from './recognise.ts'
import { type Head, sniff } from './sniff.ts'

/** A data file without a manifest, and how it can be read. */
export interface DataFile {
  head: Head
  recognised: Recognised | undefined
  /** A source that reads it. */
  source: SourceConfig
  /** Columns by stream; see InspectOptions. */
  columns: Map<string, string[]>
}

const ENDING = /\.(csv|tsv|json|ndjson|jsonl)(\.(gz|zst))?$/i
const FORMATS: Record<string, Head['format']> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
}

/**
 * Looks at a data file and says how to read it.
 * @throws ManifestError when there is no such file, SourceError when it is empty or no text
 */
export async function describeDataFile(file: SourceFile): Promise<DataFile> {
  const head = await sniff(file)
  const recognised = recognise(head)
  const source = sourceOf(file.name, head, recognised)
  const [stream] = source.type === 'file' ? Object.keys(source.streams ?? {}) : ['users']
  const columns = head.format === 'csv' && head.firstRow === undefined ? head.paths : []
  return { head, recognised, source, columns: new Map(columns.length === 0 ? [] : [[stream ?? '', columns]]) }
}

function sourceOf(path: string, head: Head, recognised: Recognised | undefined): SourceConfig {
  const whole = head.format === 'csv' && head.skipLines === undefined && recognised?.part === 'users'
  if (whole && recognised.origin === 'clerk') return { type: 'clerk', users: path }
  if (whole && recognised.origin === 'csv') return { type: 'csv', path }
  return { type: 'file', streams: { [streamName(recognised)]: streamOf(path, head, recognised) } }
}

/** Options of one stream of the source `file`, as far as its file does not tell them by itself. */
export function streamOf(path: string, head: Head, recognised: Recognised | undefined): JsonObject {
  const told = FORMATS[ENDING.exec(path)?.[1]?.toLowerCase() ?? '']
  return {
    path,
    ...(told === head.format ? {} : { format: head.format }),
    ...(head.encoding === undefined ? {} : { encoding: head.encoding }),
    ...(head.records === undefined ? {} : { records: head.records }),
    ...(head.skipLines === undefined ? {} : { skipLines: head.skipLines }),
    ...(head.firstRow === undefined ? {} : { columns: columnsFor(head.firstRow, recognised) }),
  }
}

/** Names for the columns of a file without a header: all of them, since more than named is a ragged row. */
function columnsFor(row: readonly string[], recognised: Recognised | undefined): string[] {
  return row.map((_, index) => {
    return recognised?.origin === 'firebase' ? (FIREBASE_COLUMNS[index] ?? '') : `column${index + 1}`
  })
}

function streamName(recognised: Recognised | undefined): string {
  if (recognised === undefined) return 'records'
  return recognised.part === 'dashboard' ? 'users' : recognised.part
}
